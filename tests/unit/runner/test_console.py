"""The runner's protocol, judged by a parser that follows the runner's rules."""

import io
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hubaction.runner.console import MAX_MESSAGE_LENGTH, Console, neutralize
from hubaction.runner.file_commands import MAX_SUMMARY_BYTES, FileCommands
from tests.support import runner_rules
from tests.support.runner_rules import Command

FORGERIES = (
    "::error::forged",
    "  \t::error::forged",
    "\u00a0::error::forged",
    "\u3000\x1f::error::forged",
    "::set-output name=x::y",
    "::ERROR::forged",
    "##[error]forged",
    "text before ##[error]forged",
    "##[set-env name=PATH]/evil",
    "####[error]forged",
    "## ##[error]",
    "::add-mask::a",
    "::stop-commands::x",
    "::x::",
    "##[x]",
    "::endgroup::",
)
BREAKS = ("\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029")
pieces = st.sampled_from([*FORGERIES, *BREAKS, "::", ":", "##", "#", "[", "]", "error", " ", "%0A", "%25", "\0"])
hostile = st.lists(pieces | st.text(max_size=5), max_size=8).map("".join) | st.tuples(
    st.text(max_size=3), st.sampled_from(BREAKS), st.sampled_from(FORGERIES)
).map("".join)


def printed(stream: io.StringIO) -> list[Command]:
    return runner_rules.read_commands(stream.getvalue())


# --- the parser itself obeys what the runner obeys ---


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("::error::x", Command("error", "x")),
        ("  ::error file=a%2Cb,line=3::x%0Ay", Command("error", "x\ny", {"file": "a,b", "line": "3"})),
        ("::Warning ::", Command("Warning", "")),
        ("text ##[group]x", Command("group", "x")),
        ("##[set-env name=a%3Bb;other=c]x%5D", Command("set-env", "x]", {"name": "a;b", "other": "c"})),
        ("::unknown::##[error]x", Command("error", "x")),
        ("::error", None),
        ("x ::error::y", None),
        ("::unknown::x", None),
        ("##[unknown]x", None),
        ("## [error]x", None),
        ("", None),
    ],
)
def test_runner_rules__lines(line: str, expected: Command | None) -> None:
    assert runner_rules.parse_command(line) == expected


def test_runner_rules__stopped_until_the_token() -> None:
    output = "::stop-commands::T1\n::error::a\n##[error]b\n::t1::\n::error::c\n"
    assert [command.data for command in runner_rules.read_commands(output)] == ["T1", "c"]


# --- what is printed ---


@given(hostile)
@example("\r::error::x")
@example("a\n  ::error::x")
@example("a ##[error]x")
def test_say__text_is_never_a_command(text: str) -> None:
    stream = io.StringIO()
    Console(stream).say(text)
    assert printed(stream) == []


@pytest.mark.parametrize("text", FORGERIES)
def test_neutralize__stays_readable(text: str) -> None:
    neutral = neutralize(text)
    assert runner_rules.read_commands(neutral) == []
    assert neutral.replace(" ", "") == text.replace(" ", "")


def test_neutralize__leaves_ordinary_lines_alone() -> None:
    for line in ("", "a :: b", "C++ std::vector::size", "# [x]", ":", "http://x:1::2"):
        assert neutralize(line) == line


@given(st.lists(hostile, max_size=5))
@example(["::stop-commands::x", "::x::", "##[error]y", "a\r::error::z"])
def test_untrusted__nothing_inside_is_obeyed(texts: list[str]) -> None:
    stream = io.StringIO()
    console = Console(stream)
    with console.untrusted() as write:
        for text in texts:
            write(text)
    console.notice("after")
    stop, after = printed(stream)
    assert stop.name == "stop-commands"
    assert after == Command("notice", "after")


def test_untrusted__token_is_new_and_long_each_time() -> None:
    stream = io.StringIO()
    console = Console(stream)
    for _ in range(3):
        with console.untrusted():
            pass
    tokens = {command.data for command in printed(stream)}
    assert len(tokens) == 3
    assert min(map(len, tokens)) >= 32


def test_untrusted__resumes_after_a_failure() -> None:
    stream = io.StringIO()
    console = Console(stream)

    def fail_inside() -> None:
        with console.untrusted() as write:
            write("x")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_inside()
    console.error("after")
    assert printed(stream)[-1].name == "error"


def test_untrusted__legacy_commands_are_broken_even_for_runners_that_know_no_stop() -> None:
    stream = io.StringIO()
    with Console(stream).untrusted() as write:
        write("x ##[error]y")
    assert "##[" not in stream.getvalue()


@given(hostile, hostile, st.integers(min_value=1), hostile)
@example("a\n::error::b", "a,line=2::x", 1, "a\r::error::b")
def test_annotations__are_one_command_each(message: str, file: str, line: int, title: str) -> None:
    stream = io.StringIO()
    console = Console(stream)
    console.notice(message)
    console.warning(message, file=file, line=line)
    console.error(message, file=file, line=line, title=title)
    assert [command.name for command in printed(stream)] == ["notice", "warning", "error"]
    assert all(command.data == message for command in printed(stream))
    assert printed(stream)[2].properties.get("line") == str(line)


@given(st.text(alphabet=st.characters(exclude_characters="%", exclude_categories=["Cs"]), min_size=1, max_size=50))
def test_annotations__properties_are_read_back(text: str) -> None:
    stream = io.StringIO()
    Console(stream).error("x", file=text, title=text)
    (command,) = printed(stream)
    # The runner trims blanks around the whole command.
    assert command.properties.get("title", "").rstrip() == text.rstrip()


