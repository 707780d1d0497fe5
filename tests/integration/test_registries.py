"""The recipes of docs/registries.md against real registries: kinds of login, certificates, base images, earlier logins.

The services that the recipes name are not here. What stands in for them is Debian's docker-registry, which asks for a
password or, with `support/token_server.py`, for a token.
"""

import contextlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from devtools import process
from devtools.engine import Engine as RunningEngine
from devtools.registry import Door, Registry, Tls, running_registry
from hubaction.clients.engine.engine import Engine
from hubaction.clients.process import child_environment
from hubaction.clients.registry.errors import RegistryError
from hubaction.clients.registry.registry import Registry as RegistryDoor
from hubaction.clients.registry.remote_image import read_candidate
from hubaction.image import ImageName, PushedReference, Reference
from hubaction.inputs.credentials import Credentials
from hubaction.inputs.docker_config import read_auth
from hubaction.publish.login import LoginError, log_in, temporary_docker_config
from hubaction.publish.promote import promote
from hubaction.publish.public import PrivateImageError, check_public
from hubaction.publish.push import push_references
from hubaction.publish.push_errors import PushError
from tests.support.certificates import make_authority, make_server
from tests.support.machine import tags_left
from tests.support.program import Program
from tests.support.recipes import OF_A_TRUSTED_RUN, RECIPES, inputs_of, job_of, our_step
from tests.support.token_server import Tokens, running_token_server
from tests.support.users import USER
from tests.support.workflow_expressions import evaluate
from tests.unit.samples import make_inputs

CERTIFICATES = Path("/etc/docker/certs.d")
FOLDER = "recipes"
"""What all images here are below of."""
OWN_CERTIFICATE = "A registry with a certificate of its own"
ZEROS = inputs_of(RECIPES["Azure Container Registry"])["username"]
USERS = [
    *(
        inputs_of(RECIPES[title])["username"]
        for title in ("quay.io", "Docker Hub", "GitHub's, ghcr.io", "Amazon ECR", "Google Artifact Registry", "Harbor")
    ),
    ZEROS,
    "_json_key",  # of Google, with a key in place of a token
]


@dataclass
class Publisher:
    """Logs in and pushes as the pipeline does, the image under a name that nobody else uses."""

    engine: RunningEngine
    door: Engine
    image: str
    folder: Path
    name: str = field(default_factory=lambda: f"{FOLDER}/{secrets.token_hex(6)}")
    noticed: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    auth: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, host: str, user: str, password: str, *tags: str) -> list[PushedReference]:
        with temporary_docker_config(None, self.folder / secrets.token_hex(4)) as config:
            inherited = {**process.environment(), **self.engine.environment()}
            env = child_environment(inherited, home=self.folder, docker_config=config)
            log_in([Credentials(host, user, password)], env=env, cwd=self.folder)
            self.auth = read_auth(config, host)
        return push_references(
            [Reference(ImageName(host, self.name), tag) for tag in tags or ("tag",)],
            local_tag=self.image,
            engine=self.door,
            registries={host: RegistryDoor(host, self.auth)},
            say=self.said.append,
            notice=self.noticed.append,
        )


@pytest.fixture
def publish(engine: RunningEngine, engine_door: Engine, tiny_image: str, tmp_path: Path) -> Iterator[Publisher]:
    publisher = Publisher(engine, engine_door, tiny_image, tmp_path)
    yield publisher
    assert tags_left(engine, publisher.name) == []


def stored_digest(registry: Registry, name: str, tag: str) -> str:
    """What the registry has, read from its own data and not asked for by any client."""
    link = registry.folder / f"data/docker/registry/v2/repositories/{name}/_manifests/tags/{tag}/current/link"
    return link.read_text(encoding="utf-8")


# --- names of users ---


@pytest.fixture(scope="module")
def of_many_users(engine: RunningEngine) -> Iterator[Registry]:
    with running_registry(users={name: secrets.token_hex(16) for name in USERS}, engine=engine) as running:
        yield running


@pytest.mark.parametrize("user", USERS)
def test_login__by_each_recipe_s_user(user: str, publish: Publisher, of_many_users: Registry) -> None:
    (pushed,) = publish(of_many_users.host, user, of_many_users.users[user])
    assert publish.auth["username"] == user
    assert pushed.digest == stored_digest(of_many_users, publish.name, "tag")
    assert pushed.size


