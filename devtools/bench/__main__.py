"""`python -m devtools.bench`: measures, prints tables, and writes build/bench.json and build/bench.svg.

The comment, the hub check and the guard against secrets follow, each by a program of its own.
"""

import argparse
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import get_args

from devtools import bench_comment, bench_guard, bench_hub, places
from devtools.bench.bench import Row, running_bench, say
from devtools.bench.goals import render_goals
from devtools.bench.plot import render_plot
from devtools.bench.report import render_json, render_tables
from devtools.bench.tables import Table, choose_tables, smoke_tables
from devtools.engine import Store
from devtools.errors import DevtoolsError

JSON = Path("bench.json")
PLOT = Path("bench.svg")


def main() -> int:
    arguments = _parse()
    signal.signal(signal.SIGTERM, _interrupt)
    stores: list[Store] = sorted(get_args(Store), key=lambda store: store != arguments.store)
    tables = smoke_tables() if arguments.smoke else choose_tables(arguments.size, stores, full=arguments.full)
    rows: list[Row] = []
    try:
        _measure(tables, rows)
    except DevtoolsError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("Interrupted: what was started is stopped and removed. What was measured by then:")
        _publish(rows, arguments.output)
        return 130
    _publish(rows, arguments.output)
    if arguments.docs:
        shutil.copy2(arguments.output / PLOT, places.PROJECT / "docs" / PLOT)
    return max(bench_comment.main(), bench_hub.main(), bench_guard.main())


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m devtools.bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="everything on both stores, and 3 GB; takes hours")
    parser.add_argument("--smoke", action="store_true", help="a minute, only to see that it works")
    parser.add_argument("--size", type=int, default=500, help="MB of packages (default: %(default)s)")
    parser.add_argument("--store", choices=get_args(Store), default="overlay2", help="the store that all is run on")
    parser.add_argument("--output", type=Path, default=places.PROJECT / "build", help="folder for the results")
    parser.add_argument("--docs", action="store_true", help="copy the plot to docs/")
    return parser.parse_args()


def _measure(tables: Sequence[Table], rows: list[Row]) -> None:
    """Add to `rows` as they come: what was measured is kept when the rest is not waited for."""
    with running_bench(tables) as bench:
        for table in tables:
            rows.extend(bench.run(table))


def _publish(rows: Sequence[Row], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / JSON).write_text(render_json(rows))
    (folder / PLOT).write_text(render_plot(rows))
    print(render_tables(rows))
    print(render_goals(rows))
    print(f"written: {folder / JSON}, {folder / PLOT}\n")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """As Ctrl-C does, so that everything is cleaned up."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
