"""verify.image_tests against the real engine, in images with much, little and nothing of what the tests need."""

import json
import re
import secrets
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from devtools import process
from devtools.engine import Engine as RunningEngine
from hubaction.clients.engine.container import StoppedContainer
from hubaction.clients.engine.engine import Engine
from hubaction.errors import ActionError
from hubaction.results import CaseOutcome, CaseResult, count_cases, failing
from hubaction.verify.image_tests import ImageTests, Place, run_image_tests
from hubaction.verify.tests_verdict import ImageTestsError
from tests.support.machine import containers_left
from tests.support.program import Program
from tests.support.runner_rules import read_commands

RUN = f"integration-image-tests-{secrets.token_hex(4)}"
START = """FROM debian:trixie-slim

RUN apt-get update \\
    && apt-get install --yes --no-install-recommends {packages} \\
    && rm -rf /var/lib/apt/lists/* \\
    && useradd --create-home --uid 1000 --shell /bin/bash jovyan
"""
PYTEST_IMAGE = START.format(packages="python3-pytest") + "WORKDIR /srv/repo\nUSER jovyan\n"
BARE_IMAGE = START.format(packages="ca-certificates python3") + "WORKDIR /home/jovyan\nUSER jovyan\n"
"""Python without pip, venv and pytest, which starts in the home folder."""
BROKEN_PLUGIN = (
    'import os, sys; p = "/usr/lib/python3/dist-packages/broken-1.dist-info"; os.mkdir(p);'
    ' open(p + "/METADATA", "w").write("Metadata-Version: 2.1\\nName: broken\\nVersion: 1\\n");'
    ' open(p + "/entry_points.txt", "w").write("[pytest11]\\nbroken = broken_plugin\\n");'
    ' open("/usr/lib/python3/dist-packages/broken_plugin.py", "w").write("raise SystemError(\'a plugin breaks\')")'
)
PLUGIN_IMAGE = PYTEST_IMAGE.replace("USER", f"RUN python3 -c {json.dumps(BROKEN_PLUGIN)}\nUSER")
NOTEBOOK_IMAGE = (
    START.format(packages="ca-certificates python3-venv")
    + "RUN python3 -m venv /opt/jupyter && /opt/jupyter/bin/pip install --no-cache-dir --quiet nbclient ipykernel\n"
    + "ENV PATH=/opt/jupyter/bin:$PATH HOME=/home/jovyan\nWORKDIR /srv/repo\nUSER jovyan\n"
)
R_IMAGE = START.format(packages="python3 r-base-core r-cran-testthat") + "WORKDIR /srv/repo\nUSER jovyan\n"


class Images:
    """Images by their Dockerfiles, built when they are asked for and removed at the end."""

    def __init__(self, engine: RunningEngine, folder: Path) -> None:
        self._engine = engine
        self.folder = folder
        self._built: dict[str, str] = {}

    def build(self, dockerfile: str) -> str:
        if dockerfile not in self._built:
            tag = f"hub-image-action/tests-image-tests:{secrets.token_hex(6)}"
            (self.folder / "Dockerfile").write_text(dockerfile)
            process.run(["docker", "build", "--quiet", "--tag", tag, self.folder], env=self._engine.environment())
            self._built[dockerfile] = tag
        return self._built[dockerfile]

    def remove(self) -> None:
        for tag in self._built.values():
            process.run(["docker", "image", "rm", "--force", tag], env=self._engine.environment())


@pytest.fixture(scope="module")
def images(engine: RunningEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Images]:
    made = Images(engine, tmp_path_factory.mktemp("images"))
    yield made
    made.remove()


