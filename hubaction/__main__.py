"""`python -m hubaction`: commands to run by hand; the action itself starts in entrypoint.py."""

import sys

from hubaction.migrate.cli import main

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:], sys.stdout, sys.stderr))
