"""`python -m hubaction`: what people run by hand, apart from the action itself."""

import sys

from hubaction.migrate.cli import main

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:], sys.stdout, sys.stderr))