class Tested:
    """A folder with tests, and a way to run them in an image."""

    __test__ = False

    def __init__(self, folder: Path, engine: Engine, images: Images) -> None:
        self.folder = folder
        self.folder.mkdir()
        self.log: list[str] = []
        self.images = images
        self._engine = engine

    def add(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(exist_ok=True)
        (self.folder / name).write_text(text)

    def add_notebook(
        self, name: str, *cells: str, kernel: str = "python3", outputs: Mapping[int, str] | None = None
    ) -> None:
        stored = outputs or {}
        self.add(
            name,
            json.dumps(
                {
                    "cells": [
                        {"cell_type": "markdown", "id": "words", "metadata": {}, "source": ["# Words"]},
                        *(
                            {
                                "cell_type": "code",
                                "execution_count": None,
                                "id": f"cell-{number}",
                                "metadata": {},
                                "outputs": [{"output_type": "stream", "name": "stdout", "text": stored[number]}]
                                if number in stored
                                else [],
                                "source": source,
                            }
                            for number, source in enumerate(cells, 1)
                        ),
                    ],
                    "metadata": {"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}},
                    "nbformat": 4,
                    "nbformat_minor": 5,
                },
                indent=1,
            ),
        )

    def run(
        self,
        dockerfile: str = PYTEST_IMAGE,
        *,
        image: str = "",
        seconds: int = 60,
        home: str = "/home/jovyan",
        stored_outputs: bool = False,
    ) -> tuple[CaseResult, ...]:
        tests = ImageTests(self.folder, "image-tests", seconds, stored_outputs)
        place = Place(image or self.images.build(dockerfile), 1000, RUN, home)
        try:
            return run_image_tests(tests, place, engine=self._engine, on_line=self.log.append)
        except ImageTestsError:
            sys.stdout.write("\n".join(self.log))  # shown when it was not to fail
            raise

    def fail(
        self, dockerfile: str = PYTEST_IMAGE, *, seconds: int = 60, stored_outputs: bool = False
    ) -> ImageTestsError:
        with pytest.raises(ImageTestsError) as caught:
            self.run(dockerfile, seconds=seconds, stored_outputs=stored_outputs)
        return caught.value

    def fail_one(
        self, dockerfile: str = PYTEST_IMAGE, *, seconds: int = 60, stored_outputs: bool = False
    ) -> CaseResult:
        (case,) = failing(self.fail(dockerfile, seconds=seconds, stored_outputs=stored_outputs).cases)
        return case


@pytest.fixture
def tested(tmp_path: Path, engine_door: Engine, images: Images) -> Tested:
    return Tested(tmp_path / "image-tests", engine_door, images)


# --- pytest ---


def test_pytest__pass(tested: Tested, engine: RunningEngine) -> None:
    tested.add("test_one.py", "import time\n\n\ndef test_one():\n    time.sleep(0.2)\n")
    (case,) = tested.run()
    assert (case.name, case.outcome, case.file) == (
        "test_one.py::test_one",
        CaseOutcome.PASSED,
        "image-tests/test_one.py",
    )
    assert 0.2 <= case.seconds < 10
    assert containers_left(engine, RUN) == []


def test_pytest__fail(tested: Tested, engine: RunningEngine) -> None:
    """The line is the one that failed, in the tests: neither where the test begins nor inside of a library."""
    tested.add("helper.py", "import json\n\n\ndef load(text):\n    return json.loads(text)\n")
    tested.add(
        "test_one.py",
        "import pytest\nfrom helper import load\n\n\ndef test_one():\n    low = 'low'\n    assert 'tide' == low\n\n\n"
        "def test_two():\n    load('{')\n\n\ndef test_three():\n    pytest.skip('no sea')\n\n\n"
        "def test_four():\n    pass\n",
    )
    error = tested.fail()
    assert "failed (1 passed, 2 failed, 1 skipped), so the image is not pushed" in error.message
    first, second = failing(error.cases)
    assert (first.file, first.line) == ("image-tests/test_one.py", 7)
    assert "assert 'tide' == 'low'" in first.message
    assert (second.file, second.line) == ("image-tests/helper.py", 5)
    assert "JSONDecodeError" in second.message
    assert any("'tide' == 'low'" in line for line in tested.log)
    assert containers_left(engine, RUN) == []


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("import os\n\nimport a_package_that_is_not_there\n", 3, "ModuleNotFoundError: No module named 'a_package"),
        ("def test_one():\n    assert (\n", 2, "SyntaxError"),
        ("\n\nundefined\n", 3, "NameError"),
    ],
    ids=["import", "syntax", "name"],
)
def test_pytest__error_at_import(tested: Tested, text: str, line: int, message: str) -> None:
    tested.add("test_one.py", text)
    case = tested.fail_one()
    assert (case.file, case.line) == ("image-tests/test_one.py", line)
    assert message in case.message


