"""Deletes the previews of a pull request, and nothing else in the registry.

Registries delete manifests by digest, together with all tags that point to them. A manifest is deleted only when its
labels name the pull request and its repository, and when all tags that lead to it are previews of the pull request.

There is a race condition that no registry can exclude: a tag that is given to a preview by hand in the moment between
the last check and the deletion is lost.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubaction.clients.registry.errors import DeniedError, RegistryError, UnreachableError, UntrustedError
from hubaction.clients.registry.manifest import INDEX_TYPES, MANIFEST_TYPES, Manifest, Pointer, is_digest, read_object
from hubaction.clients.registry.remote_image import RemoteImage, find_remote_image
from hubaction.decide.labels import PULL_REQUEST_LABEL, SOURCE_LABEL
from hubaction.decide.tags import is_preview_tag
from hubaction.errors import ActionError
from hubaction.image import DOCKER_HUB, ImageName, Reference, display_registry
from hubaction.results import Cleaned, CleanedTag

if TYPE_CHECKING:
    from hubaction.clients.registry.registry import Registry

LOOKS_AT_ONCE = 8
_REFUSED = "the registry does not delete it"


class CleanupError(ActionError):
    """The registry refuses the login, or does not answer."""


def check_login(registry: "Registry", host: str) -> None:
    """Raise CleanupError when the registry refuses the password, or does not answer.

    Do not use this registry for anything else: it keeps a login that is valid for no repository.
    """
    if registry.uses_identity_token:
        return
    try:
        registry.check_login()
    except DeniedError as error:
        raise CleanupError(
            f"{display_registry(host)} refused the login of '{registry.auth.get('username', '')}', so no preview could"
            f" be deleted there. Check the inputs 'username' and 'password'. ({error.detail})",
            title="Login refused",
        ) from error
    except RegistryError as error:
        raise _away(error) from error


def delete_previews(
    name: ImageName,
    number: int,
    registry: "Registry",
    *,
    say: Callable[[str], None],
    source: str,
    kept: Collection[str] = (),
    before_each: Callable[[], None] = lambda: None,
) -> Cleaned:
    """Delete a pull request's previews in one repository, but for the images that the tags `kept` point to.

    `source` is the source label of the pull request's repository: other repositories may push to the same name.
    `say` takes one line per preview. `before_each` is called before each deletion, and may raise. A refusal of the
    registry is part of the result. Raises CleanupError when the registry does not answer.
    """
    if registry.uses_identity_token:
        return Cleaned(name, obstacle=f"No preview was looked for in {name}: only the engine can log in there.")
    try:
        return _Cleanup(name, number, source, registry, frozenset(kept), say, before_each).delete_all()
    except (UnreachableError, UntrustedError) as error:
        raise _away(error) from error
    except RegistryError as error:
        # Some registries refuse to show what does not exist, so a repository without images looks the same.
        return Cleaned(name, obstacle=f"No preview was looked for. {error.message}")


def _away(error: RegistryError) -> CleanupError:
    return CleanupError(f"Not all previews could be deleted. {error.message}", title="Registry away")


@dataclass(frozen=True)
class _Cleanup:
    name: ImageName
    number: int
    source: str
    registry: "Registry"
    kept: frozenset[str]
    say: Callable[[str], None]
    before_each: Callable[[], None]

    def delete_all(self) -> Cleaned:
        tags = [tag for tag in self.registry.list_tags(self.name) if is_preview_tag(tag, self.number)]
        images = {tag: find_remote_image(self.registry, Reference(self.name, tag)) for tag in sorted(tags)}
        kept = {image.manifest.digest for tag, image in images.items() if image and tag in self.kept}
        cleaned: list[CleanedTag] = []
        by_digest: dict[str, list[str]] = {}
        for tag, image in images.items():
            if why := self._reason_to_keep(image, kept):
                cleaned += self._tell([tag], why)
            elif image:
                by_digest.setdefault(image.manifest.digest, []).append(tag)
        obstacle = ""
        for digest, own in by_digest.items():
            why, obstacle = (_REFUSED, obstacle) if obstacle else self._delete(digest)
            cleaned += self._tell(own, why)
        return Cleaned(self.name, tuple(sorted(cleaned, key=lambda item: item.reference)), obstacle)

    def _tell(self, tags: Iterable[str], why: str) -> list[CleanedTag]:
        told = [CleanedTag(Reference(self.name, tag), why) for tag in tags]
        for item in told:
            self.say(f"{item.reference} was deleted" if item.deleted else f"{item.reference} stays: {why}")
        return told

    def _reason_to_keep(self, image: RemoteImage | None, kept: Collection[str]) -> str:
        if image is None:
            return "it is not a single image that could be read"
        if image.labels.get(PULL_REQUEST_LABEL) != str(self.number):
            return "its label does not name this pull request"
        if image.labels.get(SOURCE_LABEL, "") != self.source:
            return "it is made from another repository"
        if image.manifest.digest in kept:
            return "the run on the merge uses it, and deletes it then"
        return ""

    def _delete(self, digest: str) -> tuple[str, str]:
        """Return why the image stays, and what prevents any deletion in this repository; empty if nothing does."""
        self.before_each()
        try:
            others = sorted(tag for tag in self._lead_to(digest) if not is_preview_tag(tag, self.number))
            if others:
                return f"the same image is {', '.join(others[:3])}{' and others' if others[3:] else ''}", ""
            self.registry.delete_manifest(self.name, digest)
        except (UnreachableError, UntrustedError):
            raise
        except RegistryError as error:
            return _REFUSED, f"{error.message} {advise(self.name)}"
        return "", ""

    def _lead_to(self, digest: str) -> Iterator[str]:
        """The tags that would be lost with a manifest at this moment."""
        tags = self.registry.list_tags(self.name)
        with ThreadPoolExecutor(LOOKS_AT_ONCE) as pool:
            pointers = pool.map(lambda tag: self.registry.fetch_pointer(self.name, tag), tags)
            for tag, pointer in zip(tags, pointers, strict=True):
                if pointer and (pointer.digest == digest or self._has(pointer, digest)):
                    yield tag

    def _has(self, pointer: Pointer, digest: str) -> bool:
        """Whether an index, or an index in it, names the manifest."""
        left, seen = [] if pointer.is_single else [pointer.digest], {pointer.digest}
        while left:
            index = self.registry.fetch_manifest(self.name, left.pop())
            if index is None or index.media_type in MANIFEST_TYPES:
                continue
            if digest.encode() in index.body:
                return True
            inner = set(_digests_of_indexes(index)) - seen
            seen |= inner
            left += inner
        return False


def _digests_of_indexes(index: Manifest) -> Iterator[str]:
    listed = read_object(index.body).get("manifests")
    for each in listed if isinstance(listed, list) else []:
        if isinstance(each, dict) and each.get("mediaType") in INDEX_TYPES and is_digest(str(each.get("digest"))):
            yield str(each["digest"])


def advise(name: ImageName) -> str:
    """How to delete by hand what a registry does not delete by its API."""
    owner, _, rest = name.path.partition("/")
    for host, advice in _BY_HAND.items():
        if name.registry == host:
            return advice.format(path=name.path, owner=owner, name=rest)
    return _ELSEWHERE


_BY_HAND: Mapping[str, str] = {
    DOCKER_HUB: "Docker Hub deletes on its page only: https://hub.docker.com/repository/docker/{path}/tags",
    "ghcr.io": (
        "GitHub deletes on the package's page only, under Package settings > Manage versions, or by its own API:"
        " https://docs.github.com/en/packages/learn-github-packages/deleting-and-restoring-a-package"
    ),
    "quay.io": (
        "Give the robot account Write on the repository, or leave it to the expiry of each preview:"
        " https://quay.io/repository/{path}?tab=tags"
    ),
}
_ELSEWHERE = (
    "Give the account the right to delete, and have the registry allow it (for Docker's own:"
    " REGISTRY_STORAGE_DELETE_ENABLED=true), or delete these tags there by hand."
)
