"""Starts the action. The only place that touches the process's environment and ends the process."""

import os
import sys
from pathlib import Path

# `python -I` keeps a repository's files out of our imports, and with them our own folder.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from hubaction.runner.cancel import Cancelled, cancel_on_signals


def start() -> int:
    try:
        # First of all: the first process of a container ignores signals that it has no handler for.
        with cancel_on_signals():
            from hubaction.main import main

            return main(sys.argv[1:], dict(os.environ), sys.stdout, sys.stderr)
    except Cancelled as cancelled:
        return cancelled.exit_code


if __name__ == "__main__":
    sys.exit(start())
