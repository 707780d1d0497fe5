"""How an input is declared: on the field that it is read into, with its name, its default and its parser."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

T = TypeVar("T")
FindSecrets = Callable[[str], tuple[str, ...]]


def whole(text: str) -> tuple[str, ...]:
    return (text,)


def whole_and_lines(text: str) -> tuple[str, ...]:
    """For a token, in whose place an App's private key may be pasted."""
    return (text, *text.splitlines())


@dataclass(frozen=True)
class Input:
    """An input of action.yml."""

    name: str
    parse: Callable[[str], object] = str
    """Raises ValueError, or a group of them, with the value and what is allowed."""
    default: str = ""
    """As in action.yml, where the token's is an expression."""
    blank_means_off: bool = False
    """Whether an empty text is a value of its own, and not the default."""
    find_secrets: FindSecrets | None = None
    """Returns what of the text must be masked; None for an input that is not secret."""


def setting(
    name: str,
    parse: Callable[[str], T],
    *,
    default: str = "",
    blank_means_off: bool = False,
    find_secrets: FindSecrets | None = None,
) -> T:
    """Declare a field that is read from the text of one input."""
    declared = Input(name, parse, default, blank_means_off, find_secrets)
    made: T = field(repr=find_secrets is None, metadata={"inputs": (declared,)})
    return made


def read_together(*inputs: Input) -> Any:
    """Declare a field that takes the texts of several inputs, or more than a text: it has a reader of its own."""
    return field(metadata={"inputs": inputs})


def group(kind: type[T]) -> T:
    """Declare a field that holds more settings."""
    made: T = field(metadata={"group": kind})
    return made


def find_inputs(kind: Any) -> Iterator[Input]:
    """Yield the inputs that a settings dataclass and its groups declare, in their order."""
    for each in fields(kind):
        yield from each.metadata.get("inputs", ())
        if "group" in each.metadata:
            yield from find_inputs(each.metadata["group"])
