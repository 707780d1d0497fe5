#!/opt/hub-image-action/venv/bin/python -I
"""Cleans up after the job. The runner can pass it no arguments of its own.

No shell script could stand here: shells drop variables such as INPUT_IMAGE-NAME, whose names they cannot read.
"""

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.argv.append("--post")
    runpy.run_path(str(Path(__file__).resolve().with_name("entrypoint.py")), run_name="__main__")
