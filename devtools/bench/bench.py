"""Runs the tables: each run on an engine that has the base only, and a registry that has what the cold run left."""

import contextlib
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from devtools import packages, places, process
from devtools.bench.comment import measure_comment
from devtools.bench.engines import DAEMON, Engines, base_digest, own_bridge
from devtools.bench.measure import Figures, measure
from devtools.bench.proxy import Link, Proxy, connect_tcp, ignore, tcp_proxy, unix_proxy
from devtools.bench.registries import Registries, counted_registries
from devtools.bench.repositories import Change, Kind, Repository, Scenario, make_repository
from devtools.bench.subjects import OURS, Site, Subject, commands_of, is_possible
from devtools.bench.tables import BITS_PER_SECOND, ROUND_TRIP, Table
from devtools.engine import Store
from devtools.errors import DevtoolsError
from tests.github.server import JOB_TOKEN, GitHubServer, running_server

SPARE_BYTES = 5 * 1024**3


@dataclass(frozen=True)
class Row:
    """The figures of one run."""

    table: Table
    scenario: Scenario
    subject: Subject
    figures: Figures


@dataclass(frozen=True)
class _Conditions:
    """What a registry's content after a cold run depends on."""

    subject: Subject
    kind: Kind
    store: Store
    megabytes: int


@dataclass
class Bench:
    """The parts that all runs share; made by `running_bench`."""

    folder: Path
    engines: Engines
    registries: Registries
    github: GitHubServer
    github_proxy: Proxy
    github_url: str
    _repositories: dict[tuple[Kind, int], Repository] = field(default_factory=dict)
    _seeds: dict[_Conditions, Path] = field(default_factory=dict)
    """What the registry had after a cold run."""
    _cold: dict[_Conditions, Figures] = field(default_factory=dict)
    _prepared: set[Store] = field(default_factory=set)

    def run(self, table: Table) -> Iterator[Row]:
        """Measure a table; the order of the subjects turns around from one scenario to the next."""
        if table.store not in self._prepared:
            say(f"an engine with the base image, {table.store} store")
            self.engines.prepare(table.store, self.registries.base)
            self._prepared.add(table.store)
        subjects = [subject for subject in table.subjects if is_possible(subject, table.store)]
        for scenario in table.scenarios:
            for subject in subjects if scenario != "comment" else [OURS]:
                figures = self._run_scenario(table, subject, scenario)
                say(f"{table.title}: {scenario}, {subject}: {figures.seconds:.1f} s")
                yield Row(table, scenario, subject, figures)
            subjects.reverse()

    def _run_scenario(self, table: Table, subject: Subject, scenario: Scenario) -> Figures:
        if scenario == "comment":
            with tempfile.TemporaryDirectory(dir=self.folder) as name:
                return measure_comment(self.github, Path(name), env=_plain_environment())
        key = _Conditions(subject, table.kind, table.store, table.megabytes)
        self._ensure_seed(key)
        if scenario == "cold" and not table.is_slow:
            return self._cold[key]
        link = Link(BITS_PER_SECOND, ROUND_TRIP) if table.is_slow else Link()
        if scenario == "cold":
            with (
                tempfile.TemporaryDirectory(dir=self.folder, prefix="registry-") as name,
                self.registries.running(Path(name)),
            ):
                return self._run(key, scenario, link)
        with self.registries.running_copy(self._seeds[key]):
            return self._run(key, scenario, link)

    def _ensure_seed(self, key: _Conditions) -> None:
        """The cold run, which all others follow; its figures are kept as well."""
        if key in self._seeds:
            return
        seed = self.folder / f"registry-{len(self._seeds)}"
        seed.mkdir()
        with self.registries.running(seed):
            self._cold[key] = self._run(key, "cold", Link())
        self._seeds[key] = seed

    def _run(self, key: _Conditions, scenario: Scenario, link: Link) -> Figures:
        change = self._repository(key).change(scenario)
        with (
            tempfile.TemporaryDirectory(dir=self.folder, prefix="run-") as name,
            self.engines.fresh(key.store) as engine,
            unix_proxy(Path(name) / "docker.sock", Path(engine.docker_host.removeprefix("unix://"))) as engine_proxy,
        ):
            site = self._make_site(key, Path(name), change)
            env = _plain_environment() | engine.environment() | {"DOCKER_HOST": f"unix://{name}/docker.sock"}
            traffic = self.registries.count(link)
            return measure(
                commands_of(key.subject, site, change),
                env=env | {"HOME": str(site.scratch)},
                cwd=site.workspace,
                log=site.scratch / "log",
                traffic=traffic,
                proxies=[engine_proxy, self.github_proxy, *self.registries.proxies],
                is_ours=key.subject == OURS,
            )

    def _make_site(self, key: _Conditions, folder: Path, change: Change) -> Site:
        workspace, scratch = folder / "workspace", folder / "scratch"
        scratch.mkdir()
        self._repository(key).check_out(change, workspace)
        return Site(self.registries, key.kind, key.store, workspace, scratch, self.github_url, JOB_TOKEN)

    def _repository(self, key: _Conditions) -> Repository:
        wanted = (key.kind, key.megabytes)
        if wanted not in self._repositories:
            folder = self.folder / f"{key.kind}-{key.megabytes}"
            base = self.registries.base
            self._repositories[wanted] = make_repository(key.kind, folder, base=base, megabytes=key.megabytes)
        return self._repositories[wanted]


