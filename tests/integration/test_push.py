"""publish.push against the real engine and the real registry, which fails on its way where a case needs it."""

from collections.abc import Iterator

import pytest

from devtools.engine import Engine as RunningEngine
from devtools.registry import Registry, free_port
from hubaction.clients.engine.engine import Engine
from hubaction.clients.registry.registry import Registry as RegistryDoor
from hubaction.errors import ActionError
from hubaction.image import ImageName, PushedReference, Reference
from hubaction.publish.push import push_references
from hubaction.publish.push_errors import PushError
from tests.support.faulty_registry import Answer, FaultyRegistry, HangUpError
from tests.support.machine import tags_left
from tests.support.registry_contents import tags_of
from tests.support.users import USER

DENIED = '{"errors": [{"code": "DENIED", "message": "requested access to the resource is denied"}]}'
UNKNOWN = '{"errors": [{"code": "NAME_UNKNOWN", "message": "repository name not known to registry"}]}'
NGINX_413 = "<html><head><title>413 Request Entity Too Large</title></head></html>"
"""What nginx answers in front of a registry, in its own format."""


class Push:
    """Pushes the tiny image under a name of this test's own; `said` is what the log shows."""

    def __init__(self, name: str, *, engine: Engine, image: str, auth: dict[str, str]) -> None:
        self.name = name
        self.said: list[str] = []
        self.noticed: list[str] = []
        self._engine = engine
        self._image = image
        self._auth = auth

    def __call__(self, host: str, *tags: str) -> list[PushedReference]:
        return push_references(
            [Reference(ImageName(host, self.name), tag) for tag in tags],
            local_tag=self._image,
            engine=self._engine,
            registries={host: RegistryDoor(host, self._auth)},
            say=self.said.append,
            notice=self.noticed.append,
        )


@pytest.fixture
def push(
    request: pytest.FixtureRequest, engine: RunningEngine, engine_door: Engine, tiny_image: str, auth: dict[str, str]
) -> Iterator[Push]:
    name = request.node.originalname.removeprefix("test_").replace("__", "-").replace("_", "-")
    yield Push(f"integration/{name}", engine=engine_door, image=tiny_image, auth=auth)
    for tag in tags_left(engine, f"integration/{name}"):
        engine_door.remove_image(tag)


def test_push_references__arrive_in_order_latest_last(push: Push, faulty: FaultyRegistry, registry: Registry) -> None:
    pushed = push(faulty.host, "latest", "one", "two")
    assert [item.reference.tag for item in pushed] == ["one", "two", "latest"]
    put = [path.rpartition("/")[2] for method, path in faulty.requests if method == "PUT" and "/manifests/" in path]
    assert put == ["one", "two", "latest"]
    assert {item.digest for item in pushed} == {registry.digest(push.name, "latest")}
    assert all(item.size and item.size > 2000 for item in pushed)


def test_push_references__are_tried_again_after_a_passing_fault(
    push: Push, faulty: FaultyRegistry, registry: Registry
) -> None:
    """503 is what a registry answers while it is deployed; the engine itself gives up at the first one here."""
    left = [Answer(503), Answer(503)]
    faulty.rule = lambda method, path: left.pop() if left and method == "PUT" and "/manifests/" in path else None
    (pushed,) = push(faulty.host, "tag")
    assert not left
    assert pushed.digest == registry.digest(push.name, "tag")
    assert [line for line in push.said if "Trying again" in line] == [
        f"Trying again, 1 of 3: {pushed.reference}",
        f"Trying again, 2 of 3: {pushed.reference}",
    ]


def test_push_references__ask_the_registry_again_when_it_cannot_answer_at_first(
    push: Push, faulty: FaultyRegistry, registry: Registry
) -> None:
    left = [Answer(503)]
    faulty.rule = lambda method, path: left.pop() if left and method == "GET" and "/manifests/" in path else None
    (pushed,) = push(faulty.host, "tag")
    assert not left
    assert pushed.digest == registry.digest(push.name, "tag")


