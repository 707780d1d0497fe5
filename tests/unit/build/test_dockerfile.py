"""Directives and instructions of a Dockerfile; what is in doubt is shown in test_base_images.py."""

import pytest

from hubaction.build.dockerfile import DoubtError, Instruction, read_dockerfile, split_flags


def test_read_dockerfile__directives() -> None:
    dockerfile = read_dockerfile("# syntax = docker/dockerfile:1\n# escape=`\n# other=1\nFROM a\n")
    assert dockerfile.directives == {"syntax": "docker/dockerfile:1", "escape": "`"}
    assert dockerfile.escape == "`"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("from a\n# comment\n\nrun b\n", ["FROM", "RUN"]),
        ("FROM a\nRUN b \\\n# comment\n  c\nUSER d\n", ["FROM", "RUN", "USER"]),
        ("FROM a\nCOPY <<ONE <<-TWO /\nFROM b\nONE\nFROM c\n\tTWO\nUSER d\n", ["FROM", "COPY", "USER"]),
    ],
    ids=["comments", "continued", "here-documents"],
)
def test_read_dockerfile__instructions(text: str, names: list[str]) -> None:
    assert [instruction.name for instruction in read_dockerfile(text).instructions] == names


def test_read_dockerfile__continued_lines_are_one() -> None:
    (instruction,) = read_dockerfile("RUN a \\\n\n# comment\n  b\n").instructions
    assert instruction == Instruction("RUN", "a   b")


def test_split_flags() -> None:
    flags, rest = split_flags(Instruction("COPY", "--from=a --link b c"), "\\")
    assert (flags, rest) == ([("from", "a"), ("link", "")], "b c")


@pytest.mark.parametrize("rest", ["--form=a b c", "--from b c", "--from='a' b c"])
def test_split_flags__doubt(rest: str) -> None:
    with pytest.raises(DoubtError):
        split_flags(Instruction("COPY", rest), "\\")
