"""Which of the lines that a container prints count as events, and what becomes of their contents."""

import pytest

from hubaction.verify.hub_events import MAX_TEXT, Observed, read_event


@pytest.mark.parametrize("line", ["", "ready", "[]", '{"event": 1}', '{"kind": "ready"}', "[" * 100_000])
def test_read_event__other_text(line: str) -> None:
    assert read_event(line) == {}


def test_read_event() -> None:
    assert read_event('{"event": "ready", "memory": 1}') == {"event": "ready", "memory": 1}


def test_expects__not_ready_ends_it() -> None:
    observed = Observed()
    assert observed.expects({"event": "not-ready"})
    observed.add({"event": "not-ready"}, seconds=1)
    assert not observed.expects({"event": "ready"})


def test_expects__each_kernel_once_and_in_order() -> None:
    observed = Observed()
    for event in ({"event": "ready"}, {"event": "versions"}, {"event": "kernels", "names": ["a", "b"]}):
        assert observed.expects(event)
        observed.add(event, seconds=1)
    assert not observed.expects({"event": "done"})
    assert not observed.expects({"event": "kernel", "name": "b"})
    for name in "ab":
        observed.add({"event": "kernel", "name": name}, seconds=1)
    assert not observed.expects({"event": "kernel", "name": "b"})
    assert observed.expects({"event": "done"})
    assert observed.result.kernels == ("a", "b")


def test_add__texts_are_cut() -> None:
    observed = Observed()
    observed.add({"event": "versions", "versions": {str(number): "x" * 1000 for number in range(1000)}}, seconds=1)
    assert len(observed.result.versions) == 10
    assert set(map(len, observed.result.versions.values())) == {MAX_TEXT}
