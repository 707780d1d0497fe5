"""The outputs: one table of their names and of the results that they come from."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hubaction.report.report import Report
from hubaction.results import (
    Commented,
    Deleted,
    Finished,
    HubChecked,
    JUnitFile,
    Published,
    ResultFile,
    RolledOut,
    Tested,
)
from hubaction.runner.job import Job


@dataclass(frozen=True)
class Output:
    """An output of action.yml. It is set if there is a result of this kind with a value for it."""

    name: str
    kind: type[Any]
    value: Callable[[Any], str | None]
    """None if the output is not set."""


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _size(published: Published) -> str | None:
    main = published.main
    return None if main is None else str(main.size or "")


def _named(published: Published) -> bool:
    return bool(published.pushed) or published.old_outputs


OUTPUTS = (
    Output("mode", Finished, lambda finished: str(finished.mode)),
    Output("pushed", Published, lambda published: "true" if published.pushed else "false"),
    Output("tags", Published, lambda published: json.dumps([str(item.reference) for item in published.pushed])),
    Output("image", Published, lambda published: published.main and str(published.main.reference)),
    Output("digest", Published, lambda published: published.main and published.main.digest),
    Output("size", Published, _size),
    Output("IMAGE_SHA_NAME", Published, lambda published: str(published.image) if _named(published) else None),
    Output("IMAGE_SHA_TAG", Published, lambda published: published.image.tag if _named(published) else None),
    Output(
        "PUSH_STATUS",
        Published,
        lambda published: ("true" if published.pushed else "false") if _named(published) else None,
    ),
    Output("tests", Tested, lambda tested: tested.counts or None),
    Output("hub-ready-seconds", HubChecked, lambda checked: f"{checked.ready_seconds:.1f}"),
    Output("hub-memory-bytes", HubChecked, lambda checked: _text(checked.memory_bytes)),
    Output("hub-versions", HubChecked, lambda checked: json.dumps(dict(checked.versions))),
    Output("comment-id", Commented, lambda comment: str(comment.id)),
    Output("comment-url", Commented, lambda comment: comment.url),
    Output("result-file", ResultFile, lambda stored: stored.file),
    Output("junit-file", JUnitFile, lambda stored: stored.file),
    Output("rollout-url", RolledOut, lambda rolled: rolled.url or None),
    Output("deleted", Deleted, lambda deleted: json.dumps([str(reference) for reference in deleted.references])),
)


def write_outputs(report: Report, job: Job) -> None:
    """Write each output that has a value; call once per run."""
    for output in OUTPUTS:
        result = report.find(output.kind)
        value = None if result is None else output.value(result)
        if value is not None:
            job.outputs.set_output(output.name, value)
