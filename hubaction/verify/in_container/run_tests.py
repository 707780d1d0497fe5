"""Runs the image tests in a user image, with the image's own Python: `run_tests.py FOLDER SECONDS stored|any`.

The folder contains tests for pytest (test_*.py), notebooks (*.ipynb), and tests for R's testthat (test*.R). SECONDS
is the timeout of each test, notebook or R file; with `stored`, outputs of notebooks are compared with the stored ones.

It has to run on any Python 3.6 or newer, with only the standard library.
"""

import importlib.util
import os
import shutil
import signal
import site
import subprocess
import sys
import sysconfig
import time

import hub_image_results as results

NO_TESTS_COLLECTED = 5
NOT_INSTALLED = 97
ENVIRONMENT = results.HERE + "/environment"
CARRIED_PIP = results.HERE + "/carried/pip"
PYTEST_SETTINGS = ("pytest.ini", ".pytest.ini", "pytest.toml", "tox.ini", "setup.cfg", "pyproject.toml")
GRACE_SECONDS = 20
"""Between the timeout, at which a test is told to stop, and killing it."""


def main():
    folder, seconds, compare = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    results.start()
    found = find_tests(folder)
    installed = install(folder, found)
    code = run_pytest(folder, seconds, installed) if found["pytest"] else 0
    for notebook in found["notebooks"]:
        code = run_notebook(folder, notebook, seconds, compare, installed) or code
    for file in found["R"]:
        code = run_testthat(folder, file, seconds) or code
    sys.exit(code)


def find_tests(folder):
    """The tests, by paths relative to the folder. Hidden folders contain copies, such as .ipynb_checkpoints."""
    names = []
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__pycache__")
        names += [os.path.relpath(os.path.join(place, name), folder) for name in sorted(files)]
    found = {"pytest": [], "notebooks": [], "R": []}
    for name in names:
        base = os.path.basename(name)
        if base.startswith("."):
            continue
        if base.endswith(".ipynb"):
            found["notebooks"].append(name)
        elif base.startswith("test") and base.endswith((".R", ".r")):
            found["R"].append(name)
        elif (
            name in PYTEST_SETTINGS or base.endswith("_test.py") or (base.startswith("test_") and base.endswith(".py"))
        ):
            found["pytest"].append(name)
    if not found["notebooks"] and not found["R"]:
        # pytest reports that there is no test, or its settings name other files.
        found["pytest"].append(folder)
    return found


# --- what the image lacks ---


def install(folder, found):
    """The folder with the packages that the image lacks, for sys.path; '' when it lacks none."""
    requirements = os.path.join(folder, "requirements.txt")
    wanted = ["-r", requirements] if os.path.exists(requirements) else []
    if found["pytest"] and not has_module("pytest"):
        wanted.append("pytest")
    if found["notebooks"] and notebook_python() is None:
        wanted.append("nbclient")
    return make_environment(wanted) if wanted else ""


def has_module(name):
    return importlib.util.find_spec(name) is not None


def make_environment(wanted):
    """Install what the image lacks into a virtual environment, which also sees the image's packages.

    Only a virtual environment keeps pip from removing other versions of the image's packages.
    """
    run([sys.executable, "-m", "venv", "--system-site-packages", "--without-pip", ENVIRONMENT])
    python = os.path.join(ENVIRONMENT, "bin", "python")
    question = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    own = subprocess.check_output(question, universal_newlines=True).strip()
    # An environment that is made from another virtual environment does not see that one's packages.
    with open(os.path.join(own, "image.pth"), "w") as stream:
        for folder in image_folders():
            stream.write(folder + "\n")
    pip = ["-m", "pip"] if has_module("pip") else [CARRIED_PIP]
    options = ["--quiet", "--disable-pip-version-check", "--no-cache-dir"]
    # The image may configure pip to install elsewhere.
    elsewhere = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX")
    env = {name: value for name, value in os.environ.items() if name not in elsewhere}
    run([python] + pip + ["install"] + options + wanted, env=env)
    return own


