"""What the tests came to, as a JUnit file that is whole after each case, and the name of what runs just now.

The file is read outside of the container, by a program that does not believe it; see hubaction/verify/junit.py.
"""

import os
import re
from xml.sax.saxutils import quoteattr

HERE = "/tmp/hub-image-action"
RESULTS = HERE + "/results/junit.xml"
RUNNING = HERE + "/results/running"
PASSED = "passed"
FAILED = "failed"
SKIPPED = "skipped"

MAX_NAME = 300
MAX_MESSAGE = 2000
OPENING = b'<?xml version="1.0" encoding="utf-8"?>\n<testsuite name="image-tests">\n'
CLOSING = b"</testsuite>\n"
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
COLORS = re.compile("\x1b\\[[0-9;]*[A-Za-z]")
ELEMENTS = {FAILED: "failure", SKIPPED: "skipped"}


def start():
    with open(RESULTS, "wb") as stream:
        stream.write(OPENING + CLOSING)
    set_running("")


def add_case(name, outcome, seconds, file="", line=0, message=""):
    """Append one case; `file` is relative to the folder of the tests, `line` counts from 1, and 0 is none."""
    attributes = [("name", name[:MAX_NAME]), ("time", "%.3f" % max(seconds, 0))]
    attributes += [("file", file)] if file else []
    attributes += [("line", str(line))] if line > 0 else []
    text = "<testcase %s" % write_attributes(attributes)
    if outcome in ELEMENTS:
        text += "><%s %s/></testcase>\n" % (ELEMENTS[outcome], write_attributes([("message", message[:MAX_MESSAGE])]))
    else:
        text += "/>\n"
    with open(RESULTS, "r+b") as stream:
        stream.seek(-len(CLOSING), os.SEEK_END)
        stream.write(text.encode("utf-8") + CLOSING)


def write_attributes(pairs):
    return " ".join("%s=%s" % (name, quoteattr(NOT_XML.sub("?", COLORS.sub("", value)))) for name, value in pairs)


def set_running(name):
    """Record what runs now, to name a test that never ends, or that ends the process; '' for nothing."""
    with open(RUNNING, "w", encoding="utf-8", errors="replace") as stream:
        stream.write(name)


def get_running():
    try:
        with open(RUNNING, encoding="utf-8", errors="replace") as stream:
            return stream.read(MAX_NAME)
    except OSError:
        return "?"


def is_below(path, folder):
    return os.path.realpath(path).startswith(os.path.realpath(folder) + os.sep)


def relative_to(path, folder):
    return os.path.relpath(os.path.realpath(path), os.path.realpath(folder)) if is_below(path, folder) else ""
