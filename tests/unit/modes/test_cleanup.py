"""What a cleanup does beyond the registry: what it tells, to whom, and when it fails. The registry is played."""

import io
import json
from pathlib import Path

import pytest
import requests
import responses

from hubaction.decide.comment import CommentTarget
from hubaction.decide.mode import PlannedMode
from hubaction.decide.plan import CleanupPlan
from hubaction.decide.preview import CleanupTarget
from hubaction.errors import ActionError
from hubaction.image import ImageName
from hubaction.inputs.read import read_settings
from hubaction.modes.cleanup import run_cleanup
from hubaction.report.outputs import write_outputs
from hubaction.report.report import Report
from hubaction.runner.console import Console
from hubaction.runner.job import Job
from tests.support.runner_rules import read_commands, read_file_command
from tests.unit.publish.test_previews import NAME, SOURCE, Shelf, shown, tag
from tests.unit.samples import HEAD_SHA, REPOSITORY, make_inputs

PASSWORD = "hunter2-hunter2"
INPUTS = {"registry": "quay.io", "image-name": "org/image", "username": "robot", "password": PASSWORD}


class Cleanup:
    """A run on a closed pull request, without a token for GitHub."""

    def __init__(self, folder: Path, *, images: tuple[ImageName, ...] = (NAME,), comment: bool = False) -> None:
        self._folder = folder
        self._stream = io.StringIO()
        self.secrets: tuple[str, ...] = (PASSWORD,)
        target = CommentTarget(REPOSITORY, 7, HEAD_SHA, False, None) if comment else None
        cleanup = CleanupTarget(REPOSITORY, 7, images, SOURCE, binder_branch="binder-pr-7")
        self.plan = CleanupPlan(mode=PlannedMode.CLEANUP, reason="", comment=target, cleanup=cleanup)
        self.environ = make_inputs(INPUTS) | {
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ID": "4711",
            "GITHUB_OUTPUT": str(folder / "output"),
            "GITHUB_STEP_SUMMARY": str(folder / "summary"),
        }

    def run(self) -> None:
        console = Console(self._stream)
        console.hide(*self.secrets)
        job = Job(self.environ, console)
        report = Report(job)
        try:
            run_cleanup(self.plan, read_settings(self.environ), job, report)
        finally:
            write_outputs(report, job)

    @property
    def log(self) -> str:
        return self._stream.getvalue()

    @property
    def notices(self) -> list[str]:
        return [command.data for command in read_commands(self.log) if command.name == "notice"]

    @property
    def summary(self) -> str:
        file = self._folder / "summary"
        return file.read_text(encoding="utf-8") if file.exists() else ""

    @property
    def deleted(self) -> list[str]:
        written = read_file_command((self._folder / "output").read_text(encoding="utf-8"))
        return list(json.loads(written["deleted"]))


def let_in(mock: responses.RequestsMock, status: int = 200) -> None:
    mock.get("https://quay.io/v2/", status=status, headers={"WWW-Authenticate": 'Basic realm="x"'})


@pytest.fixture
def cleanup(tmp_path: Path) -> Cleanup:
    return Cleanup(tmp_path)


def test_run_cleanup__tells_what_was_deleted(cleanup: Cleanup) -> None:
    shelf = Shelf()
    shelf.put(tag(), pull_request="7")
    with shown(shelf, also=let_in):
        cleanup.run()
    assert cleanup.deleted == [f"{NAME}:{tag()}"]
    assert f"{NAME}:{tag()} was deleted" in cleanup.log
    assert f"- `{tag()}` was deleted" in cleanup.summary
    assert cleanup.notices == []


def test_run_cleanup__nothing_found_is_no_news(cleanup: Cleanup) -> None:
    with shown(Shelf(), also=let_in):
        cleanup.run()
    assert cleanup.deleted == []
    assert "There is no preview of pull request 7" in cleanup.log
    assert cleanup.summary == ""
    assert cleanup.notices == []


def test_run_cleanup__words_of_the_registry_give_no_password_away(cleanup: Cleanup) -> None:
    shelf = Shelf()
    shelf.put(tag(), pull_request="7")
    shelf.refusal = (403, {}, f'{{"errors": [{{"code": "DENIED", "message": "not with {PASSWORD}"}}]}}')
    with shown(shelf, also=let_in):
        cleanup.run()
    assert "403 DENIED: not with ***" in cleanup.summary
    assert "403 DENIED: not with ***" in cleanup.notices[0]
    assert PASSWORD not in cleanup.log + cleanup.summary


def test_run_cleanup__tells_what_was_done_before_it_fails(tmp_path: Path) -> None:
    cleanup, shelf = Cleanup(tmp_path, images=(NAME, ImageName("quay.io", "org/odd"))), Shelf()
    shelf.put(tag(), pull_request="7")

    def also(mock: responses.RequestsMock) -> None:
        let_in(mock)
        expired = requests.exceptions.SSLError("CERTIFICATE_VERIFY_FAILED")
        mock.get("https://quay.io/v2/org/odd/tags/list", body=expired)

    with shown(shelf, also=also), pytest.raises(ActionError, match="Not all previews could be deleted"):
        cleanup.run()
    assert cleanup.deleted == [f"{NAME}:{tag()}"]
    assert f"- `{tag()}` was deleted" in cleanup.summary


def test_run_cleanup__login_that_is_refused_fails_before_anything_is_deleted(cleanup: Cleanup) -> None:
    shelf = Shelf()
    shelf.put(tag(), pull_request="7")
    with shown(shelf, also=lambda mock: let_in(mock, 401)), pytest.raises(ActionError, match="refused the login"):
        cleanup.run()
    assert shelf.asked == []
    assert cleanup.deleted == []


def test_run_cleanup__a_file_of_the_workspace_is_no_docker_configuration(
    cleanup: Cleanup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The working directory may hold a `config.json` of any kind, a pull request's own included."""
    (tmp_path / "config.json").write_text('{"auths": {"quay.io": {"auth": "bWFsbG9yeTpndWVzc2Vk"}}}', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    cleanup.environ |= {"INPUT_USERNAME": "", "INPUT_PASSWORD": ""}
    with (
        shown(Shelf(), also=lambda mock: let_in(mock, 401)),
        pytest.raises(ActionError, match="refused the login of ''"),
    ):
        cleanup.run()


def test_run_cleanup__secret_is_hidden_before_it_is_markdown(cleanup: Cleanup) -> None:
    """Markdown takes HTML comments apart, so the secret would not be found in it."""
    shelf = Shelf()
    shelf.put(tag(), pull_request="7")
    shelf.refusal = (403, {}, '{"errors": [{"code": "DENIED", "message": "not with hunter<!--2"}]}')
    cleanup.secrets = ("hunter<!--2",)
    with shown(shelf, also=let_in):
        cleanup.run()
    assert "not with ***" in cleanup.summary
