"""What is measured under which conditions: a table has one kind of repository, one store, one network, one size."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from devtools.bench.repositories import Kind, Scenario
from devtools.bench.subjects import OURS, SUBJECTS, Subject
from devtools.engine import Store

SCENARIOS: tuple[Scenario, ...] = get_args(Scenario)
MAIN_SCENARIOS: tuple[Scenario, ...] = ("unchanged", "readme", "notebook")
BITS_PER_SECOND = 200e6
ROUND_TRIP = 0.02


@dataclass(frozen=True)
class Table:
    """`name` is its key in the JSON file; the tables named `rows` make up one list there, told apart by store."""

    name: str
    title: str
    kind: Kind
    store: Store
    megabytes: int
    scenarios: tuple[Scenario, ...]
    subjects: tuple[Subject, ...] = SUBJECTS
    is_slow: bool = False


def choose_tables(size: int, stores: Sequence[Store], *, full: bool) -> list[Table]:
    """The default is to take about 15 minutes on two cores: the tables after the first have smaller images and fewer
    rivals. `full` measures everything at full size on both stores, and takes hours.
    """
    first, *others = stores
    rest = SCENARIOS if full else ("cold", *MAIN_SCENARIOS)
    fewer = SUBJECTS if full else (OURS, "plain", "buildx-inline")
    smaller = size if full else max(1, size // 5)
    tables = [_table("rows", first, size, SCENARIOS)]
    tables += [_table("rows", store, smaller, rest, fewer) for store in others]
    for store in stores if full else [first]:
        tables.append(_slow(store, size if full else max(1, size * 2 // 5), fewer, full=full))
        tables.append(_dockerfile(store, smaller, fewer, full=full))
    for megabytes in (200, 1000, 3000) if full else (200, 1000):
        tables.append(_growth(first, megabytes, SUBJECTS if full else (OURS,)))
    return tables


def smoke_tables() -> list[Table]:
    """One small run of everything that can break."""
    return [
        _table("rows", "overlay2", 2, ("cold", "unchanged", "comment"), (OURS, "plain", "buildx-inline")),
        Table(
            "slow",
            "Dockerfile, slow network",
            "dockerfile",
            "containerd",
            2,
            ("cold", "tag"),
            (OURS, "registry-cache"),
            is_slow=True,
        ),
    ]


def _table(
    name: str, store: Store, megabytes: int, scenarios: tuple[Scenario, ...], subjects: tuple[Subject, ...] = SUBJECTS
) -> Table:
    title = f"environment.yml, {megabytes} MB of packages, {store} store"
    return Table(name, title, "generated", store, megabytes, scenarios, subjects)


def _slow(store: Store, size: int, subjects: tuple[Subject, ...], *, full: bool) -> Table:
    network = f"registry behind {BITS_PER_SECOND / 1e6:.0f} Mbit/s and {ROUND_TRIP * 1000:.0f} ms"
    title = f"environment.yml, {size} MB of packages, {store} store, {network}"
    scenarios = SCENARIOS[:-1] if full else MAIN_SCENARIOS
    return Table("slow", title, "generated", store, size, scenarios, subjects, is_slow=True)


def _dockerfile(store: Store, size: int, subjects: tuple[Subject, ...], *, full: bool) -> Table:
    title = f"Dockerfile, {size} MB of packages, {store} store"
    scenarios = SCENARIOS[:-1] if full else MAIN_SCENARIOS
    return Table("dockerfile", title, "dockerfile", store, size, scenarios, subjects)


def _growth(store: Store, megabytes: int, subjects: tuple[Subject, ...]) -> Table:
    title = f"growth: environment.yml, {megabytes} MB of packages, {store} store"
    return Table("growth", title, "generated", store, megabytes, ("unchanged", "notebook"), subjects)
