"""Whether the image is public: asks the registry without a login and without a pull."""

import re
from typing import TYPE_CHECKING

from hubaction.clients.registry.errors import RegistryError, UnreachableError
from hubaction.errors import ActionError
from hubaction.image import DOCKER_HUB, Reference, display_registry

if TYPE_CHECKING:
    from hubaction.clients.engine.engine import Engine
    from hubaction.clients.registry.registry import Registry

PULLING_PRIVATE = "https://z2jh.jupyter.org/en/stable/resources/reference.html#imagepullsecret"


class PrivateImageError(ActionError):
    """The registry does not show the image without a login."""


class UncheckedImageError(ActionError):
    """The registry did not answer, so it is not known whether the image is public."""


def check_public(reference: Reference, registry: "Registry", *, engine: "Engine") -> None:
    """Pass when the registry, opened without a login, shows the manifest.

    Raises PrivateImageError with what to do at that registry, UncheckedImageError when it does not answer.
    """
    try:
        found = registry.fetch_manifest(reference.name, reference.tag)
    except RegistryError as error:
        if error.engine_may_reach:
            # The engine has pushed there, so it reaches the registry.
            _ask_engine(reference, engine)
            return
        if isinstance(error, UnreachableError):
            raise UncheckedImageError(_explain_unchecked(reference, error.message), title="Registry away") from error
        # The first sentence only: the rest is advice for pushing.
        raise _private(reference, error.message.partition(". ")[0]) from error
    if found is None:
        raise _private(reference, "it answers 404")


def _ask_engine(reference: Reference, engine: "Engine") -> None:
    try:
        engine.remote_digest(reference, {})
    except ActionError as error:
        if re.search(r"unauthorized|denied|forbidden|no basic auth|authentication required|not found", error.message):
            raise _private(reference, error.message) from error
        raise UncheckedImageError(_explain_unchecked(reference, error.message), title="Registry away") from error


def _explain_unchecked(reference: Reference, reason: str) -> str:
    return (
        f"Whether everybody can pull {reference} is not known: {reason.strip()[-300:]} Run again when the registry is"
        " back, or set public-check: false."
    )


def _private(reference: Reference, reason: str) -> PrivateImageError:
    registry = display_registry(reference.name.registry)
    return PrivateImageError(
        f"{reference} is private: {registry} does not show it to somebody without a login, so a hub without a pull"
        f" secret cannot start it. {advise(reference)} Or keep it private, give the hub a pull secret"
        f" ({PULLING_PRIVATE}) and set public-check: false. ({reason.strip()[-300:]})",
        title="Private image",
    )


def advise(reference: Reference) -> str:
    """How to make an image public at its registry, by that registry's documentation."""
    registry, path = reference.name.registry, reference.name.path
    if registry == DOCKER_HUB:
        return f"Make it public under Settings at https://hub.docker.com/repository/docker/{path}/settings."
    for pattern, advice in _ADVICE:
        if found := re.fullmatch(pattern, registry):
            parts = {"path": path, "owner": path.partition("/")[0], "name": path.rpartition("/")[2], "host": registry}
            return advice.format_map(parts | found.groupdict())
    return _OTHER.format(host=registry, owner=path.partition("/")[0])


_ADVICE = (
    (
        r"quay\.io",
        "Make it public: https://quay.io/repository/{path}?tab=settings, under Repository Visibility. quay.io creates"
        " a repository that a push brings up as a private one.",
    ),
    (
        r"ghcr\.io",
        "Make it public in the package's settings, under Danger Zone > Change visibility; an organization may have to"
        " allow public packages first."
        " https://docs.github.com/en/packages/learn-github-packages/configuring-a-packages-access-control-and-visibility",
    ),
    (
        r"\d+\.dkr\.ecr(?:-fips)?\..+\.amazonaws\.com(?:\.cn)?",
        "A private registry of Amazon's shows nothing without a login: let the hub's nodes read it by their IAM role"
        " (AmazonEC2ContainerRegistryReadOnly), or push to public.ecr.aws."
        " https://docs.aws.amazon.com/AmazonECR/latest/public/what-is-ecr.html",
    ),
    (
        r"public\.ecr\.aws",
        "Everything there is public: check that the repository exists under this alias."
        " https://docs.aws.amazon.com/AmazonECR/latest/public/public-repositories.html",
    ),
    (
        r"(?P<location>[a-z0-9-]+)-docker\.pkg\.dev",
        "Give everybody the right to read: gcloud artifacts repositories add-iam-policy-binding REPOSITORY"
        " --location={location} --project={owner} --member=allUsers --role=roles/artifactregistry.reader."
        " https://cloud.google.com/artifact-registry/docs/access-control#public",
    ),
    (
        r"(?:[a-z]+\.)?gcr\.io",
        "Give allUsers the role Artifact Registry Reader on the repository of this name."
        " https://cloud.google.com/artifact-registry/docs/access-control#public",
    ),
    (
        r"(?P<account>[a-z0-9-]+)\.azurecr\.io",
        "Let everybody pull from the whole registry, Standard or Premium: az acr update --name {account}"
        " --anonymous-pull-enabled. https://learn.microsoft.com/azure/container-registry/anonymous-pull-access",
    ),
)
_OTHER = (
    "Make it public at {host}. In Harbor that is a property of the project: Projects > {owner} > Configuration >"
    " Public. https://goharbor.io/docs/latest/working-with-projects/project-configuration/"
)
