"""After the job: remove what a killed run left on the engine."""

from hubaction.clients.open import open_engine
from hubaction.decide.plan import BuildPlan
from hubaction.runner.job import Job


def remove_leftovers(plan: BuildPlan, job: Job) -> None:
    """Remove containers and images of this plan's run, and say so if there were containers. Raises ActionError."""
    tag = plan.build.local_tag
    with open_engine(job.environ) as engine:
        containers = engine.remove_containers(tag)
        if containers:
            job.console.say(f"Removed {containers} container(s) that the step left behind.")
        left = engine.find_image(tag)
        for reference in (*map(str, plan.references), tag):
            # The same tag on another image is not ours: it belongs to whoever owns this machine.
            if left and engine.find_image(reference) == left:
                engine.remove_image(reference)