def test_pytest__error_in_a_fixture(tested: Tested) -> None:
    tested.add("conftest.py", "import pytest\n\n\n@pytest.fixture\ndef tide():\n    raise OSError('ebb')\n")
    tested.add("test_one.py", "def test_one(tide):\n    pass\n")
    case = tested.fail_one()
    assert (case.name, case.file, case.line) == ("test_one.py::test_one", "image-tests/conftest.py", 6)


def test_pytest__test_that_hangs_is_ended_and_the_others_run(tested: Tested) -> None:
    tested.add("test_one.py", "import time\n\n\ndef test_one():\n    time.sleep(600)\n\n\ndef test_two():\n    pass\n")
    error = tested.fail(seconds=1)
    (case,) = failing(error.cases)
    assert (case.name, case.line) == ("test_one.py::test_one", 5)
    assert "It took longer than 1 seconds (input 'test-timeout')" in case.message
    assert count_cases(error.cases) == "1 passed, 1 failed"


def test_pytest__test_that_cannot_be_stopped_is_named(tested: Tested) -> None:
    """Twenty seconds of patience are the scripts' own."""
    tested.add("test_zero.py", "def test_zero():\n    pass\n")
    tested.add(
        "test_zone.py",
        "import signal, time\n\n\ndef test_one():\n    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])\n"
        "    time.sleep(600)\n",
    )
    error = tested.fail(seconds=1)
    (case,) = failing(error.cases)
    assert (case.name, case.file) == ("test_zone.py::test_one", "image-tests/test_zone.py")
    assert "could not be stopped" in case.message
    assert count_cases(error.cases) == "1 passed, 1 failed"
    assert any('test_zone.py", line 6 in test_one' in line for line in tested.log)