def image_folders():
    folders = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    folders += getattr(site, "getsitepackages", list)()
    return sorted({folder for folder in folders if os.path.isdir(folder)})


def run(command, env=None):
    if subprocess.call(command, env=env):
        print("Failed: " + " ".join(command))
        sys.exit(NOT_INSTALLED)


# --- running ---


def run_pytest(folder, seconds, installed):
    command = [sys.executable, results.HERE + "/launch_pytest.py", folder, str(seconds), installed]
    return run_watched(command, "the collection of the tests", seconds, each=True)


def notebook_python():
    """The image's Python that can run notebooks; None when there is none."""
    # Set by repo2docker. It differs from python3 when the repository asks for an old Python.
    prefix = os.environ.get("NB_PYTHON_PREFIX", "")
    for python in (os.path.join(prefix, "bin", "python"), sys.executable):
        if (
            os.path.exists(python)
            and subprocess.call([python, "-c", "import nbclient"], stderr=subprocess.DEVNULL) == 0
        ):
            return python
    return None


def run_notebook(folder, notebook, seconds, compare, installed):
    python, more = notebook_python(), ""
    if python is None:
        python, more = sys.executable, installed
    print("\nNotebook " + notebook)
    command = [python, results.HERE + "/run_notebook.py", folder, notebook, str(seconds), compare, more]
    return run_watched(command, notebook, seconds, file=notebook)


def run_testthat(folder, file, seconds):
    print("\nR tests " + file)
    rscript = shutil.which("Rscript")
    if rscript is None:
        why = "This is a test for R, and the image has no Rscript on its PATH."
        results.add_case(file, results.FAILED, 0, file, 0, why)
        print(why)
        return 1
    table = results.HERE + "/results/testthat"
    if os.path.exists(table):
        os.unlink(table)
    command = [rscript, results.HERE + "/run_testthat.R", os.path.join(folder, file), table]
    code = run_watched(command, file, seconds, file=file)
    cases = read_table(table)
    for outcome, line, took, name, message in cases:
        results.add_case("%s: %s" % (file, name), outcome, float(took), file, int(line), message)
    if code == 0 and not cases:
        results.add_case(file, results.FAILED, 0, file, 0, "No test was found in the file.")
        return 1
    return code or int(any(case[0] == results.FAILED for case in cases))


def read_table(path):
    """What run_testthat.R wrote: one test per line, its fields separated by tabs, line ends in them as U+2028."""
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8", errors="replace", newline="\n") as stream:
        lines = [line for line in stream.read().split("\n") if line]
    return [line.replace("\u2028", "\n").split("\t") for line in lines]


def run_watched(command, name, seconds, each=False, file=""):
    """Run a command that reports the name of what it runs, and has timeouts of its own; return its exit code.

    A test that cannot be stopped, or that ends the whole process, becomes a failed case. With `each`, the seconds are
    for each reported name, else for the whole command.
    """
    results.set_running(name)
    sys.stdout.flush()
    begun = started = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    running = name
    while process.poll() is None:
        time.sleep(0.05)
        now = results.get_running()
        if now != running:
            running, started = now, time.monotonic() if each else begun
        if running and time.monotonic() - started > seconds + GRACE_SECONDS:
            end(process)
            why = "It took longer than %d seconds (input 'test-timeout') and could not be stopped." % seconds
            results.add_case(running, results.FAILED, time.monotonic() - started, file or file_of(running), 0, why)
            return 1
    left = results.get_running()
    if left:
        why = "It ended the whole process with exit code %d." % process.returncode
        results.add_case(left, results.FAILED, time.monotonic() - started, file or file_of(left), 0, why)
        return process.returncode if process.returncode > 0 else 1
    return process.returncode


def file_of(name):
    return name.partition("::")[0] if "::" in name else ""


def end(process):
    """On SIGABRT pytest prints what it was doing."""
    for number in (signal.SIGABRT, signal.SIGKILL):
        try:
            os.kill(process.pid, number) if number == signal.SIGABRT else os.killpg(process.pid, number)
            process.wait(5)
        except (OSError, subprocess.TimeoutExpired):
            pass


main()
