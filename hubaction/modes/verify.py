"""Between build and push: what was built is searched for secrets, started as a hub does, and tested."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

from hubaction.clients.engine.engine import Engine
from hubaction.decide.plan import BuildPlan
from hubaction.guard.given_secrets import GivenSecret
from hubaction.guard.image import guard_image
from hubaction.inputs.choices import HubCheck, HubPolicy
from hubaction.inputs.settings import Settings
from hubaction.report.summary import Outcome
from hubaction.results import HubChecked, Tested
from hubaction.runner.job import Job
from hubaction.verify.hub_check import NO_JUPYTER
from hubaction.verify.hub_diagnosis import HubCheckError
from hubaction.verify.tests_verdict import ImageTestsError
from hubaction.verify.verify_image import ImageToVerify, verify_by_tests, verify_on_hub

MAX_ANNOTATIONS = 9
"""GitHub shows ten errors of a step, and one of them is the step's own."""


@dataclass(frozen=True)
class ImageToProve:
    """What was built, and what it is proven with."""

    id: str
    """Not its name, which may be given to another one while this is proven."""
    source: Path
    """The folder that it was built from."""
    tests: Path | None
    """The folder with its tests; None when there is none."""
    tests_left_out: frozenset[str]
    """Files of it that hold secrets of the workflow's."""
    given: tuple[GivenSecret, ...] = field(repr=False)


def prove(image: ImageToProve, plan: BuildPlan, settings: Settings, job: Job, outcome: Outcome, engine: Engine) -> None:
    """Raise ActionError unless the image may be pushed; what was seen goes to the outcome, the log and the outputs."""
    proof = _Proof(image, plan, settings, job, outcome, engine)
    proof.look_for_leaks()
    proof.check_on_hub()
    proof.test()


@dataclass(frozen=True)
class _Proof:
    image: ImageToProve
    plan: BuildPlan
    settings: Settings
    job: Job
    outcome: Outcome
    engine: Engine

    def look_for_leaks(self) -> None:
        """What the build brought in cannot be seen before it."""
        with self.job.step("look for secrets", self.outcome.seconds):
            guard_image(
                self.image.id,
                self.image.given,
                engine=self.engine,
                run=self.plan.build.local_tag,
                folders=(self.settings.repo_dir, f"/home/{self.settings.notebook_user}"),
                build_args=self.plan.build.build_args,
            )
            self.job.console.say("No secret of this step is in the image.")

    def check_on_hub(self) -> None:
        """Start the image as a hub does; where that is not to be fatal, a failure is a warning."""
        console, policy = self.job.console, self.settings.hub
        if policy.check is HubCheck.FALSE:
            console.say("No hub check: the input 'hub-check' is false.")
            return
        try:
            with self.job.step("hub check", self.outcome.seconds):
                result = self._start_as_hub(policy)
        except HubCheckError as error:
            self.outcome.hub = f"failed: {console.scrub(error.message)}"
            if policy.check is HubCheck.TRUE:
                raise
            console.warning(
                f"{error.message} (hub-check: warn)", file=error.file and self.settings.from_root(error.file)
            )
            return
        if result is None:
            console.notice(NO_JUPYTER)
            return
        self._tell_hub(result)

    def _start_as_hub(self, policy: HubPolicy) -> HubChecked | None:
        with self.job.console.untrusted() as write:
            return verify_on_hub(self._image_to_verify(), policy, engine=self.engine, on_line=write)

    def _image_to_verify(self) -> ImageToVerify:
        settings = self.settings
        return ImageToVerify(
            self.image.id,
            self.plan.build.local_tag,
            self.image.source,
            settings.notebook_user,
            settings.user_id,
            settings.repo_dir,
        )

    def _tell_hub(self, result: HubChecked) -> None:
        console, outputs = self.job.console, self.job.outputs
        self.outcome.hub = console.scrub(result.summary)
        console.say(f"As on a hub: {result.summary}")
        for remark in result.remarks:
            console.warning(remark.message, file=remark.file and self.settings.from_root(remark.file))
        outputs.set_output("hub-ready-seconds", f"{result.ready_seconds:.1f}")
        outputs.set_output("hub-versions", console.scrub(json.dumps(dict(result.versions))))
        if result.memory_bytes is not None:
            outputs.set_output("hub-memory-bytes", str(result.memory_bytes))

    def test(self) -> None:
        if self.image.tests is None:
            self.job.console.say(
                f"No image tests: there is no folder '{self.settings.tests.folder}' with files in it."
                if self.settings.tests.folder
                else "No image tests: the input 'image-tests' is empty."
            )
            return
        self.outcome.tests = "failed"
        with self.job.step("test", self.outcome.seconds):
            try:
                self._tell_tests(self._run_tests(self.image.tests))
            except ImageTestsError as error:
                self._tell_tests(error.tested)
                raise

    def _run_tests(self, files: Path) -> Tested:
        with self.job.console.untrusted() as write:
            return verify_by_tests(
                self._image_to_verify(),
                files,
                self.settings.tests,
                left_out=self.image.tests_left_out,
                engine=self.engine,
                on_line=write,
            )

    def _tell_tests(self, tested: Tested) -> None:
        """What leaves this machine is not masked by the runner."""
        console = self.job.console
        told = Tested(
            tuple(
                replace(
                    case,
                    name=console.scrub(case.name),
                    message=console.scrub(case.message),
                    file=case.file and self.settings.from_root(case.file),
                )
                for case in tested.cases
            )
        )
        self.outcome.cases = told.cases
        if told.counts:
            self.outcome.tests = told.counts
            self.job.outputs.set_output("tests", told.counts)
            console.say(f"Image tests: {told.counts}")
        if told.proves_nothing:
            console.warning(
                "All image tests were skipped, so they prove nothing: each says why in the summary. A package that is"
                " missing in the image (pytest.importorskip) is a reason to fail rather than to skip.",
                file=self.settings.from_root(self.settings.tests.folder),
            )
        for case in told.failing[:MAX_ANNOTATIONS]:
            console.error(
                f"{case.name}: {case.message}", file=case.file or None, line=case.line, title="Image test failed"
            )
