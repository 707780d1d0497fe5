"""`python -m devtools.bench_hub`: seconds of the hub check on the demonstration's image, beside its goal.

The whole check is timed, from before the container is made until it is gone; the image is there already.
"""

import statistics
import sys
import time

from devtools.engine import running_engine
from devtools.errors import DevtoolsError
from devtools.lab import EXAMPLE, example_image
from hubaction.clients.engine.engine import Engine
from hubaction.inputs.read import input_variable, read_settings
from hubaction.inputs.settings import DEFAULTS
from hubaction.results import HubChecked
from hubaction.verify.hub_check import Subject, run_hub_check

GOAL_SECONDS = 15
RUNS = 3


def main() -> int:
    try:
        with running_engine() as engine, example_image(engine) as image, Engine.connect(engine.environment()) as door:
            measured = [measure(door, image) for _ in range(RUNS)]
    except DevtoolsError as error:
        print(error, file=sys.stderr)
        return 1
    print("| run | hub check | ready | memory at rest |")
    print("|---:|---:|---:|---:|")
    for number, (seconds, result) in enumerate(measured, start=1):
        memory = (result.memory_bytes or 0) / 1e6
        print(f"| {number} | {seconds:.1f} s | {result.ready_seconds:.1f} s | {memory:.0f} MB |")
    median = statistics.median(seconds for seconds, _ in measured)
    print(f"\nMedian {median:.1f} s; goal: under {GOAL_SECONDS} s, {'reached' if median < GOAL_SECONDS else 'MISSED'}.")
    return 0


def measure(door: Engine, image: str) -> tuple[float, HubChecked]:
    """Wall time in seconds, and what the check saw, with the inputs' defaults."""
    inputs = {input_variable(name): value for name, value in DEFAULTS.items()}
    settings = read_settings({**inputs, "GITHUB_REPOSITORY": "lab/user-image"})
    subject = Subject(image, settings.notebook_user, settings.user_id, EXAMPLE)
    started = time.monotonic()
    result = run_hub_check(subject, settings.hub, engine=door, run="bench-hub", on_line=lambda line: None)
    if result is None:
        raise DevtoolsError("The example's image has no Jupyter, so there is nothing to measure.")
    return time.monotonic() - started, result


if __name__ == "__main__":
    sys.exit(main())
