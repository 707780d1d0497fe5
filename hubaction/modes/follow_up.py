"""After the push: those that start from the image are told, and what it made superfluous is removed."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from hubaction.clients.engine.engine import Engine, EngineInfo
from hubaction.clients.registry.registries import Registries
from hubaction.decide.labels import SOURCE_LABEL
from hubaction.decide.plan import Plan
from hubaction.errors import ActionError
from hubaction.inputs.choices import BinderCache
from hubaction.inputs.settings import Settings
from hubaction.modes.cleanup import delete_merged_previews
from hubaction.publish.public import check_public
from hubaction.report.summary import Outcome
from hubaction.runner.job import Job


@dataclass(frozen=True)
class AfterPush:
    """A run whose image is in the registry."""

    plan: Plan
    settings: Settings
    job: Job
    outcome: Outcome
    engine: Engine
    info: EngineInfo
    registries: Registries
    find_merged: Callable[[], tuple[int, str] | None]
    """Number and head of the pull request that was merged; may raise ActionError."""

    def run(self) -> None:
        """Raises ActionError for what was asked for and could not be done; the image stays pushed."""
        self._check_public()
        self._roll_out()

    def _check_public(self) -> None:
        if self.settings.public_check:
            for item in self.outcome.pushed:
                registry = item.reference.name.registry
                check_public(item.reference, engine=self.engine, insecure=registry in self.info.insecure_registries)
            self.job.console.say("Everybody can pull the image.")

    def _roll_out(self) -> None:
        if self.plan.deletes_merged:
            self._delete_merged_previews()
        if self.plan.binder_branch:
            self._update_image_branch()
        if self.settings.binder.cache is not BinderCache.FALSE and self.plan.branch:
            self._update_binder_cache()
        if self.settings.binder.prebuild:
            self._request_prebuild()
        if self.plan.rollout:
            self._roll_out_to_hubs()

    def _roll_out_to_hubs(self) -> None:
        from hubaction.modes.rollout import roll_out_pushed, tell_rolled_out
        from hubaction.rollout.hub.subject import Subject, choose_pushed

        outcome, plan, job = self.outcome, self.plan, self.job
        if plan.rollout is None or plan.image is None:
            return
        pushed = choose_pushed(outcome.pushed, plan.image)
        subject = Subject(pushed, plan.commit, outcome.hub or "", outcome.tests or "")
        with job.step("rollout", outcome.seconds):
            rolled = roll_out_pushed(
                subject,
                plan.rollout,
                repository=plan.repository,
                settings=self.settings,
                job=job,
                registries=self.registries,
            )
            tell_rolled_out(rolled, job)
            outcome.rollout = rolled.markdown

    def _delete_merged_previews(self) -> None:
        """The last preview of the pull request was left for this run. Never fatal: all else is done."""
        try:
            with self.job.step("delete previews", self.outcome.seconds):
                if merged := self.find_merged():
                    source = dict(self.plan.labels).get(SOURCE_LABEL, "")
                    for name in self.settings.images:
                        delete_merged_previews(name, merged[0], source, self.registries.open(name.registry), self.job)
        except ActionError as error:
            self.job.console.notice(f"Previews of the merged pull request were not looked for: {error.message}")

    def _update_image_branch(self) -> None:
        """Never fatal: the image is what it is, with Binder or without it."""
        first = self.outcome.pushed[0]
        insecure = first.reference.name.registry in self.info.insecure_registries
        try:
            with self.job.step("binder image", self.outcome.seconds):
                check_public(first.reference, engine=self.engine, insecure=insecure)
                self._write_image_branch(f"{first.reference.name}@{first.digest}")
        except ActionError as error:
            # What the titles of errors say: "private image", or that the registry is away.
            self.outcome.binder_obstacle = (error.title or "its branch was not written").lower()
            self.job.console.notice(f"Binder does not start this image. {error.message}")
        else:
            self.outcome.binder_branch = self.plan.binder_branch

    def _write_image_branch(self, image: str) -> None:
        from hubaction.clients.github.api import GitHub
        from hubaction.clients.github.git_data import GitData
        from hubaction.rollout.binder.image_branch import update_image_branch

        with closing(GitHub(self.job.api_url, self.settings.github_token, self.plan.repository)) as hub:
            branch = update_image_branch(GitData(hub), branch=self.plan.binder_branch, image=image)
        self.job.console.say(f"The branch '{branch.name}' starts {image} on Binder.")

    def _update_binder_cache(self) -> None:
        from hubaction.clients.github.api import GitHub
        from hubaction.clients.github.git_data import GitData
        from hubaction.rollout.binder.dockerfile import update_binder_cache

        first = self.outcome.pushed[0]
        with (
            self.job.step("binder cache", self.outcome.seconds),
            closing(GitHub(self.job.api_url, self.settings.github_token, self.plan.repository)) as hub,
        ):
            cache = update_binder_cache(
                GitData(hub),
                branch=self.plan.branch,
                image=f"{first.reference.name}@{first.digest}",
                message=self.settings.binder.cache_message,
                write=self.settings.binder.cache is BinderCache.TRUE,
                pushed_commit=self.plan.pushed_commit,
            )
            self.job.console.say(f"{cache.advice} {cache.url}")

    def _request_prebuild(self) -> None:
        """Never fatal: it only saves the first visitor a wait."""
        from hubaction.rollout.binder.prebuild import build_url, request_prebuild

        url = build_url(self.settings.binder.url, self.plan.repository, self.settings.binder.prebuild)
        with self.job.step("binder prebuild", self.outcome.seconds), self.job.console.untrusted() as write:
            prebuild = request_prebuild(url, say=write, write=write)
        if prebuild.built:
            self.job.console.say(prebuild.advice)
        else:
            self.job.console.notice(f"Binder has not built {self.settings.binder.prebuild}. {prebuild.advice}")
