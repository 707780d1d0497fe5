"""Changes the image in the text of a hub's configuration: only the characters of its tag.

A round trip through ruamel.yaml would keep comments and anchors, but rewrap long lines and change whitespace and
indentation, so that the diff has pages. Therefore the characters are replaced in the text, and the result is parsed
again: only the chosen values may differ.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ruamel.yaml.nodes import Node, ScalarNode

from hubaction.image import ImageName, name_in_reference, split_reference
from hubaction.inputs.rollout_paths import ValuePath
from hubaction.results import Change
from hubaction.rollout.hub.document import Document, FileError, is_text
from hubaction.rollout.hub.image_places import Pair, find_pair, read_pair, whole_reference
from hubaction.rollout.hub.select import Miss, Place, Selection
from hubaction.rollout.hub.spelling import quote_if_needed, respell
from hubaction.rollout.hub.splices import Splice, apply_splices


@dataclass(frozen=True)
class NewImage:
    """The image that hubs should start."""

    tag: str
    digests: Mapping[ImageName, str]
    """By name; a hub's configuration has one of them."""


def read_images(images: Sequence[str]) -> NewImage:
    """Read `name:tag@digest` for each name of an image; raises ValueError for anything else."""
    digests: dict[ImageName, str] = {}
    tag = ""
    for image in images:
        parts = split_reference(image)
        name = name_in_reference(parts[0]) if parts else None
        if parts is None or name is None or not parts[1]:
            raise ValueError(image)
        tag = parts[1]
        digests[name] = parts[2]
    return NewImage(tag, digests)


@dataclass(frozen=True)
class EditedFile:
    """A file after the change."""

    text: str
    changes: tuple[Change, ...] = ()
    current: int = 0
    """How many places name the new image already."""
    notes: tuple[str, ...] = ()
    """About places that were left alone, and about those that change because of an anchor."""
    misses: Mapping[str, Miss] = field(default_factory=dict)
    """Paths that select nothing in this file."""


def edit_file(name: str, text: str, paths: Sequence[ValuePath], image: NewImage) -> EditedFile:
    """Point every chosen place that names the image to its new tag, and its new digest where it has one.

    Raises FileError for files that cannot be changed safely, and for places that are no image.
    """
    document = Document(name, text)
    editor = _Editor(document, image)
    misses: dict[str, Miss] = {}
    for path in paths:
        selection = Selection()
        places = [place for root in document.roots for place in selection.select(path.tree, Place(root))]
        if not places:
            misses[path.text] = max(selection.misses, key=lambda miss: miss.depth, default=Miss(0, path.text))
        for place in places:
            editor.change(place, path.text)
    return EditedFile(editor.write(), tuple(editor.changes), editor.current, tuple(editor.notes), misses)