def test_all__are_bounded_together(tested: Tested, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubaction.verify.image_tests.MINIMUM_TOTAL_SECONDS", 0)
    monkeypatch.setattr("hubaction.verify.image_tests.TIMES_IN_TOTAL", 0.1)
    tested.add("test_one.py", "import time\n\n\ndef test_one():\n    time.sleep(600)\n")
    error = tested.fail(seconds=40)
    assert "took longer than 4.0 seconds and were ended. 'test_one.py::test_one' was running." in error.message


def test_pytest__none_collected(tested: Tested) -> None:
    tested.add("check_one.py", "def test_one():\n    pass\n")
    assert "No test was found" in tested.fail().message


def test_pytest__ended_early_as_if_it_had_passed(tested: Tested) -> None:
    tested.add("test_one.py", "def test_one():\n    pass\n")
    tested.add("test_two.py", "import pytest\n\n\ndef test_two():\n    pytest.exit('enough', returncode=0)\n")
    tested.add("test_worse.py", "def test_worse():\n    assert False\n")
    (case,) = failing(tested.fail().cases)
    assert (case.name, case.file) == ("test_two.py::test_two", "image-tests/test_two.py")
    assert "2 tests" in case.message


def test_pytest__settings_name_other_files(tested: Tested) -> None:
    tested.add("check_one.py", "def test_one():\n    pass\n")
    tested.add("pytest.ini", "[pytest]\npython_files = check_*.py\n")
    assert count_cases(tested.run()) == "1 passed"


# --- tests that would like to look better than they are ---

FORGED = (
    "import os\nopen('/tmp/hub-image-action/results/junit.xml', 'w').write("
    '\'<testsuite><testcase name="forged" time="0"/></testsuite>\')\n'
)


def test_forged__results_do_not_count_when_a_test_fails(tested: Tested) -> None:
    tested.add(
        "conftest.py",
        "import atexit\natexit.register(lambda: forge())\n\n\ndef forge():\n    " + FORGED.replace("\n", "\n    "),
    )
    tested.add("test_one.py", "def test_one():\n    assert False\n")
    error = tested.fail()
    assert [case.name for case in error.cases] == ["forged"]
    assert "failed (exit code 1, 1 passed)" in error.message


@pytest.mark.parametrize("when", ["", "def pytest_sessionfinish():\n    ", "def pytest_unconfigure():\n    "])
def test_forged__exit_code_alone_proves_nothing(tested: Tested, when: str) -> None:
    tested.add("conftest.py", f"import os\n{when}os._exit(0)\n")
    tested.add("test_one.py", "def test_one():\n    assert False\n")
    assert tested.fail().cases


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("unlink", "it is missing, or no file"),
        ("forge_link", "it is missing, or no file"),
        ("forge_text", "it is no XML"),
        ("forge_none", "the list is empty"),
        ("forge_huge", "it is missing, or no file"),
    ],
)
def test_forged__results_that_are_odd(tested: Tested, command: str, said: str) -> None:
    tested.add(
        "conftest.py",
        f"""
import os, signal, subprocess, sys
FILE = "/tmp/hub-image-action/results/junit.xml"
def unlink(): os.unlink(FILE)
def forge_link(): os.unlink(FILE); os.symlink("/etc/passwd", FILE)
def forge_text(): open(FILE, "w").write("passed")
def forge_none(): open(FILE, "w").write("<testsuite/>")
def forge_huge(): open(FILE, "w").truncate(10**9)
def pytest_unconfigure():
    open("/tmp/hub-image-action/results/running", "w").close()
    {command}()
    os._exit(0)
""",
    )
    tested.add("test_one.py", "def test_one():\n    assert False\n")
    error = tested.fail()
    assert "no result of any test is to be found" in error.message
    assert said in error.message
    assert error.cases == ()


def test_forged__names_of_files_are_not_believed(tested: Tested) -> None:
    cases = "".join(
        f'<testcase name="{number}" time="0" file="{file}" line="3"><failure message="x"/></testcase>'
        for number, file in enumerate(["../../etc/passwd", "/etc/passwd", "nothing.py", "x" * 1500, "test_one.py"])
    )
    tested.add(
        "conftest.py",
        "import os\n\n\ndef pytest_unconfigure():\n"
        "    open('/tmp/hub-image-action/results/running', 'w').close()\n"
        f"    open('/tmp/hub-image-action/results/junit.xml', 'w').write('<testsuite>{cases}</testsuite>')\n"
        "    os._exit(1)\n",
    )
    tested.add("test_one.py", "def test_one():\n    pass\n")
    found = tested.fail().cases
    assert [(case.file, case.line) for case in found] == [("", None)] * 4 + [("image-tests/test_one.py", 3)]


# --- surroundings ---


