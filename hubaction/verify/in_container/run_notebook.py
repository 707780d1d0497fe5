"""Runs one notebook from top to bottom: `run_notebook.py FOLDER NAME SECONDS stored|any INSTALLED`.

Its folder is where it runs, as in JupyterLab, in the kernel that it names. INSTALLED is a folder for sys.path, or
empty: kernels do not see it. With `stored`, what the cells print and return has to be what the notebook has stored.
"""

import copy
import os
import re
import site
import sys
import time

import hub_image_results as results

NOT_COMPARED = "nbval-ignore-output"
"""The same tag as another tool's: https://nbval.readthedocs.io/en/latest/"""


class DifferentOutputError(Exception):
    """A cell's output differs from the stored one."""


def main():
    folder, name, seconds, compare, installed = sys.argv[1:6]
    if installed:
        site.addsitedir(installed)
    started = time.monotonic()
    run = Run(os.path.join(folder, name), name, int(seconds))
    message = ""
    try:
        before, after = run.execute()
        if compare == "stored":
            run.compare(before, after)
    except Exception as error:  # noqa: BLE001 - whatever it is, the notebook is what failed
        message = run.explain(error)
        print(message)
    took = time.monotonic() - started
    results.add_case(name, results.FAILED if message else results.PASSED, took, name, run.find_line(), message)
    results.set_running("")
    sys.exit(1 if message else 0)


class Run:
    def __init__(self, path, name, seconds):
        self.path, self.name, self.seconds = path, name, seconds
        self.deadline = time.monotonic() + seconds
        self.cell = None
        self.number = 0
        self.numbers = {}

    def execute(self):
        """The notebook as stored, and as after a run."""
        import nbformat
        from nbclient import NotebookClient

        before = nbformat.read(self.path, as_version=4)
        after = copy.deepcopy(before)
        for cell in after.cells:
            if cell.cell_type == "code":
                self.numbers[id(cell)] = len(self.numbers) + 1
        run = self

        class Client(NotebookClient):
            async def async_execute_cell(self, cell, *arguments, **options):
                run.enter(cell)
                return await super().async_execute_cell(cell, *arguments, **options)

        place = {"metadata": {"path": os.path.dirname(os.path.abspath(self.path))}}
        client = Client(after, timeout_func=self.seconds_left, resources=place)
        client.startup_timeout = self.seconds
        client.execute()
        self.cell = None
        return before, after

    def enter(self, cell):
        self.number = self.numbers.get(id(cell), 0)
        self.cell = cell if self.number else None
        if self.number:
            results.set_running("%s, code cell %d" % (self.name, self.number))

    def seconds_left(self, _cell=None):
        return max(self.deadline - time.monotonic(), 0.1)

    def compare(self, before, after):
        for old, new in zip(before.cells, after.cells):  # noqa: B905 - new in Python 3.10
            self.enter(new)
            stored = read_outputs(old)
            ignored = NOT_COMPARED in old.get("metadata", {}).get("tags", [])
            if self.cell is not None and stored and not ignored and read_outputs(new) != stored:
                raise DifferentOutputError(
                    "stored is %s, and now it says %s" % (shown(stored), shown(read_outputs(new)))
                )
        self.cell = None

    def explain(self, error):
        kind = type(error).__name__
        if kind == "NoSuchKernel":
            return "It asks for the kernel '%s', which the image does not have. It has: %s." % (error.name, kernels())
        if kind == "CellTimeoutError" or isinstance(error, TimeoutError):
            why = "The notebook took longer than %d seconds (input 'test-timeout')" % self.seconds
        elif kind == "CellExecutionError":
            value = getattr(error, "evalue", "") or str(error).strip().splitlines()[-1]
            why = "%s: %s" % (getattr(error, "ename", "") or "Error", value)
        else:
            why = "%s: %s" % (kind, str(error) or "no more is known")
        if self.cell is None:
            return why
        first = (self.cell.source.strip().splitlines() or [""])[0]
        return "Code cell %d, which begins with `%s`: %s" % (self.number, first[:80], why)

    def find_line(self):
        """The line of the file where the failed cell begins, by its id; 0 when no cell failed, or it has no id."""
        wanted = self.cell.get("id") if self.cell is not None else None
        if not wanted:
            return 0
        with open(self.path, encoding="utf-8", errors="replace") as stream:
            pattern = re.compile(r'"id"\s*:\s*"%s"' % re.escape(wanted))
            lines = [number for number, line in enumerate(stream, 1) if pattern.search(line)]
        return lines[0] if len(lines) == 1 else 0


def read_outputs(cell):
    """Output and result of a cell as text, without pictures, warnings and memory addresses, which always differ."""
    text = ""
    for output in cell.get("outputs", []):
        if output.output_type == "stream" and output.name == "stdout":
            text += output.text
        elif output.output_type in ("execute_result", "display_data"):
            text += output.data.get("text/plain", "") + "\n"
    return re.sub(r"0x[0-9a-fA-F]{6,}", "0x...", text).strip()


def shown(text):
    return "'%s'" % (text if len(text) <= 200 else text[:200] + "...")


def kernels():
    from jupyter_client.kernelspec import KernelSpecManager

    return ", ".join(sorted(KernelSpecManager().find_kernel_specs())) or "none"


main()
