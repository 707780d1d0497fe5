"""Which values are looked for, and in which spellings."""

import base64
import json
from collections.abc import Callable, Mapping
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubaction.guard.given_secrets import MIN_LENGTH, find_given_secrets, is_common, spellings
from tests.support.planted import private_key

VALUE = "q8Z7rT2wX9v"


def names_of(
    *inputs: str, environ: Mapping[str, str] | None = None, build_args: Mapping[str, str] | None = None
) -> list[str]:
    return [secret.name for secret in find_given_secrets(inputs, environ or {}, (build_args or {}).items())]


def test_hold_secrets__inputs() -> None:
    assert names_of(VALUE, VALUE + "1", VALUE) == ["a secret among the inputs of this step"] * 2


@pytest.mark.parametrize(
    "name",
    [
        *("ACTIONS_RUNTIME_TOKEN", "DB_PASSWORD", "token", "API_KEY", "MY_PAT", "AWS_SECRET_ACCESS_KEY"),
        *("DB_PASS", "GCP_SA_KEY", "SSH_KEY", "AWS_CREDENTIALS", "DEPLOY_KEY"),
    ],
)
def test_hold_secrets__names_that_say_so(name: str) -> None:
    assert names_of(environ={name: VALUE}) == [f"the value of the variable '{name}'"]
    assert names_of(build_args={name: VALUE}) == [f"the build argument '{name}'"]


@pytest.mark.parametrize(
    "name", ["PATH", "CACHE_KEY", "ACTIONS_ID_TOKEN_REQUEST_URL", "TOKENIZERS", "INPUT_BUILD_TOKEN"]
)
def test_hold_secrets__other_names(name: str) -> None:
    assert names_of(environ={name: VALUE}) == []


def test_hold_secrets__a_path_to_a_secret_is_none() -> None:
    assert names_of(environ={"SSH_PRIVATE_KEY": "/home/runner/id_rsa"}) == []


def test_hold_secrets__the_value_is_not_in_what_is_printed() -> None:
    assert VALUE not in repr(find_given_secrets([VALUE], {}, ()))


@pytest.mark.parametrize(
    "value", ["", "demo", "q8Z7rT2", "password", "jupyterhub", "JUPYTERHUB", "Jupyterhub", "20261123"]
)
def test_is_common__stands_in_texts_by_chance(value: str) -> None:
    assert is_common(value)


@pytest.mark.parametrize(
    "value", [VALUE, "correcthorsebatterystaple", "pass word", "1234-5678", "0" * 16, f"{{\n{VALUE}\n}}"]
)
def test_is_common__is_looked_for(value: str) -> None:
    assert not is_common(value)


WORDS = st.text(min_size=MIN_LENGTH, max_size=60, alphabet=st.characters(codec="utf-8", exclude_categories=["C", "Z"]))


@given(WORDS, st.binary(max_size=5), st.binary(max_size=5))
def test_spellings__are_where_the_value_is(value: str, before: bytes, after: bytes) -> None:
    known = spellings(value)
    longer = before + value.encode() + after
    for text in (
        longer,
        json.dumps(value).encode(),
        quote(value, safe="").encode(),
        base64.b64encode(longer),
        base64.urlsafe_b64encode(longer),
    ):
        assert any(spelling in text for spelling in known), text


@given(WORDS.filter(lambda word: len(word.encode()) >= 16), st.integers(0, 80), st.sampled_from([64, 76]))
def test_spellings__are_in_base64_of_several_lines(value: str, before: int, width: int) -> None:
    """As `base64` prints it, at whatever place the lines break."""
    text = base64.b64encode(bytes(before) + value.encode() + b"\n")
    lines = b"\r\n".join(text[start : start + width] for start in range(0, len(text), width))
    assert any(spelling in lines for spelling in spellings(value))


@pytest.mark.parametrize(
    "text",
    [
        r"q8Z7/rT2+wX9&v\u003cq\u003e8".replace("&", r"\u0026"),
        "q8Z7/rT2+wX9&amp;v&lt;q&gt;8",
        "q8Z7%2frT2%2bwX9%26v%3cq%3e8",
        "q8Z7/rT2%2BwX9%26v%3Cq%3E8",
    ],
    ids=["json of Go", "XML", "address in small letters", "path"],
)
def test_spellings__of_other_programs(text: str) -> None:
    assert any(spelling in text.encode() for spelling in spellings("q8Z7/rT2+wX9&v<q>8"))


@pytest.mark.parametrize(
    "wrap", [lambda text: text, lambda text: base64.b64encode(text.encode()).decode()], ids=["", "base64"]
)
def test_hold_secrets__what_an_object_keeps(wrap: Callable[[str], str]) -> None:
    """The key of a service account is the password of some registries, and a file of its own elsewhere."""
    key = private_key("")
    account = {"type": "service_account", "private_key": key, "client_x509_cert_url": f"https://example.org/{'a' * 99}"}
    given = find_given_secrets([wrap(json.dumps(account))], {}, ())
    assert {secret.name for secret in given} == {"a secret among the inputs of this step"}
    assert any(spelling in key.encode() for secret in given for spelling in spellings(secret.value))


def test_spellings__are_not_where_the_value_is_not() -> None:
    other = VALUE.swapcase()
    for text in (other.encode(), base64.b64encode(other.encode()), base64.b64encode(b"ada:" + other.encode())):
        assert not any(spelling in text for spelling in spellings(VALUE))


def test_spellings__of_several_lines_the_longest_counts() -> None:
    """As in a key in JSON, whose other lines are everybody's."""
    key = "".join(chr(65 + number * 7 % 26) + str(number) for number in range(60))
    text = f'{{\n  "type": "service_account",\n  "key": "{key}",\n  "uri": "https://example.org"\n}}'
    assert any(spelling in key.encode() for spelling in spellings(text))
    assert not any(spelling in b"service_account https://example.org" for spelling in spellings(text))
    assert max(map(len, spellings(text))) < 200


def test_spellings__of_what_is_too_short() -> None:
    assert spellings("demo") == frozenset()