def test_surroundings__are_those_on_a_hub(tested: Tested) -> None:
    dockerfile = PYTEST_IMAGE.replace(
        "WORKDIR",
        "RUN touch /home/jovyan/hidden && mkdir -p /srv/repo && chown 1000 /srv/repo\nENV HOME=/home/jovyan\nWORKDIR",
    )
    tested.add(
        "test_one.py",
        """
import os, pathlib, re, urllib.request

def test_home():
    home = pathlib.Path.home()
    assert str(home) == "/home/jovyan"
    assert list(home.iterdir()) == []
    assert (home.stat().st_uid, home.stat().st_gid) == (1000, 1000)
    script = home / "script"
    script.write_text("#!/bin/sh\\nexit 7\\n")
    script.chmod(0o755)
    assert os.system(str(script)) >> 8 == 7

def test_user():
    assert (os.getuid(), os.getgid()) == (1000, 1000)
    assert os.getcwd() == "/srv/repo"

def test_network():
    assert [line for line in open("/proc/net/route")][1:], "there is no route"

def test_environment():
    known = {"PATH", "HOME", "HOSTNAME", "PWD", "SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "OLDPWD", "LC_CTYPE",
             "PYTHONDONTWRITEBYTECODE", "PYTEST_DISABLE_PLUGIN_AUTOLOAD", "PYTEST_CURRENT_TEST", "PYTEST_VERSION"}
    assert {name for name in os.environ if not name.startswith("HUB_IMAGE_TESTS_")} <= known
    assert not os.path.exists("/var/run/docker.sock")
""",
    )
    assert count_cases(tested.run(dockerfile)) == "4 passed"


def test_surroundings__home_with_the_repository_stays(tested: Tested) -> None:
    dockerfile = PYTEST_IMAGE.replace("WORKDIR /srv/repo", "RUN touch /home/jovyan/kept\nWORKDIR /home/jovyan")
    tested.add("test_one.py", "import os\n\n\ndef test_one():\n    assert 'kept' in os.listdir('.')\n")
    assert count_cases(tested.run(dockerfile, home="")) == "1 passed"
    assert tested.fail_one(dockerfile).line == 5


def test_surroundings__start_script_has_run(tested: Tested) -> None:
    dockerfile = PYTEST_IMAGE + (
        "USER root\nRUN printf '#!/bin/sh\\nexport STARTED=yes\\nexec \"$@\"\\n' > /start && chmod 755 /start\n"
        'USER jovyan\nENTRYPOINT ["/start"]\n'
    )
    tested.add("test_one.py", "import os\n\n\ndef test_one():\n    assert os.environ['STARTED'] == 'yes'\n")
    assert count_cases(tested.run(dockerfile)) == "1 passed"