def test_login__by_what_a_shell_makes_of_a_user(publish: Publisher, of_many_users: Registry) -> None:
    robot = inputs_of(RECIPES["Harbor"])["username"]
    with pytest.raises(LoginError, match="refused the login of 'robot-project"):
        publish(of_many_users.host, robot.replace("$my", ""), of_many_users.users[robot])


# --- tokens ---

LONG = secrets.token_urlsafe(1500)
"""As long as the passwords are that clouds hand out."""


@dataclass(frozen=True)
class WithTokens:
    """A registry that takes tokens only, and the server that makes them."""

    registry: Registry
    tokens: Tokens


@contextlib.contextmanager
def registry_with_tokens(engine: RunningEngine, user: str, *, refresh: bool) -> Iterator[WithTokens]:
    users = {user: LONG}
    with running_token_server(users, refresh=refresh) as tokens:
        door = Door(tokens=tokens.server)
        with running_registry(users=users, engine=engine, door=door) as registry:
            yield WithTokens(registry, tokens)


@pytest.fixture(scope="module")
def with_tokens(engine: RunningEngine) -> Iterator[WithTokens]:
    with registry_with_tokens(engine, USER, refresh=False) as running:
        yield running


def test_tokens__for_login_push_and_look(publish: Publisher, with_tokens: WithTokens) -> None:
    registry, tokens = with_tokens.registry, with_tokens.tokens
    (pushed,) = publish(registry.host, USER, LONG)
    assert pushed.digest == stored_digest(registry, publish.name, "tag")
    assert pushed.size
    scopes = [scope for user, scope in tokens.asked if user == USER]
    # The last one is our own question; the others are the engine's.
    assert scopes[-1] == f"repository:{publish.name}:pull"
    assert any("push" in scope for scope in scopes)


def test_tokens__with_a_wrong_password(publish: Publisher, with_tokens: WithTokens) -> None:
    host = with_tokens.registry.host
    with pytest.raises(LoginError, match=f"{host} refused the login of '{USER}'"):
        publish(host, USER, "wrong")
    reference = Reference(ImageName(host, publish.name), "tag")
    with pytest.raises(RegistryError, match="refuses a token"):
        RegistryDoor(host, {"username": USER, "password": "wrong"}).fetch_manifest(reference.name, reference.tag)


def test_tokens__to_promote_are_one_for_reading_and_one_for_each_repository(
    publish: Publisher, with_tokens: WithTokens
) -> None:
    """To mount takes a token for both repositories, or the real registry would ask for the bytes."""
    registry, tokens = with_tokens.registry, with_tokens.tokens
    (pushed,) = publish(registry.host, USER, LONG)
    door = RegistryDoor(registry.host, {"username": USER, "password": LONG})
    other = ImageName(registry.host, f"{publish.name}-other")
    tokens.asked.clear()
    candidate = read_candidate(door, pushed.reference)
    assert candidate
    references = [Reference(name, tag) for name in (pushed.reference.name, other) for tag in ("second", "latest")]
    promoted = promote(candidate, references, registries={registry.host: door}, say=lambda text: None)
    assert {item.digest for item in promoted} == {pushed.digest}
    reading = f"repository:{publish.name}:pull"
    assert [scope for _, scope in tokens.asked] == [
        reading,
        f"repository:{other.path}:pull",
        f"repository:{other.path}:pull,push {reading}",
        f"repository:{publish.name}:pull,push",
    ]
    # A refusal and four tokens; manifest and config; five looks; two mounts; four tags, each with a look.
    assert door.requests_made == 1 + 4 + 2 + 5 + 2 + 8


def test_tokens__for_nobody_show_nothing(publish: Publisher, with_tokens: WithTokens) -> None:
    """As quay.io and Docker Hub do, the server gives everybody a token, and the registry then refuses it."""
    (pushed,) = publish(with_tokens.registry.host, USER, LONG)
    with pytest.raises(PrivateImageError):
        check_public(pushed.reference, RegistryDoor(pushed.reference.name.registry, {}), engine=publish.door)
    assert with_tokens.tokens.asked[-1] == ("", f"repository:{publish.name}:pull")


def test_tokens__that_the_client_keeps_in_place_of_the_password(publish: Publisher, engine: RunningEngine) -> None:
    """As with Azure: the login is answered with a refresh token, which only the engine can trade in."""
    with registry_with_tokens(engine, ZEROS, refresh=True) as running:
        (pushed,) = publish(running.registry.host, ZEROS, LONG)
        assert publish.auth.get("identitytoken") in running.tokens.refresh_tokens
        assert "password" not in publish.auth
        assert (pushed.digest, pushed.size) == (stored_digest(running.registry, publish.name, "tag"), None)


