"""The command line of `python -m hubaction`."""

import argparse
import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from hubaction.errors import ActionError
from hubaction.migrate.migrate import NEW_ACTION, Migration, migrate_workflow


def main(arguments: Sequence[str], stdout: TextIO, stderr: TextIO) -> int:
    """Run a command; return the exit code."""
    options = _make_parser().parse_args(arguments)
    results = [_migrate_file(file, options, stdout, stderr) for file in options.workflow]
    return max(results)


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hubaction")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    migrate = commands.add_parser(
        "migrate",
        help="rewrite workflows of jupyterhub/repo2docker-action",
        description="Rewrite workflows from jupyterhub/repo2docker-action to this action, in place, and say what"
        " behaves differently.",
    )
    migrate.add_argument("workflow", nargs="+", type=Path, metavar="WORKFLOW", help="e.g. .github/workflows/*.yaml")
    migrate.add_argument(
        "--check", action="store_true", help="write nothing; print a diff, and exit with 1 if there is one"
    )
    migrate.add_argument("--uses", default=NEW_ACTION, metavar="ACTION", help="what the steps use (%(default)s)")
    return parser


def _migrate_file(file: Path, options: argparse.Namespace, stdout: TextIO, stderr: TextIO) -> int:
    try:
        # As bytes, for the ends of lines are kept.
        text = file.read_bytes().decode("utf-8")
        migration = migrate_workflow(text, str(file), action=options.uses)
        if not options.check and migration.text != text:
            file.write_bytes(migration.text.encode("utf-8"))
    except ActionError as error:
        stderr.write(f"{error.message}\n")
        return 1
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        stderr.write(f"{file}: cannot be migrated: {why}\n")
        return 1
    if options.check:
        stdout.writelines(_make_diff(file, text, migration.text))
    _tell(file, migration, stdout)
    return int(options.check and migration.text != text)


def _make_diff(file: Path, old: str, new: str) -> list[str]:
    lines = difflib.unified_diff(_lines(old), _lines(new), f"{file} (old)", f"{file} (new)")
    return [line if line.endswith("\n") else f"{line}\n" for line in lines]


def _lines(text: str) -> list[str]:
    return [line.removesuffix("\r\n").removesuffix("\n") + "\n" for line in text.splitlines(keepends=True)]


def _tell(file: Path, migration: Migration, stdout: TextIO) -> None:
    if not migration.steps:
        stdout.write(f"{file}: nothing to migrate\n")
        return
    steps = "1 step" if migration.steps == 1 else f"{migration.steps} steps"
    stdout.write(f"{file}: {steps} of repo2docker-action{', and what changes:' if migration.changes else ''}\n")
    for change in migration.changes:
        stdout.write(f"{file}:{change.line}: {change.message}\n")
