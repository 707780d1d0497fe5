"""Takes the secrets of this step out of results, whose texts may come from the build, the image or a registry."""

from collections.abc import Callable
from dataclasses import replace

from hubaction.results import CaseResult, Compared, Failed, HubChecked, HubCheckFailed, LeftOut, Noticed, Tested

Scrub = Callable[[str], str]


def scrub_result(result: object, scrub: Scrub) -> object:
    """Return the result without secrets.

    Once a text is cut, or written as Markdown, a secret in it can no longer be found, so this comes before both.
    """
    match result:
        case Tested() | HubChecked():
            return _scrub_checks(result, scrub)
        case Failed() | HubCheckFailed():
            return replace(result, message=scrub(result.message))
        case Compared():
            return replace(result, sentence=scrub(result.sentence))
        case Noticed():
            return replace(result, notices=tuple(map(scrub, result.notices)))
        case LeftOut():
            return replace(result, files=tuple(map(scrub, result.files)))
    return result


def _scrub_checks(result: Tested | HubChecked, scrub: Scrub) -> Tested | HubChecked:
    if isinstance(result, Tested):
        return Tested(tuple(_scrub_case(case, scrub) for case in result.cases))
    return replace(
        result,
        versions={scrub(name): scrub(version) for name, version in result.versions.items()},
        kernels=tuple(map(scrub, result.kernels)),
        remarks=tuple(replace(remark, message=scrub(remark.message)) for remark in result.remarks),
    )


def _scrub_case(case: CaseResult, scrub: Scrub) -> CaseResult:
    return replace(case, name=scrub(case.name), file=scrub(case.file), message=scrub(case.message))
