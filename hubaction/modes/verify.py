"""Between build and push: search the image for secrets, start it as a hub does, and run its tests."""

from dataclasses import replace

from hubaction.clients.engine.engine import Engine
from hubaction.guard.image import guard_image
from hubaction.inputs.choices import HubCheck
from hubaction.inputs.settings import Settings
from hubaction.modes.check import Checked, TestFiles
from hubaction.modes.image import MadeImage
from hubaction.report.report import Report
from hubaction.results import CaseResult, HubChecked, HubCheckFailed, Tested
from hubaction.runner.console import Console
from hubaction.runner.job import Job
from hubaction.verify.hub_check import NO_JUPYTER
from hubaction.verify.hub_diagnosis import HubCheckError
from hubaction.verify.tests_verdict import ImageTestsError
from hubaction.verify.verify_image import ImageToVerify, verify_by_tests, verify_on_hub

MAX_ANNOTATIONS = 9
"""GitHub shows ten errors of a step, and one of them is the step's own."""


def search_image(
    made: MadeImage, checked: Checked, settings: Settings, engine: Engine, job: Job, report: Report
) -> None:
    """Raise LeakError if a given secret is in the image: what the build brought in cannot be seen before it."""
    build = checked.plan.build
    with report.step("look for secrets"):
        guard_image(
            made.id,
            checked.secrets,
            engine=engine,
            run=build.local_tag,
            folders=(settings.repo_dir, f"/home/{settings.notebook_user}"),
            build_args=build.build_args,
        )
        job.console.say("No secret of this step is in the image.")


def verify_image(
    made: MadeImage, checked: Checked, settings: Settings, engine: Engine, job: Job, report: Report
) -> None:
    """Raise HubCheckError or ImageTestsError unless the image may be pushed."""
    image = ImageToVerify(
        made.id,
        checked.plan.build.local_tag,
        checked.source,
        settings.notebook_user,
        settings.user_id,
        settings.repo_dir,
    )
    _check_on_hub(image, settings, engine, job, report)
    if checked.tests:
        _test(image, checked.tests, settings, engine, job, report)
    else:
        job.console.say(
            f"No image tests: there is no folder '{settings.tests.folder}' with files in it."
            if settings.tests.folder
            else "No image tests: the input 'image-tests' is empty."
        )


# --- the hub check ---


def _check_on_hub(image: ImageToVerify, settings: Settings, engine: Engine, job: Job, report: Report) -> None:
    """Start the image as a hub does; with `hub-check: warn`, a failure is a warning."""
    console, policy = job.console, settings.hub
    if policy.check is HubCheck.FALSE:
        console.say("No hub check: the input 'hub-check' is false.")
        return
    try:
        with report.step("hub check"), console.untrusted() as write:
            result = verify_on_hub(image, policy, engine=engine, on_line=write)
    except HubCheckError as error:
        report.add(HubCheckFailed(console.scrub(error.message)))
        if policy.check is HubCheck.TRUE:
            raise
        console.warning(f"{error.message} (hub-check: warn)", file=error.file and settings.from_root(error.file))
        return
    if result is None:
        console.notice(NO_JUPYTER)
        return
    report.add(_scrub_hub(result, console))
    _tell_hub(result, settings, job)


def _tell_hub(result: HubChecked, settings: Settings, job: Job) -> None:
    job.console.say(f"As on a hub: {result.summary}")
    for remark in result.remarks:
        job.console.warning(remark.message, file=remark.file and settings.from_root(remark.file))


def _scrub_hub(result: HubChecked, console: Console) -> HubChecked:
    versions = {console.scrub(name): console.scrub(version) for name, version in result.versions.items()}
    return replace(result, versions=versions, kernels=tuple(map(console.scrub, result.kernels)))


# --- the image tests ---


def _test(image: ImageToVerify, tests: TestFiles, settings: Settings, engine: Engine, job: Job, report: Report) -> None:
    # Whatever ends them: they did not pass.
    report.add(Tested())
    with report.step("test"):
        try:
            with job.console.untrusted() as write:
                tested = verify_by_tests(
                    image, tests.folder, settings.tests, left_out=tests.left_out, engine=engine, on_line=write
                )
        except ImageTestsError as error:
            _tell_tests(error.tested, settings, job, report)
            raise
        _tell_tests(tested, settings, job, report)


def _tell_tests(tested: Tested, settings: Settings, job: Job, report: Report) -> None:
    console = job.console
    tested = Tested(tuple(_prepare(case, settings, console) for case in tested.cases))
    report.add(tested)
    if tested.counts:
        console.say(f"Image tests: {tested.counts}")
    if tested.proves_nothing:
        console.warning(
            "All image tests were skipped, so they prove nothing: each says why in the summary. A package that is"
            " missing in the image (pytest.importorskip) is a reason to fail rather than to skip.",
            file=settings.from_root(settings.tests.folder),
        )
    for case in tested.failing[:MAX_ANNOTATIONS]:
        console.error(f"{case.name}: {case.message}", file=case.file or None, line=case.line, title="Image test failed")


def _prepare(case: CaseResult, settings: Settings, console: Console) -> CaseResult:
    """The case as it is reported: with a path from the repository's root, and without secrets."""
    return replace(
        case,
        name=console.scrub(case.name),
        message=console.scrub(case.message),
        file=case.file and settings.from_root(case.file),
    )
