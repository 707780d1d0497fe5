"""`python -m devtools.pictures`: the pictures of the template's guide, made from real runs.

act runs the template's workflows on examples/dockerfile-jupyterlab, so that no stand-in for conda packages shows. The
summary is that of a push, the comment that of a pull request; both are rendered as GitHub renders Markdown, and taken
by a browser. What is not real: a server of tests/github plays GitHub's API, and the Binder badge is drawn here.
"""

import re
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from devtools import images, places, registry, repository, runner
from devtools.browser import running_browser
from devtools.engine import Engine, running_engine
from devtools.errors import DevtoolsError
from tests.github.pages import render
from tests.github.runs import pull_request_payload
from tests.github.server import JOB_TOKEN, REPOSITORY, running_server

TEMPLATE = places.PROJECT / "template"
EXAMPLE = places.PROJECT / "examples" / "dockerfile-jupyterlab"
PICTURES = TEMPLATE / "docs"
PORT = 5000
USERS = {"demo": "demo"}
SECRETS = {"REGISTRY_USERNAME": "demo", "REGISTRY_PASSWORD": "demo", "GITHUB_TOKEN": JOB_TOKEN}
WIDTH = 800
MAX_BYTES = 150_000

STYLE = """body { margin: 0; background: #fff }
main { font: 15px/1.5 "DejaVu Sans", "Noto Color Emoji", sans-serif; color: #1f2328; padding: 8px 24px;
  border: 1px solid #d1d9e0; border-radius: 8px; margin: 4px }
h3 { font-size: 18px; overflow-wrap: anywhere }
a { color: #0969da; text-decoration: none }
code, pre { font: 13px/1.45 "DejaVu Sans Mono", monospace; background: #f0f1f2; border-radius: 6px }
code { padding: .15em .4em; overflow-wrap: anywhere }
pre { padding: 12px; white-space: pre-wrap }
pre code { padding: 0; background: none }
table { border-collapse: collapse }
td, th { border: 1px solid #d1d9e0; padding: 5px 13px; text-align: left }"""
BADGE = """<svg xmlns="http://www.w3.org/2000/svg" width="109" height="20">
<rect width="109" height="20" rx="3" fill="#555"/><rect x="48" width="61" height="20" rx="3" fill="#579aca"/>
<g fill="#fff" font-family="DejaVu Sans" font-size="11">
<text x="7" y="14">launch</text><text x="58" y="14">binder</text></g></svg>"""


@dataclass(frozen=True)
class Shown:
    """Markdown, as the runs wrote it."""

    summary: str
    comment: str


def main() -> int:
    try:
        with running_engine() as engine, tempfile.TemporaryDirectory(prefix="devtools-") as name:
            images.ensure_debian(engine)
            images.ensure_runner(engine)
            with registry.running_registry(PORT, USERS, folder=places.cache_folder() / "registry", engine=engine) as to:
                shown = run_workflows(engine, to.host, Path(name))
        with running_browser() as browser:
            take_picture(browser, shown.comment, PICTURES / "comment.png")
            take_picture(browser, shown.summary, PICTURES / "summary.png")
    except DevtoolsError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def run_workflows(engine: Engine, registry_host: str, folder: Path) -> Shown:
    """A push to main, then a pull request with its badge."""
    commit = repository.make_repository(make_content(folder / "content"), folder / "repository", full_name=REPOSITORY)
    action = repository.copy_project(folder / "action")
    with running_server() as server:

        def run(workflow: str, event_name: str, payload: Mapping[str, Any]) -> str:
            done = runner.run_workflow(
                Path(".github/workflows", workflow),
                event_name=event_name,
                payload=payload,
                repository=folder / "repository",
                action=action,
                engine=engine,
                secrets=SECRETS,
                variables={"REGISTRY": registry_host},
                env={"GITHUB_API_URL": server.url},
            )
            if not done.succeeded:
                raise DevtoolsError(f"{done.log}\n{workflow} failed; its log is above.")
            return done.log

        pushed = run("build.yaml", "push", runner.push_payload(REPOSITORY, commit))
        run("binder.yaml", "pull_request_target", pull_request_payload())
        run("test.yaml", "pull_request", pull_request_payload())
        (comment,) = server.bodies()
    return Shown(read_summary(pushed), comment)


def make_content(folder: Path) -> Path:
    """The example with the template's workflows."""
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".github"))
    shutil.copytree(TEMPLATE / ".github", folder / ".github")
    return folder


def read_summary(log: str) -> str:
    """The job summary out of act's log: from its mark to the next line that starts with the job's name."""
    found = re.search(r"^(\[[^\]\n]+\]) +\S+ +Summary - (.*?)^\1", log, re.MULTILINE | re.DOTALL)
    if found is None:
        raise DevtoolsError(f"{log}\nThere is no job summary in the log above.")
    return found[2]


def take_picture(browser: Browser, markdown: str, file: Path) -> None:
    """Write the rendered Markdown as PNG; the badge's address is answered with a drawing of ours, all others fail."""
    page = browser.new_page(viewport={"width": WIDTH, "height": 100})
    page.route("**/*", lambda route: route.abort())
    page.route("**/badge_logo.svg", lambda route: route.fulfill(content_type="image/svg+xml", body=BADGE))
    page.set_content(f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style><main>{render(markdown)}</main>')
    file.parent.mkdir(exist_ok=True)
    page.screenshot(path=file, full_page=True)
    page.close()
    size = file.stat().st_size
    print(f"{file.relative_to(places.PROJECT)}: {size // 1000} kB")
    if size > MAX_BYTES:
        raise DevtoolsError(f"{file} is larger than {MAX_BYTES // 1000} kB, which is much for a guide.")


if __name__ == "__main__":
    sys.exit(main())