@contextlib.contextmanager
def running_bench(tables: Iterable[Table]) -> Iterator[Bench]:
    """Everything that a bench starts and writes, gone at the end of the block."""
    programs = _ensure_programs()
    place = places.cache_folder() / "bench"
    with places.locked(place / "lock"), contextlib.ExitStack() as stack:
        _remove_leftovers(place)
        _require_space(place, tables)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=place, prefix="bench-")))
        stack.enter_context(own_bridge())
        github = stack.enter_context(running_server())
        github_port = urlsplit(github.url).port or 0
        proxy, port = stack.enter_context(tcp_proxy(lambda: connect_tcp(github_port), ignore))
        engines = Engines(folder, programs)
        registries = stack.enter_context(counted_registries(_ensure_base(place, engines)))
        _warm_up()
        yield Bench(folder, engines, registries, github, proxy, f"http://127.0.0.1:{port}")


def say(text: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def _ensure_programs() -> Path:
    try:
        return packages.ensure_programs()
    except packages.UnsupportedMachineError as error:
        raise DevtoolsError(
            "The bench measures on engines that it starts itself, never on one that is there, and can start one on"
            " Debian 12 or 13 as root only."
        ) from error


def _ensure_base(place: Path, engines: Engines) -> Path:
    """A registry's folder with the base image, which is kept until what the image is made from has changed."""
    folder = place / f"base-{base_digest()}"
    if not folder.exists():
        say("the base image")
        for outdated in place.glob("base-*"):
            shutil.rmtree(outdated)
        made = engines.folder / "public"
        made.mkdir()
        with counted_registries(made) as registries:
            engines.push_base(registries.base)
        made.rename(folder)
    return folder


def _warm_up() -> None:
    """Have Python compile what the runs import, as it is compiled in the action's image."""
    imports = "import hubaction.main, hubaction.modes.build, repo2docker.app"
    process.run([sys.executable, "-c", imports], cwd=places.PROJECT)


def _plain_environment() -> dict[str, str]:
    """None of the user's settings: neither proxies nor tokens."""
    return {name: value for name, value in process.environment().items() if name in {"LANG", "PATH"}}


def _remove_leftovers(place: Path) -> None:
    """What a killed bench left: its engine, what that had mounted, and its data."""
    DAEMON.stop()
    for line in reversed(Path("/proc/self/mountinfo").read_text().splitlines()):
        mounted = line.split(" ")[4]
        if mounted.startswith((f"{place}/", f"{DAEMON.run}/")):
            process.run(["umount", "--lazy", mounted])
    for pid in process.find_processes(program="docker-registry", argument=f"{place}/"):
        process.stop_process(pid, grace=5)
    for folder in place.glob("bench-*"):
        shutil.rmtree(folder)


def _require_space(place: Path, tables: Iterable[Table]) -> None:
    """What all cold runs leave in registries, and one engine with an image twice or three times."""
    seeds = {(table.kind, table.store, table.megabytes, subject) for table in tables for subject in table.subjects}
    largest = max(megabytes for _, _, megabytes, _ in seeds)
    wanted = (sum(megabytes for _, _, megabytes, _ in seeds) + 5 * largest) * 10**6 + SPARE_BYTES
    free = shutil.disk_usage(place).free
    if free < wanted:
        raise DevtoolsError(f"{place} needs {wanted / 1e9:.0f} GB of free space, and has {free / 1e9:.0f} GB.")
