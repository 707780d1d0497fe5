"""What each run of the program shows besides: that it would be told when a worker thread imports something."""

import subprocess
import sys
from pathlib import Path

from devtools import places
from tests.support.thread_imports import MARK, tell_imports

IMPORTS = """
import sys
from concurrent.futures import ThreadPoolExecutor

import decimal

def look():
    import colorsys, decimal, no_such_module

with ThreadPoolExecutor(1) as pool:
    failure = pool.submit(look).exception()
import wave
sys.exit(f"{type(failure).__name__}")
"""


def test_tell_imports__of_threads_alone_and_not_what_is_loaded(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(IMPORTS)
    done = subprocess.run(
        [sys.executable, "-I", places.PROJECT / "tests/support/thread_imports.py", script],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.strip()) == (1, "ModuleNotFoundError")
    assert tell_imports(done.stdout) == [f"{MARK}colorsys", f"{MARK}no_such_module"]
