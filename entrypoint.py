"""Starts the action. The only place that touches the process's environment and ends the process."""

import os
import sys
from pathlib import Path

# With `python -I`, which keeps a repository's files out of our imports, our own folder is not searched either.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from hubaction.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], dict(os.environ), sys.stdout, sys.stderr))
