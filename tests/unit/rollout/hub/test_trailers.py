"""The messages of our commits."""

import pytest

from hubaction.rollout.hub.trailers import Trailers, read_trailers, render_message

NEW = f"quay.io/org/course:b11111111111@sha256:{'b' * 64}"


def test_read_trailers__of_ours() -> None:
    message = render_message("Roll out x", (NEW,), (4711, 2), "0" * 40)
    assert message == (f"Roll out x\n\nHub-Image: {NEW}\nHub-Image-Run: 4711.2\nHub-Image-Tree: {'0' * 40}\n")
    assert read_trailers(message) == Trailers((NEW,), (4711, 2), "0" * 40)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "Roll out x",
        "Title\n\nHub-Image: x",
        f"Hub-Image: {NEW}\nHub-Image-Run: 1.1\n\nother words",
        "a\n\nHub-Image-Run: 1.1",
    ],
)
def test_read_trailers__of_others(message: str) -> None:
    assert read_trailers(message) is None
