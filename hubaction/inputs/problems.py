"""Collects what is wrong with the inputs, so that one run reports all of it."""

from collections.abc import Callable
from typing import TypeVar

from hubaction.errors import InputProblem

T = TypeVar("T")
F = TypeVar("F")


class Problems:
    """What is wrong with the inputs, in the order in which it was found."""

    def __init__(self) -> None:
        self.found: list[InputProblem] = []

    def add(self, input_name: str, message: str) -> None:
        self.found.append(InputProblem(input_name, message))

    def concern(self, input_name: str) -> bool:
        return any(problem.input_name == input_name for problem in self.found)

    def check(self, input_name: str, parse: Callable[[str], T], text: str, fallback: F) -> T | F:
        """Return what `parse` makes of the text, or the fallback after noting each ValueError."""
        try:
            return parse(text)
        except* ValueError as errors:
            for error in errors.exceptions:
                self.add(input_name, str(error))
        return fallback
