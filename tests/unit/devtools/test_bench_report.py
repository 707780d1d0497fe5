import json
from xml.etree import ElementTree

from devtools.bench.bench import Row
from devtools.bench.goals import judge
from devtools.bench.measure import Figures
from devtools.bench.plot import render_plot
from devtools.bench.report import render_json, render_tables
from devtools.bench.repositories import Scenario
from devtools.bench.subjects import OURS, Subject
from devtools.bench.tables import SCENARIOS, Table, choose_tables

KEYS = {
    "scenario",
    "subject",
    "store",
    "seconds",
    "layer_bytes_down",
    "layer_bytes_up",
    "requests",
    "steps_cached",
    "overhead_seconds",
    "peak_memory_mb",
}
MAIN, OTHER_STORE, SLOW, *_ = choose_tables(500, ["overlay2", "containerd"], full=False)


def figures(seconds: float, *, up: int = 0, requests: int = 10, steps_cached: int | None = None) -> Figures:
    return Figures(seconds, 0, up, requests, steps_cached, 0.5, 40.04, steps=19)


def row(table: Table, scenario: Scenario, subject: Subject, of: Figures) -> Row:
    return Row(table, scenario, subject, of)


ROWS = [
    row(MAIN, "cold", OURS, figures(40, up=500_000_000, steps_cached=0)),
    row(MAIN, "cold", "plain", figures(50, up=500_000_000, steps_cached=0)),
    row(MAIN, "unchanged", OURS, figures(1.5)),
    row(MAIN, "unchanged", "plain", figures(45, up=500_000_000, steps_cached=0)),
    row(MAIN, "comment", OURS, figures(0.9)),
    row(OTHER_STORE, "unchanged", OURS, figures(1.75)),
    row(SLOW, "unchanged", OURS, figures(2.5)),
]


def test_json__has_the_promised_keys() -> None:
    written = json.loads(render_json(ROWS))
    assert [set(each) for each in written["rows"]] == [KEYS] * 6
    assert {each["store"] for each in written["rows"]} == {"overlay2", "containerd"}
    assert written["rows"][2] == {
        "scenario": "unchanged",
        "subject": "hub-image-action",
        "store": "overlay2",
        "seconds": 1.5,
        "layer_bytes_down": 0,
        "layer_bytes_up": 0,
        "requests": 10,
        "steps_cached": None,
        "overhead_seconds": 0.5,
        "peak_memory_mb": 40.0,
    }
    assert [set(each) for each in written["tables"][SLOW.title]] == [KEYS]


def test_tables__compare_with_ours() -> None:
    text = render_tables(ROWS)
    assert "| unchanged | plain | 45.0 | 30.00 | 0 | 500.0 | 10 | 0 of 19 | 0.50 | 40 |" in text
    assert "| unchanged | **hub-image-action** | 1.5 | - | 0 | 0 | 10 | - | 0.50 | 40 |" in text


def test_goals__are_judged_by_the_figures() -> None:
    reached = {goal.text: goal.reached for goal in judge([row for row in ROWS if row.table == MAIN])}
    assert all(reached.values())
    slower = [row(MAIN, "unchanged", OURS, figures(3, up=1, requests=20)), ROWS[3]]
    missed = [goal.text.split(":")[0] for goal in judge(slower) if not goal.reached]
    assert missed == ["unchanged"] * 4


def test_plot__has_a_bar_for_each_run_of_the_first_table_but_comments() -> None:
    plot = ElementTree.fromstring(render_plot(ROWS))
    bars = [bar for bar in plot.iter("{http://www.w3.org/2000/svg}rect") if len(bar)]
    assert len(bars) == 4
    widths = [float(bar.attrib["width"]) for bar in bars]
    assert widths[2] < widths[0] < widths[1]


def test_default__measures_every_scenario_once_and_the_main_ones_elsewhere() -> None:
    tables = choose_tables(500, ["overlay2", "containerd"], full=False)
    assert tables[0].scenarios == SCENARIOS
    assert tables[0].megabytes == 500
    assert {(table.name, table.store) for table in tables[1:4]} == {
        ("rows", "containerd"),
        ("slow", "overlay2"),
        ("dockerfile", "overlay2"),
    }
    assert all({"unchanged", "readme", "notebook"} <= set(table.scenarios) for table in tables[:4])
    assert [table.megabytes for table in tables if table.name == "growth"] == [200, 1000]