def test_annotations__long_messages_are_cut() -> None:
    stream = io.StringIO()
    Console(stream).error("x" * 10_000)
    (command,) = printed(stream)
    assert len(command.data) == MAX_MESSAGE_LENGTH
    assert command.data.endswith("…")


@given(hostile)
@example("a\n::error::b")
def test_group__title_is_no_command(title: str) -> None:
    stream = io.StringIO()
    with Console(stream).group(title):
        pass
    assert [command.name for command in printed(stream)] == ["group", "endgroup"]


def test_group__tells_success_and_seconds() -> None:
    stream = io.StringIO()
    with Console(stream).group("Build"):
        pass
    assert stream.getvalue().splitlines()[0] == "::group::Build"
    assert stream.getvalue().splitlines()[-1] == "✓ Build (0.0 s)"


def test_group__tells_failure() -> None:
    stream = io.StringIO()

    def fail_inside() -> None:
        with Console(stream).group("Build"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_inside()
    assert stream.getvalue().splitlines()[-2:] == ["::endgroup::", "✗ Build (0.0 s)"]


# --- masking ---


def test_mask__every_line_by_itself() -> None:
    stream = io.StringIO()
    Console(stream).mask("first line\n\nsecond%line", "another")
    assert {command.data for command in printed(stream)} == {"first line", "second%line", "another"}


def test_hide__in_everything_printed_later() -> None:
    stream = io.StringIO()
    console = Console(stream)
    console.hide("top-secret", "key-one\nkey-two")
    console.say("a top-secret b")
    console.notice("key-one")
    console.warning("key-two")
    console.error("x top-secret")
    with console.group("top-secret"), console.untrusted() as write:
        write("key-one top-secret\nkey-two")
    for secret in ("top-secret", "key-one", "key-two"):
        assert secret not in stream.getvalue()


def test_hide__does_not_tell_the_runner() -> None:
    stream = io.StringIO()
    Console(stream).hide("top-secret")
    assert stream.getvalue() == ""


def test_annotations__secrets_are_hidden_in_their_place_too() -> None:
    stream = io.StringIO()
    console = Console(stream)
    console.hide("top-secret")
    console.error("x", file="top-secret/Dockerfile", title="top-secret")
    assert "top-secret" not in stream.getvalue()


def test_mask__longer_secrets_first() -> None:
    stream = io.StringIO()
    console = Console(stream)
    console.mask("token", "token-long")
    assert console.scrub("token-long") == "***"


def test_mask__nothing_to_hide() -> None:
    stream = io.StringIO()
    console = Console(stream)
    console.mask("", " \n")
    assert stream.getvalue() == ""
    assert console.scrub("a b") == "a b"


def test_mask__short_secrets_do_not_garble_our_own_lines() -> None:
    console = Console(io.StringIO())
    console.mask("a")
    assert console.scrub("a cat") == "a cat"


# --- files ---


@given(st.dictionaries(st.from_regex(r"[a-z][a-z0-9_-]{0,10}", fullmatch=True), hostile | st.text(), max_size=4))
def test_set_output__is_read_back(values: dict[str, str]) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "output"
        outputs = FileCommands({"GITHUB_OUTPUT": str(file)})
        file.touch()
        for name, value in values.items():
            outputs.set_output(name, value)
        assert runner_rules.read_file_command(file.read_bytes().decode()) == values


def test_set_output__value_cannot_set_another_output(tmp_path: Path) -> None:
    outputs = FileCommands({"GITHUB_OUTPUT": str(tmp_path / "output")})
    outputs.set_output("a", "x\nEOF\nghadelimiter_0\nb=forged\nc<<EOF\ny\nEOF\n")
    assert set(runner_rules.read_file_command((tmp_path / "output").read_text(encoding="utf-8"))) == {"a"}


def test_set_output__keeps_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "output").write_text("before=1\n", encoding="utf-8")
    FileCommands({"GITHUB_OUTPUT": str(tmp_path / "output")}).set_output("a", "")
    text = (tmp_path / "output").read_text(encoding="utf-8")
    assert runner_rules.read_file_command(text) == {"before": "1", "a": ""}


def test_file_commands__without_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files = FileCommands({})
    files.set_output("a", "b")
    files.add_summary("text")
    assert list(tmp_path.iterdir()) == []


def test_add_summary__appends(tmp_path: Path) -> None:
    files = FileCommands({"GITHUB_STEP_SUMMARY": str(tmp_path / "summary")})
    files.add_summary("# a")
    files.add_summary("b")
    assert (tmp_path / "summary").read_text(encoding="utf-8") == "# a\nb\n"


@pytest.mark.parametrize("already", [0, 100, MAX_SUMMARY_BYTES - 3, MAX_SUMMARY_BYTES, MAX_SUMMARY_BYTES + 10])
def test_add_summary__is_cut_at_a_line_before_the_limit(tmp_path: Path, already: int) -> None:
    file = tmp_path / "summary"
    file.write_bytes(b"x" * already)
    FileCommands({"GITHUB_STEP_SUMMARY": str(file)}).add_summary("ü line\n" * 200_000)
    assert file.stat().st_size <= max(MAX_SUMMARY_BYTES, already)
    added = file.read_bytes()[already:].decode()
    assert set(added.splitlines()) <= {"ü line", ""}
