"""A pytest plugin that records each test's result and location, and fails a test that takes too long."""

import os
import signal
import threading
import traceback

import hub_image_results as results
import pytest

# The processes of pytest-xdist get variables, and nothing else.
FOLDER = os.environ.get("HUB_IMAGE_TESTS_FOLDER", ".")
SECONDS = int(os.environ.get("HUB_IMAGE_TESTS_SECONDS", "600"))

BETWEEN = "what runs between the tests"
_cases = {}
_awaited = set()


def is_worker(config):
    return hasattr(config, "workerinput")


# --- time ---


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    results.set_running(shorten(item.nodeid))
    in_main_thread = threading.current_thread() is threading.main_thread()
    if in_main_thread:
        before = signal.signal(signal.SIGALRM, fail_test)
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
    yield
    if in_main_thread:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    results.set_running(BETWEEN)


def fail_test(_number, _frame):
    pytest.fail("It took longer than %d seconds (input 'test-timeout')." % SECONDS)


def pytest_collection_finish(session):
    _awaited.update(item.nodeid for item in session.items)
    results.set_running(BETWEEN)


def pytest_sessionfinish(session, exitstatus):
    """Whoever ends the session early, as by pytest.exit, can also choose the exit code."""
    if exitstatus == 0 and _awaited and not is_worker(session.config):
        file = shorten(min(_awaited)).partition("::")[0]
        message = "%d tests, this one and others, were not run: something ended pytest before them." % len(_awaited)
        results.add_case(shorten(min(_awaited)), results.FAILED, 0, file, 0, message)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """Later failures show in the exit code."""
    if not is_worker(config):
        results.set_running("")


# --- places ---


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(call):
    outcome = yield
    if call.excinfo is not None:
        file, line = find_place(call.excinfo.value)
        outcome.get_result().hub_image_place = [file, line, str(call.excinfo.exconly())]


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector):
    outcome = yield
    report = outcome.get_result()
    call = getattr(report, "call", None)
    if report.failed and call is not None and call.excinfo is not None:
        error = call.excinfo.value
        file, line = find_place(error)
        path = str(getattr(collector, "path", None) or collector.fspath)
        cause = error.__cause__ or error
        message = "%s: %s" % (type(cause).__name__, cause)
        report.hub_image_place = [file or results.relative_to(path, FOLDER), line, message]


def find_place(error):
    """File, relative to the tests' folder, and line of the innermost frame in the tests; '' and 0 for none."""
    for _ in range(20):
        if error is None:
            break
        if isinstance(error, SyntaxError) and error.filename and results.is_below(error.filename, FOLDER):
            return results.relative_to(error.filename, FOLDER), error.lineno or 0
        places = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
        inside = [place for place in places if results.is_below(place[0], FOLDER)]
        if inside:
            return results.relative_to(inside[-1][0], FOLDER), inside[-1][1]
        error = error.__cause__
    return "", 0


def shorten(nodeid):
    """Without the folder, which is the same for all."""
    prefix = FOLDER.rstrip("/") + "/"
    start = nodeid.find(prefix)
    return nodeid[start + len(prefix) :] if start >= 0 else nodeid


# --- results ---


def pytest_collectreport(report):
    if report.failed:
        file, line, message = getattr(report, "hub_image_place", None) or ["", 0, str(report.longrepr)[-500:]]
        results.add_case(shorten(report.nodeid) or "conftest.py", results.FAILED, 0, file, line, message)


def pytest_runtest_logreport(report):
    if "PYTEST_XDIST_WORKER" in os.environ:
        return  # told once more where all the workers' reports arrive
    case = _cases.setdefault(report.nodeid, {"outcome": results.PASSED, "seconds": 0.0, "place": None})
    case["seconds"] += report.duration
    if report.failed:
        case["outcome"] = results.FAILED
    elif report.skipped and case["outcome"] == results.PASSED:
        case["outcome"] = results.SKIPPED
    if (report.failed or report.skipped) and case["place"] is None:
        case["place"] = getattr(report, "hub_image_place", None) or ["", 0, describe(report.longrepr)]
    if report.when == "teardown":
        _awaited.discard(report.nodeid)
        del _cases[report.nodeid]
        file, line, message = case["place"] or ["", 0, ""]
        if not file:
            file, line = shorten(report.nodeid).partition("::")[0], (report.location[1] or 0) + 1
        results.add_case(shorten(report.nodeid), case["outcome"], case["seconds"], file, line, message)


def describe(longrepr):
    """For a skipped test this is file, line and reason."""
    return str(longrepr[2]) if isinstance(longrepr, tuple) and len(longrepr) == 3 else str(longrepr)[-500:]
