"""Steps after a push: public check, Binder, rollout, and the deletion of merged previews."""

from hubaction.clients.engine.engine import Engine
from hubaction.clients.open import open_git_data
from hubaction.decide.labels import SOURCE_LABEL
from hubaction.decide.rollout import RolloutTarget
from hubaction.errors import ActionError
from hubaction.image import PushedReference
from hubaction.inputs.choices import BinderCache
from hubaction.inputs.settings import Settings
from hubaction.modes.check import Checked
from hubaction.modes.cleanup import delete_merged_previews
from hubaction.publish.public import check_public
from hubaction.report.image_result import describe_hub_check, describe_tests
from hubaction.report.report import Report
from hubaction.results import BinderImage, Published
from hubaction.runner.job import Job


def follow_up(
    published: Published, checked: Checked, settings: Settings, job: Job, engine: Engine, report: Report
) -> None:
    """Run the steps that the workflow requests; raises ActionError if one fails. The image stays pushed."""
    plan, first = checked.plan, published.pushed[0]
    if settings.public_check:
        for item in published.pushed:
            _check_public(item, checked, engine)
        job.console.say("Everybody can pull the image.")
    if plan.deletes_merged:
        _delete_merged_previews(checked, settings, job, report)
    if plan.preview and plan.preview.binder_branch:
        _update_image_branch(plan.preview.binder_branch, first, checked, settings, job, engine, report)
    if settings.binder_update.cache is not BinderCache.FALSE and plan.checkout.branch:
        _update_binder_dockerfile(first, checked, settings, job, report)
    if settings.binder_update.prebuild:
        _request_prebuild(checked, settings, job, report)
    if plan.rollout:
        _roll_out(published, plan.rollout, checked, settings, job, report)


def _check_public(item: PushedReference, checked: Checked, engine: Engine) -> None:
    registry = checked.registries.open_anonymously(item.reference.name.registry)
    check_public(item.reference, registry, engine=engine)


def _delete_merged_previews(checked: Checked, settings: Settings, job: Job, report: Report) -> None:
    """Delete the last preview too, which the cleanup left for this run. A failure is only reported."""
    try:
        with report.step("delete previews"):
            if merged := checked.find_merged():
                source = dict(checked.plan.build.labels).get(SOURCE_LABEL, "")
                for name in settings.images:
                    registry = checked.registries.open(name.registry)
                    delete_merged_previews(name, merged[0], source, registry, job)
    except ActionError as error:
        job.console.notice(f"Previews of the merged pull request were not looked for: {error.message}")


def _roll_out(
    published: Published, target: RolloutTarget, checked: Checked, settings: Settings, job: Job, report: Report
) -> None:
    from hubaction.modes.rollout import roll_out_image
    from hubaction.rollout.hub.subject import Subject, choose_pushed

    pushed = choose_pushed(published.pushed, published.image)
    subject = Subject(pushed, checked.plan.checkout.commit, describe_hub_check(report), describe_tests(report))
    with report.step("rollout"):
        roll_out_image(subject, target, checked.plan.checkout.repository, checked.registries, settings, job, report)


# --- Binder ---


def _update_image_branch(
    branch: str, first: PushedReference, checked: Checked, settings: Settings, job: Job, engine: Engine, report: Report
) -> None:
    """Point the branch at the image. A failure is only reported: the image does not depend on it."""
    from hubaction.rollout.binder.image_branch import update_image_branch

    image = f"{first.reference.name}@{first.digest}"
    try:
        with (
            report.step("binder image"),
            open_git_data(job.api_url, settings.github_token, checked.plan.checkout.repository) as git,
        ):
            _check_public(first, checked, engine)
            written = update_image_branch(git, branch=branch, image=image)
            job.console.say(f"The branch '{written.name}' starts {image} on Binder.")
    except ActionError as error:
        # Titles of errors are short reasons, e.g. "private image".
        report.add(BinderImage(obstacle=(error.title or "its branch was not written").lower()))
        job.console.notice(f"Binder does not start this image. {error.message}")
    else:
        report.add(BinderImage(branch))


def _update_binder_dockerfile(
    first: PushedReference, checked: Checked, settings: Settings, job: Job, report: Report
) -> None:
    from hubaction.rollout.binder.dockerfile import update_binder_dockerfile

    checkout, binder = checked.plan.checkout, settings.binder_update
    with (
        report.step("binder cache"),
        open_git_data(job.api_url, settings.github_token, checkout.repository) as git,
    ):
        updated = update_binder_dockerfile(
            git,
            branch=checkout.branch,
            image=f"{first.reference.name}@{first.digest}",
            message=binder.cache_message,
            write=binder.cache is BinderCache.TRUE,
            pushed_commit=checkout.pushed_commit,
        )
        job.console.say(f"{updated.advice} {updated.url}")


def _request_prebuild(checked: Checked, settings: Settings, job: Job, report: Report) -> None:
    """Request a build from Binder. A failure is only reported: it costs the first visitor a wait."""
    from hubaction.rollout.binder.prebuild import build_url, request_prebuild

    wanted = settings.binder_update.prebuild
    url = build_url(settings.binder.url, checked.plan.checkout.repository, wanted)
    with report.step("binder prebuild"), job.console.untrusted() as write:
        prebuild = request_prebuild(url, say=write, write=write)
    if prebuild.built:
        job.console.say(prebuild.advice)
    else:
        job.console.notice(f"Binder has not built {wanted}. {prebuild.advice}")