class _Editor:
    def __init__(self, document: Document, image: NewImage) -> None:
        self._document = document
        self._image = image
        self._splices: dict[int, Splice] = {}
        self.changes: list[Change] = []
        self.notes: list[str] = []
        self.current = 0

    def change(self, place: Place, path: str) -> None:
        pair = find_pair(place)
        if pair and pair.tag is None and (node := whole_reference(pair.name.node)):
            self._change_reference(pair.name, node, path)
        elif pair:
            self._change_pair(pair, path)
        elif isinstance(place.node, ScalarNode):
            self._change_reference(place, place.node, path)
        elif self._is_template(place.node):
            raise self._fail(place.node, f"'{path}' is a template: name the file that its value comes from.")
        else:
            raise self._fail(place.node, f"'{path}' is no image: neither a reference nor a mapping with name and tag.")

    def write(self) -> str:
        """The new text; raises FileError if more than the chosen values would differ."""
        self._check_other_users()
        return apply_splices(self._document, self._splices.values())

    # --- the two ways to name an image ---

    def _change_reference(self, place: Place, node: ScalarNode, path: str) -> None:
        old = self._text_of(node, path)
        if place.key and place.key.value == "tag":
            raise self._fail(node, f"'{path}' has no name beside it, so nobody knows whose tag it is: add the name.")
        parts = split_reference(old)
        if parts is None:
            raise self._fail(node, f"'{path}' is no image's reference.")
        written, tag, digest = parts
        found = self._digest_of(written)
        if found is None:
            self._leave(node, old)
            return
        new = written + (f":{self._image.tag}" if tag or not digest else "") + (f"@{found}" if digest else "")
        self._replace(node, new, Change(0, path, old, new))

    def _change_pair(self, pair: Pair, path: str) -> None:
        name = self._text_of(pair.name.node, path)
        found = self._digest_of(name)
        if found is None:
            self._leave(pair.name.node, name)
            return
        if pair.tag is None:
            self._add_tag(pair, path, name)
            return
        node = pair.tag.node
        old = self._text_of(node, path)
        if old and split_reference(f"{name}:{old}") is None:
            raise self._fail(node, f"'{path}' has a tag that no image can have: write out one that it has.")
        new = f"{self._image.tag}@{found}" if "@" in old else self._image.tag
        change = Change(0, path, f"{name}:{old}" if old else name, f"{name}:{new}")
        if isinstance(node, ScalarNode):
            self._replace(node, new, change)

    def _digest_of(self, written: str) -> str | None:
        name = name_in_reference(written)
        return self._image.digests.get(name) if name else None

    def _leave(self, node: Node, old: str) -> None:
        note = f"{self._document.name}:{self._document.line_of(node)}: left alone, for it names another image: {old}"
        if note not in self.notes:
            self.notes.append(note)

    def _text_of(self, node: Node, path: str) -> str:
        if not isinstance(node, ScalarNode):
            what = "a template" if self._is_template(node) else "no text"
            raise self._fail(node, f"'{path}' is {what}, where an image's name and tag should be.")
        if not is_text(node):
            raise self._fail(node, f"'{path}' has the tag {node.tag}, whose meaning is not known here.")
        text = str(node.value).strip()
        if "{{" in text:
            raise self._fail(node, f"'{path}' is a template: name the file that its value comes from.")
        # `~` and `null` are empty, too.
        return "" if str(node.tag).endswith(":null") else text

    def _is_template(self, node: Node) -> bool:
        """Without quotes, YAML reads `{{ x }}` as a mapping whose key is a mapping."""
        return self._document.text.startswith("{{", node.start_mark.index)

    # --- characters ---

    def _replace(self, node: ScalarNode, new: str, change: Change) -> None:
        if id(node) in self._splices:
            return
        if change.old == change.new:
            self.current += 1
            return
        start, end = self._document.span(node)
        text = respell(node, self._document.text[start:end], new)
        if text is None:
            raise self._fail(node, "the image is not written out here: write it on one line, without escapes.")
        self._splices[id(node)] = Splice(start, end, text, node, new)
        # A folded text starts on the line before its first word.
        at = start + max(self._document.text[start:end].find(str(node.value).strip()), 0)
        change = replace(change, line=self._document.text.count("\n", 0, at) + 1)
        self.changes.append(change)
        if id(node) in self._document.shared:
            self.notes.append(
                f"{self._document.name}:{change.line}: stands at an anchor, so what refers to that changes along."
            )

    def _add_tag(self, pair: Pair, path: str, name: str) -> None:
        """Add the key `tag` below the name, or beside it in flow style."""
        key, node, owner = pair.name.key, pair.name.node, pair.owner
        inside = key is not None and owner.start_mark.index <= key.start_mark.index < owner.end_mark.index
        beside = isinstance(node, ScalarNode) and node.style not in {"|", ">"} and inside
        if not isinstance(node, ScalarNode) or not beside or key is None or node.start_mark.index < key.end_mark.index:
            raise self._fail(owner, f"'{path}' has no tag that could be changed: give it one of its own.")
        if id(node) in self._splices:
            return
        new, text = self._image.tag, self._document.text
        start, end = self._document.span(key)
        spelled = text[start:end].replace("name", "tag")
        at = self._document.span(node)[1]
        value = f'"{new}"' if spelled[0] in "\"'" else quote_if_needed(new)
        if owner.flow_style:
            insertion = f", {spelled}: {value}"
        else:
            rest = re.compile(r"[^\r\n]*").match(text, at)
            at = rest.end() if rest else at
            line_end = "\r\n" if "\r\n" in text else "\n"
            insertion = f"{line_end}{' ' * key.start_mark.column}{spelled}: {value}"
        self._splices[id(node)] = Splice(at, at, insertion, node, new, adds=True)
        self.changes.append(Change(self._document.line_of(node), path, name, f"{name}:{new}"))

    # --- who else uses it ---

    def _check_other_users(self) -> None:
        """Refuse to change a tag that another image shares by an alias."""
        changed = {id(splice.node) for splice in self._splices.values() if not splice.adds}
        if not self._document.shared:
            return
        for node in self._document.nodes():
            pair = read_pair(Place(node))
            if not pair or not pair.tag or id(pair.tag.node) not in changed:
                continue
            if not isinstance(pair.name.node, ScalarNode) or self._digest_of(str(pair.name.node.value).strip()) is None:
                line = self._document.line_of(node)
                raise self._fail(
                    pair.tag.node, f"is the tag of another image, too (line {line}): give each a tag of its own."
                )

    def _fail(self, node: Node, reason: str) -> FileError:
        return self._document.fail_at(node, reason)
