#!/opt/hub-image-action/venv/bin/python -I
"""Cleans up after the job. The runner passes no arguments to a post step.

A shell script would not do: shells drop variables such as INPUT_IMAGE-NAME, whose names are not valid in a shell.
"""

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.argv.append("--post")
    runpy.run_path(str(Path(__file__).resolve().with_name("entrypoint.py")), run_name="__main__")
