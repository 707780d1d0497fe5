"""Inputs that are right by themselves and wrong together."""

import pytest

from tests.unit.samples import problems_of


def test_read_settings__build_arg_given_twice() -> None:
    (said,) = problems_of({"build-args": "A=1", "repo2docker-args": "--build-arg A=2"})
    assert said == "input 'build-args': 'A' is also set by the input 'repo2docker-args'; give it once"


@pytest.mark.parametrize(
    "inputs",
    [
        {"labels": "hub-image-action.pull-request=1"},
        {"repo2docker-args": "--label hub-image-action.fingerprint=x"},
    ],
)
def test_read_settings__our_own_labels_are_ours(inputs: dict[str, str]) -> None:
    (said,) = problems_of(inputs)
    assert said.startswith("input 'labels': 'hub-image-action.")


@pytest.mark.parametrize("name", ["hub-profile", "hub-content-path"])
def test_read_settings__links_without_a_hub(name: str) -> None:
    (problem,) = problems_of({name: "custom"})
    assert problem.startswith(f"input '{name}': 'custom' is for links to a hub, and 'hub-url' is empty")