def test_image__is_not_changed(
    tested: Tested, engine_door: Engine, engine: RunningEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even in the container: whatever is new there is the scripts' and the tests' own."""
    changes: list[str] = []
    wait = StoppedContainer.wait

    def wait_and_look(container: StoppedContainer) -> int:
        code = wait(container)
        (identity,) = [line.split()[0] for line in containers_left(engine, RUN)]
        changes.extend(process.run(["docker", "diff", identity], env=engine.environment()).splitlines())
        return code

    monkeypatch.setattr(StoppedContainer, "wait", wait_and_look)
    image = tested.images.build(BARE_IMAGE)
    before = engine_door.inspect(image)
    tested.add("test_one.py", "import tabulate\n\n\ndef test_one():\n    pass\n")
    tested.add("requirements.txt", "tabulate\n")
    tested.run(BARE_IMAGE)
    assert engine_door.inspect(image) == before
    assert any(line.startswith("A /tmp/hub-image-action/environment/lib") for line in changes)
    elsewhere = {line for line in changes if not re.match(r"[AC] /tmp(/|$)", line)}
    assert elsewhere <= {"C /home", "C /home/jovyan"}  # where the empty home was mounted


# --- what the image lacks ---


def test_requirements__into_an_image_without_pip(tested: Tested) -> None:
    """Current pytest, and what the tests ask for; programs that the tests start see the image alone."""
    tested.add(
        "test_one.py",
        "import os, subprocess, sys\nimport pytest, tabulate\n\n\ndef test_one():\n"
        "    assert int(pytest.__version__.split('.')[0]) >= 9\n    assert os.getcwd() == '/home/jovyan'\n"
        "    assert sys.prefix == '/usr'\n"
        "    assert subprocess.call([sys.executable, '-c', 'import tabulate']) == 1\n",
    )
    tested.add("requirements.txt", "tabulate\n")
    assert count_cases(tested.run(BARE_IMAGE)) == "1 passed"


def test_requirements__that_do_not_exist(tested: Tested) -> None:
    tested.add("test_one.py", "def test_one():\n    pass\n")
    tested.add("requirements.txt", "tabulate==999\n")
    assert "could not be installed" in tested.fail(BARE_IMAGE).message


def test_plugins__of_the_image_are_not_loaded(tested: Tested) -> None:
    tested.add("test_one.py", "def test_one():\n    pass\n")
    assert count_cases(tested.run(PLUGIN_IMAGE)) == "1 passed"


def test_plugins__that_the_requirements_name_are_loaded(tested: Tested) -> None:
    tested.add("test_one.py", "def test_one():\n    pass\n")
    tested.add("requirements.txt", "pytest-order==1.3.0\n")
    tested.add("test_zero.py", "import pytest\n\n\n@pytest.mark.order(1)\ndef test_zero():\n    pass\n")
    names = [case.name for case in tested.run(BARE_IMAGE)]
    assert names == ["test_zero.py::test_zero", "test_one.py::test_one"]


def test_plugins__several_processes(tested: Tested) -> None:
    tested.add("requirements.txt", "pytest-xdist\n")
    tested.add("pytest.ini", "[pytest]\naddopts = -n 2\n")
    tested.add("test_one.py", "def test_one():\n    assert False\n")
    tested.add("test_two.py", "import time\n\n\ndef test_two():\n    time.sleep(600)\n")
    first, second = sorted(failing(tested.fail(BARE_IMAGE, seconds=3).cases), key=lambda case: case.name)
    assert (first.name, first.file, first.line) == ("test_one.py::test_one", "image-tests/test_one.py", 2)
    assert (second.name, second.line) == ("test_two.py::test_two", 5)


OLD_PYTHONS = sorted(Path.home().glob(".pyenv/versions/3.[678].*"))


@pytest.mark.slow
@pytest.mark.skipif(not OLD_PYTHONS, reason="pyenv has no old Python here, and Debian none either")
@pytest.mark.parametrize("python", OLD_PYTHONS, ids=lambda path: path.name)
def test_image__with_an_old_python(tested: Tested, python: Path, tmp_path: Path) -> None:
    shutil.rmtree(tested.images.folder / "python", ignore_errors=True)
    shutil.copytree(
        python, tested.images.folder / "python", symlinks=True, ignore=shutil.ignore_patterns("test", "share")
    )
    dockerfile = (
        START.format(packages="ca-certificates libffi8 libssl3t64 libsqlite3-0 libreadline8t64 libbz2-1.0 liblzma5")
        + f"COPY python {python}\nRUN chmod -R a+rX /root\nENV PATH={python}/bin:$PATH\n"
        + "WORKDIR /srv/repo\nUSER jovyan\n"
    )
    tested.add("requirements.txt", "tabulate\npytest-timeout\n")
    tested.add("test_one.py", "import tabulate\n\n\ndef test_one():\n    assert False\n")
    tested.add("test_two.py", "import missing\n")
    tested.add("test_zone.py", "import time\n\n\ndef test_slow():\n    time.sleep(600)\n")
    tested.add("pytest.ini", "[pytest]\naddopts = --continue-on-collection-errors\n")
    tested.add_notebook("a.ipynb", "x = 1")
    cases = tested.fail(dockerfile, seconds=2).cases
    assert [(case.name, case.line) for case in cases] == [
        ("test_two.py", 1),
        ("test_one.py::test_one", 5),
        ("test_zone.py::test_slow", 5),
        ("a.ipynb", None),
    ]
    assert "It asks for the kernel 'python3', which the image does not have" in cases[-1].message


def test_image__without_python(tested: Tested) -> None:
    tested.add("test_one.py", "def test_one():\n    pass\n")
    with pytest.raises(ImageTestsError, match="The image has no python3"):
        tested.run(image="debian:trixie-slim")


def test_image__without_a_shell(tested: Tested, tiny_image: str) -> None:
    tested.add("test_one.py", "def test_one():\n    pass\n")
    with pytest.raises(ActionError, match="/bin/sh"):
        tested.run(image=tiny_image)


# --- notebooks ---


def test_notebook__runs_in_its_folder(tested: Tested) -> None:
    tested.add_notebook(
        "deep/a.ipynb",
        "import os\nassert os.path.exists('data.csv')",
        "assert os.listdir(os.path.expanduser('~')) is not None",
    )
    tested.add("deep/data.csv", "1\n")
    tested.add("deep/.ipynb_checkpoints/b.ipynb", "no notebook")
    tested.add("test_one.py", "def test_one():\n    pass\n")
    cases = tested.run(NOTEBOOK_IMAGE)
    assert [(case.name, case.outcome) for case in cases] == [
        ("test_one.py::test_one", CaseOutcome.PASSED),
        ("deep/a.ipynb", CaseOutcome.PASSED),
    ]


def test_notebook__fails_in_a_cell(tested: Tested) -> None:
    tested.add_notebook("a.ipynb", "x = 1", "y = 2\nassert x == y, 'no tide'", "z = 3")
    tested.add_notebook("b.ipynb", "x = 1")
    error = tested.fail(NOTEBOOK_IMAGE)
    (case,) = failing(error.cases)
    assert case.message == "Code cell 2, which begins with `y = 2`: AssertionError: no tide"
    assert case.file == "image-tests/a.ipynb"
    assert case.line
    assert '"id": "cell-2"' in (tested.folder / "a.ipynb").read_text().splitlines()[case.line - 1]
    assert count_cases(error.cases) == "1 passed, 1 failed"


def test_notebook__hangs(tested: Tested) -> None:
    tested.add_notebook("a.ipynb", "import time", "time.sleep(600)")
    case = tested.fail_one(NOTEBOOK_IMAGE, seconds=8)
    assert case.message.startswith(
        "Code cell 2, which begins with `time.sleep(600)`: The notebook took longer than 8 s"
    )
    assert case.seconds < 20


def test_notebook__kernel_dies(tested: Tested) -> None:
    tested.add_notebook("a.ipynb", "import os\nos._exit(1)")
    assert "Code cell 1, which begins with `import os`: DeadKernelError" in tested.fail_one(NOTEBOOK_IMAGE).message


def test_notebook__without_its_kernel(tested: Tested) -> None:
    tested.add_notebook("a.ipynb", "x = 1", kernel="julia-1.11")
    message = tested.fail_one(NOTEBOOK_IMAGE).message
    assert message == "It asks for the kernel 'julia-1.11', which the image does not have. It has: python3."


def test_notebook__that_is_none(tested: Tested) -> None:
    tested.add("a.ipynb", "{")
    case = tested.fail_one(NOTEBOOK_IMAGE)
    assert case.file == "image-tests/a.ipynb"
    assert "NotJSONError" in case.message


def test_notebook__in_an_image_without_jupyter(tested: Tested) -> None:
    """nbclient is brought along, a kernel is not: users would have none either."""
    tested.add_notebook("a.ipynb", "x = 1")
    message = tested.fail_one(BARE_IMAGE).message
    assert message == "It asks for the kernel 'python3', which the image does not have. It has: none."


@pytest.mark.parametrize(("compare", "counts"), [(True, "1 passed, 1 failed"), (False, "2 passed")])
def test_notebook__stored_outputs(tested: Tested, compare: bool, counts: str) -> None:
    tested.add_notebook("a.ipynb", "print(1 + 1)", "import os\nprint(os.getpid())", "object()", outputs={1: "2\n"})
    tested.add_notebook("b.ipynb", "x = 1", "print(1 + 1)", outputs={2: "3\n"})
    if not compare:
        assert count_cases(tested.run(NOTEBOOK_IMAGE)) == counts
        return
    error = tested.fail(NOTEBOOK_IMAGE, stored_outputs=True)
    (case,) = failing(error.cases)
    assert count_cases(error.cases) == counts
    assert case.message == (
        "Code cell 2, which begins with `print(1 + 1)`: DifferentOutputError: stored is '3', and now it says '2'"
    )


# --- R ---


def test_r__in_an_image_without_it(tested: Tested) -> None:
    tested.add("test-tides.R", "test_that('x', expect_true(TRUE))\n")
    case = tested.fail_one()
    assert (case.file, case.message) == (
        "image-tests/test-tides.R",
        "This is a test for R, and the image has no Rscript on its PATH.",
    )


@pytest.mark.slow
def test_r__with_testthat(tested: Tested) -> None:
    tested.add(
        "test-tides.R",
        "test_that('tides\\tare high', {\n  expect_equal(1 + 1, 2)\n})\n\ntest_that('tides are low', {\n"
        "  x <- 1\n  expect_equal(x, 2)\n})\n\ntest_that('later', {\n  skip('no sea')\n})\n",
    )
    tested.add("test_stop.R", "stop('ashore')\n")
    tested.add("test-slow.R", "test_that('slow', {\n  Sys.sleep(600)\n})\n")
    cases = {case.name: case for case in tested.fail(R_IMAGE, seconds=8).cases}
    assert cases["test-tides.R: tides are high"].outcome is CaseOutcome.PASSED
    assert cases["test-tides.R: later"].outcome is CaseOutcome.SKIPPED
    low = cases["test-tides.R: tides are low"]
    assert (low.outcome, low.file, low.line) == (CaseOutcome.FAILED, "image-tests/test-tides.R", 7)
    (stopped,) = [case for name, case in cases.items() if name.startswith("test_stop.R")]
    assert stopped.outcome is CaseOutcome.FAILED
    assert "ashore" in stopped.message
    assert "could not be stopped" in cases["test-slow.R"].message


# --- as a step of the whole program ---


def test_program__warns_of_tests_that_were_all_skipped(tmp_path: Path, engine: RunningEngine) -> None:
    program = Program(tmp_path, engine)
    (program.workspace / "Dockerfile").write_text(PYTEST_IMAGE)
    (program.workspace / "image-tests").mkdir()
    (program.workspace / "image-tests/test_one.py").write_text(
        "import pytest\n\n\ndef test_one():\n    pytest.importorskip('no_such_module')\n"
    )
    ended = program.run()
    assert ended.returncode == 0, ended.log
    (warning,) = [command for command in read_commands(ended.log) if command.name == "warning"]
    assert warning.data.startswith("All image tests were skipped, so they prove nothing")
    assert warning.properties["file"] == "image-tests"


def test_program__tests_that_are_all_of_the_checkout_see_no_login(tmp_path: Path, engine: RunningEngine) -> None:
    """A pull request may make their folder a link to it."""
    program = Program(tmp_path, engine)
    (program.workspace / "Dockerfile").write_text(PYTEST_IMAGE)
    (program.workspace / "image-tests").symlink_to(".")
    (program.workspace / ".git").mkdir()
    (program.workspace / ".git/config").write_text("[http]\n\textraheader = AUTHORIZATION: basic abc\n")
    (program.workspace / "test_one.py").write_text(
        "import os\n\n\ndef test_one():\n"
        "    here = os.path.dirname(os.path.abspath(__file__))\n"
        "    assert '.git' not in os.listdir(here)\n"
    )
    ended = program.run()
    assert ended.returncode == 0, ended.log
    assert "test_one.py ." in ended.log
