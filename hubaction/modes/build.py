"""The story of a build: check, compare, build, guard, verify, push, and what follows a push."""

from hubaction.decide.plan import BuildPlan
from hubaction.image import PushedReference
from hubaction.inputs.settings import Settings
from hubaction.modes.check import Checked, check
from hubaction.modes.follow_up import follow_up
from hubaction.modes.image import MadeImage, make_image, write_layer_cache
from hubaction.modes.reuse import compare_images, reuse_image
from hubaction.modes.verify import search_image, verify_image
from hubaction.modes.workshop import Workshop, open_workshop
from hubaction.publish.push import push_references
from hubaction.report.report import Report
from hubaction.report.reporting import reporting
from hubaction.results import Finished, Published
from hubaction.runner.job import Job


def run_build(plan: BuildPlan, settings: Settings, job: Job, report: Report) -> None:
    """Carry out a plan that builds; raises ActionError after what was reached is reported.

    A failure ends the story where it happens, and nothing is pushed after it. Outputs say what is true by then: when
    guard, hub check or tests fail, there are at most the outputs of those checks; when the push fails, too, even if
    one of several references was pushed; when what follows the push fails, all of the image's outputs are there.
    """
    with reporting(plan, settings, job, report), open_workshop(plan.build.local_tag, job) as workshop:
        checked = check(plan, settings, job, workshop, report)
        comparison = compare_images(checked, job, report)
        pushed, made = reuse_image(comparison, checked, settings, job, report), None
        if pushed is None:
            made = make_image(checked, comparison, settings, job, workshop, report)
            search_image(made, checked, settings, workshop.engine, job, report)
            verify_image(made, checked, settings, workshop.engine, job, report)
            pushed = push_image(made, checked, job, workshop, report)
        published = Published(checked.plan.image, pushed, old_outputs=plan.build.default_build_pack)
        report.add(published, Finished(plan.mode))
        if pushed:
            follow_up(published, checked, settings, job, workshop.engine, report)
        if pushed and made:
            write_layer_cache(made, checked, job, workshop, report)


def push_image(
    made: MadeImage, checked: Checked, job: Job, workshop: Workshop, report: Report
) -> tuple[PushedReference, ...]:
    """Push every reference, if the plan says so; raises PushError."""
    plan = checked.plan
    if not plan.push:
        return ()
    hosts = {reference.name.registry for reference in plan.references}
    with report.step("push"):
        return tuple(
            push_references(
                plan.references,
                local_tag=made.id,
                engine=workshop.engine,
                registries={host: checked.registries.open(host) for host in hosts},
                say=job.console.say,
                notice=job.console.notice,
                before_each=job.cancellation.check,
            )
        )
