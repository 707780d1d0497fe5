"""Prints whatever might make the runner obey it; each forged command has the word `forged` in it."""

import itertools
import sys

COMMANDS = [
    "add-mask",
    "add-matcher",
    "add-path",
    "debug",
    "echo",
    "endgroup",
    "error",
    "group",
    "internal-set-repo-path",
    "notice",
    "remove-matcher",
    "save-state",
    "set-env",
    "set-output",
    "warning",
    "stop-commands",
]
LINE_ENDS = ["\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\0", "\b", "\x1b[2K"]
TOKENS = ["", "0" * 40, "pause-logging", "resume", "endgroup", "stop-commands", "forged"]


def main() -> None:
    # Both streams take part: one must not overtake the other.
    streams = itertools.cycle([sys.stdout, sys.stderr])
    for text in (*short_lines(), *long_lines()):
        stream = next(streams)
        stream.buffer.write(text.encode())
        stream.flush()


def short_lines() -> list[str]:
    """Few enough for the builder, which shows only so much of a step's output."""
    texts = []
    for name in COMMANDS:
        for case, end in itertools.product((name, name.upper()), LINE_ENDS):
            current = f"::{case} name=forged,file=forged::forged"
            legacy = f"##[{case} name=forged;file=forged]forged"
            texts.append(f"a step{end}{current}{end}  \t{current}{end}#9 0.123 {legacy}{end}")
        texts.append(f"####[{name}]forged\n#{legacy}\n## [{name}]forged\n##[x]##[{name}]forged\n")
    texts += [f"::{token}::\n##[{token}]\n::stop-commands::{token}\n::{token}::\n::error::forged\n" for token in TOKENS]
    return texts


def long_lines() -> list[str]:
    """Lines beyond any buffer, with a command where a first piece of them may end."""
    commands = ["::set-output name=forged::forged", "##[set-output name=forged]forged"]
    lengths = [65534, 65535, 65536, 65537]
    return ["x" * length + command + "\n" for command, length in itertools.product(commands, lengths)]


main()