# --- a certificate of its own ---


@pytest.fixture(scope="module")
def own_certificate(engine: RunningEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A registry under an authority that nobody knows, at an address of this machine that is not loopback."""
    address = _bridge_address(engine)
    folder = tmp_path_factory.mktemp("authority")
    authority = make_authority("hub-image-action tests")
    (folder / "ca.crt").write_bytes(authority.pem)
    server = make_server(address, authority)
    door = Door(address, Tls(server.pem, server.key_pem, folder / "ca.crt"))
    with running_registry(users={USER: "password-1"}, engine=engine, door=door) as running:
        yield running


def _bridge_address(engine: RunningEngine) -> str:
    with contextlib.closing(engine.client()) as client:
        address = str(client.networks.get("bridge").attrs["IPAM"]["Config"][0].get("Gateway", ""))
    if f" {address}/" not in process.run(["ip", "-o", "-4", "address"]):
        pytest.skip(f"the engine's bridge ({address}) is not on this machine")
    return address


@pytest.fixture
def trusted(own_certificate: Registry, tmp_path: Path) -> Iterator[Registry]:
    """The same registry, once the recipe's lines were run; what they put up is taken away."""
    if os.geteuid():
        pytest.skip(f"{CERTIFICATES} is not writable")
    folder = CERTIFICATES / own_certificate.host
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    (script,) = [step["run"] for step in job_of(RECIPES[OWN_CERTIFICATE])["steps"] if "run" in step]
    try:
        _run_as_the_runner(script.replace("registry.example.org:5000", own_certificate.host), tmp_path, own_certificate)
        yield own_certificate
    finally:
        (folder / "ca.crt").unlink(missing_ok=True)
        for path in made:
            with contextlib.suppress(OSError):  # somebody else's registry is in it by now
                path.rmdir()


def _run_as_the_runner(script: str, folder: Path, registry: Registry) -> None:
    """Run a step's lines in a checkout with the authority's file; sudo is a stand-in, for this is root already."""
    (folder / "checkout").mkdir()
    shutil.copy(str(registry.door.verify), folder / "checkout/ca.crt")
    (folder / "sudo").write_text('#!/bin/sh\nexec "$@"\n')
    (folder / "sudo").chmod(0o755)
    env = {"PATH": f"{folder}:{process.environment()['PATH']}", "RUNNER_TEMP": str(folder)}
    process.run(["bash", "-e", "-c", script], env=env, cwd=folder / "checkout")


@pytest.fixture(autouse=True)
def no_certificates_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


def test_certificate__that_the_engine_does_not_know(publish: Publisher, own_certificate: Registry) -> None:
    with pytest.raises(LoginError, match="cannot be trusted by the engine") as raised:
        publish(own_certificate.host, USER, "password-1")
    assert raised.value.title == "Registry not trusted"


def test_push__to_a_certificate_that_the_engine_does_not_know(
    tiny_image: str, engine_door: Engine, own_certificate: Registry
) -> None:
    """Where the login was given by an earlier step, it is the push that meets the certificate."""
    host = own_certificate.host
    said: list[str] = []
    with pytest.raises(PushError, match="cannot be trusted by the engine"):
        push_references(
            [Reference(ImageName(host, f"{FOLDER}/untrusted"), "tag")],
            local_tag=tiny_image,
            engine=engine_door,
            registries={host: RegistryDoor(host, {"username": USER, "password": "password-1"})},
            say=said.append,
            notice=said.append,
        )


def test_certificate__that_only_the_engine_knows(publish: Publisher, trusted: Registry) -> None:
    pushed = publish(trusted.host, USER, "password-1", "one", "two")
    assert {item.digest for item in pushed} == {stored_digest(trusted, publish.name, "one")}
    assert {item.size for item in pushed} == {None}
    (notice,) = publish.noticed
    assert f"The engine was asked for the digest in place of {trusted.host}" in notice


def test_certificate__that_we_know_by_the_documented_variable(
    publish: Publisher, trusted: Registry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    context = {**OF_A_TRUSTED_RUN, "runner.temp": str(tmp_path)}
    for name, text in our_step(RECIPES[OWN_CERTIFICATE])["env"].items():
        monkeypatch.setenv(name, evaluate(text, context))
    (pushed,) = publish(trusted.host, USER, "password-1")
    assert pushed.digest == stored_digest(trusted, publish.name, "tag")
    assert pushed.size
    assert publish.noticed == []


@pytest.mark.parametrize("content", [None, "no certificate"], ids=["missing", "no-certificate"])
def test_certificate__variable_that_leads_nowhere_fails_nothing(
    content: str | None, publish: Publisher, trusted: Registry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Such as a path of the runner's, which is not there in the container."""
    if content:
        (tmp_path / "other.crt").write_text(content)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "other.crt"))
    (pushed,) = publish(trusted.host, USER, "password-1")
    assert pushed.digest == stored_digest(trusted, publish.name, "tag")
    (notice,) = publish.noticed
    assert ("REQUESTS_CA_BUNDLE names is not there" in notice) == (content is None)


def test_check_public__through_the_engine(publish: Publisher, trusted: Registry) -> None:
    (pushed,) = publish(trusted.host, USER, "password-1")
    with pytest.raises(PrivateImageError, match="could not ask for the digest"):
        check_public(pushed.reference, RegistryDoor(pushed.reference.name.registry, {}), engine=publish.door)


# --- a private base image, and the login of an earlier step ---


@pytest.fixture
def program(tmp_path: Path, engine: RunningEngine) -> Program:
    """The program in a run for a push to the default branch."""
    return Program(tmp_path, engine, branch="main")


def test_private_base_image__by_registry_auth(
    program: Program, publish: Publisher, registry: Registry, password: str
) -> None:
    """The recipe's input, with this machine's registry; a fork has the same input without passwords."""
    publish(registry.host, USER, password, "base")
    (program.workspace / "Dockerfile").write_text(f"FROM {registry.host}/{publish.name}:base\nUSER 1000\n")
    without, given = (
        json.dumps([{"registry": registry.host, "username": USER, "password": text}]) for text in ("", password)
    )
    inputs = {"push": "false", "registry-auth": without}
    ended = program.run(**make_inputs(inputs))
    assert ended.returncode == 1
    assert "The base image cannot be pulled" in ended.error.data
    ended = program.run(**make_inputs(inputs | {"registry-auth": given}))
    assert ended.returncode == 0, ended.log


def test_earlier_login__by_the_documented_folder(
    program: Program, publish: Publisher, engine: RunningEngine, registry: Registry, password: str
) -> None:
    """`docker login` in a step before, as docker/login-action calls it; here runner.temp is one folder for both."""
    recipe = RECIPES["An earlier `docker login` is not seen"]
    context = {**OF_A_TRUSTED_RUN, "runner.temp": str(program.workspace.parent / "temp")}
    login, ours = ({name: evaluate(text, context) for name, text in step["env"].items()} for step in _last_two(recipe))
    assert login == ours
    command = ["docker", "login", "--username", USER, "--password", password, registry.host]
    process.run(command, env=engine.environment() | login)
    inputs = inputs_of(recipe) | {"registry": registry.host, "image-name": publish.name}
    (program.workspace / "Dockerfile").write_text("FROM debian:trixie-slim\nUSER 1000\n")
    # Docker's plugins are found by the configuration here, and by their usual place in the container.
    plugins = json.loads((Path(engine.environment()["DOCKER_CONFIG"]) / "config.json").read_text())
    file = Path(login["DOCKER_CONFIG"]) / "config.json"
    file.write_text(json.dumps(plugins | json.loads(file.read_text())))
    ended = program.run(**make_inputs(inputs), **ours)
    assert ended.returncode == 0, ended.log
    assert stored_digest(registry, publish.name, "latest") in ended.log


def test_earlier_login__in_the_home_folder_is_explained(program: Program) -> None:
    """The runner's home is not ours; the workflow says why there is no password."""
    file = program.workspace / ".github/workflows/image.yaml"
    file.parent.mkdir(parents=True)
    recipe = RECIPES["An earlier `docker login` is not seen"].replace('env: {DOCKER_CONFIG: "', 'env: {OTHER: "')
    file.write_text(f"jobs:\n  image:\n{recipe}")
    reference = "lab/integration/.github/workflows/image.yaml@refs/heads/main"
    inputs = make_inputs({"registry": "quay.io", "image-name": "my-org/my-image"})
    ended = program.run(**inputs, GITHUB_WORKFLOW_REF=reference, DOCKER_CONFIG="/nowhere")
    assert ended.returncode == 1
    assert "docker/login-action' (.github/workflows/image.yaml, line 7) is not seen here" in ended.error.data


def _last_two(recipe: str) -> list[dict[str, dict[str, str]]]:
    steps: list[dict[str, dict[str, str]]] = job_of(recipe)["steps"][-2:]
    return steps
