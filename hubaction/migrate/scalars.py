"""How a value is written in a workflow."""

from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import ScalarNode

from hubaction.inputs.yaml_nodes import entries_of, make_reader


def render_scalar(value: str, *, style: str | None, flow: bool, indent: str, newline: str, block: bool) -> str:
    """Write a value in the given quotes if possible, else as short as YAML allows."""
    if "\n" in value and block and not flow:
        return "|" + "".join(f"{newline}{indent}{line}" for line in value.splitlines())
    quoted = {"'": "'" + value.replace("'", "''") + "'", '"': _double_quoted(value)}
    candidates = [quoted[style], quoted['"']] if style in quoted else [value, quoted['"']]
    return next(text for text in candidates if _reads_as(text, value, flow=flow))


def _double_quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def _reads_as(text: str, value: str, *, flow: bool) -> bool:
    if text == value and (text != text.strip() or "\n" in text):
        return False
    try:
        root = make_reader().compose(f"{{k: {text}}}" if flow else f"k: {text}")
    except YAMLError:
        return False
    entries = entries_of(root)
    return len(entries) == 1 and isinstance(entries[0].value, ScalarNode) and entries[0].text == value
