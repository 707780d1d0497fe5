"""Links to BinderHubs."""

from hubaction.rollout.binder import badge_url, launch_url


def test_launch_url__of_a_commit() -> None:
    assert launch_url("org/course", "0123abc") == "https://mybinder.org/v2/gh/org/course/0123abc"


def test_launch_url__another_hub() -> None:
    assert launch_url("org/course", "x", binder_url="https://hub.example") == "https://hub.example/v2/gh/org/course/x"


def test_launch_url__hostile_texts_stay_in_their_places() -> None:
    assert launch_url("o)g/c?u#r s", "a](b) c") == "https://mybinder.org/v2/gh/o%29g/c%3Fu%23r%20s/a%5D%28b%29%20c"


def test_badge_url__default() -> None:
    assert badge_url() == "https://mybinder.org/badge_logo.svg"