REFUSALS = [
    (Answer(403, DENIED), "the account may not write there"),
    (Answer(404, UNKNOWN), "there is no such repository"),
    (Answer(413, NGINX_413, "text/html"), "it is too large for the registry"),
]
UPLOADS = pytest.param("/blobs/uploads/", marks=pytest.mark.slow)
"""The engine tries a layer five times within 50 seconds, even where the answer will not change."""


@pytest.mark.parametrize(("answer", "sentence"), REFUSALS, ids=["403", "404", "413"])
@pytest.mark.parametrize("part", ["/manifests/", UPLOADS], ids=["manifest", "layer"])
def test_push_references__refused(
    part: str, answer: Answer, sentence: str, push: Push, faulty: FaultyRegistry, registry: Registry
) -> None:
    """A refusal is no passing fault: the action says what to do, and does not try again."""
    faulty.rule = lambda method, path: answer if method in {"POST", "PUT", "PATCH"} and part in path else None
    with pytest.raises(PushError) as raised:
        push(faulty.host, "tag")
    assert sentence in raised.value.message
    assert f"{faulty.host} refused {faulty.host}/{push.name}:tag, pushed by '{USER}'" in raised.value.message
    assert not [line for line in push.said if "Trying again" in line]
    assert tags_of(registry, push.name) == set()


def test_push_references__that_arrived_before_a_refusal_are_told(push: Push, faulty: FaultyRegistry) -> None:
    faulty.rule = lambda method, path: Answer(403, DENIED) if (method, path[-7:]) == ("PUT", "/second") else None
    with pytest.raises(PushError) as raised:
        push(faulty.host, "first", "second")
    assert raised.value.message.endswith(f"Pushed before that: {faulty.host}/{push.name}:first.")


def test_push_references__to_nobody(push: Push) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    with pytest.raises(PushError, match="also after 4 tries") as raised:
        push(nobody, "tag")
    assert raised.value.title == "Registry away"
    assert len(push.said) == 3


def test_push_references__overtaken_by_somebody_else(push: Push, faulty: FaultyRegistry) -> None:
    """Another run pushes the same tag between our push and our look at it."""
    other = '{"schemaVersion": 2, "config": {"size": 1}, "layers": []}'
    faulty.rule = lambda method, path: (
        Answer(200, other, "application/vnd.oci.image.manifest.v1+json")
        if method == "GET" and path.endswith("/manifests/tag")
        else None
    )
    with pytest.raises(PushError, match="is not what was pushed"):
        push(faulty.host, "tag")


@pytest.mark.slow
def test_push_references__to_a_registry_that_dies_meanwhile(
    push: Push, faulty: FaultyRegistry, registry: Registry
) -> None:
    """The engine itself tries an upload five times, with longer and longer pauses, before it gives up."""
    dead = False

    def die_at_the_first_upload(method: str, path: str) -> Answer | None:
        nonlocal dead
        dead = dead or (method in {"PATCH", "PUT"} and "/blobs/uploads/" in path)
        if dead:
            raise HangUpError
        return None

    faulty.rule = die_at_the_first_upload
    with pytest.raises(PushError, match="is down") as raised:
        push(faulty.host, "tag")
    assert raised.value.title == "Registry away"
    assert tags_of(registry, push.name) == set()


def test_remote_digest__is_the_registrys(
    push: Push, engine_door: Engine, registry: Registry, auth: dict[str, str]
) -> None:
    """How the digest is found where only the engine reaches the registry."""
    (pushed,) = push(registry.host, "tag")
    assert engine_door.remote_digest(pushed.reference, auth) == registry.digest(push.name, "tag")


def test_fetch_manifest__absent(registry: Registry, auth: dict[str, str]) -> None:
    reference = Reference(ImageName(registry.host, "integration/absent"), "tag")
    assert RegistryDoor(registry.host, auth).fetch_manifest(reference.name, reference.tag) is None


def test_fetch_manifest__with_a_wrong_password(registry: Registry) -> None:
    reference = Reference(ImageName(registry.host, "integration/absent"), "tag")
    wrong = {"username": USER, "password": "wrong"}
    with pytest.raises(ActionError, match="answers 401"):
        RegistryDoor(registry.host, wrong).fetch_manifest(reference.name, reference.tag)
