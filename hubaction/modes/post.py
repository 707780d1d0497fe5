"""The post step: removes containers and images that a killed run left on the engine."""

from hubaction.clients.open import open_engine
from hubaction.decide.plan import BuildPlan
from hubaction.runner.job import Job


def remove_leftovers(plan: BuildPlan, job: Job) -> None:
    """Remove containers and images of this run. Raises ActionError."""
    tag = plan.build.local_tag
    with open_engine(job.environ) as engine:
        containers = engine.remove_containers(tag)
        if containers:
            job.console.say(f"Removed {containers} container(s) that the step left behind.")
        left = engine.find_image(tag)
        for reference in (*map(str, plan.references), tag):
            # If the tag is on another image by now, that image is not ours: keep it.
            if left and engine.find_image(reference) == left:
                engine.remove_image(reference)
