"""The bench's counting proxy between the real engine and the real registry."""

import secrets
from collections.abc import Iterator

import pytest
import requests

from devtools.bench.proxy import Link, Proxy, connect_tcp, tcp_proxy
from devtools.bench.traffic import Traffic
from devtools.engine import Engine
from devtools.registry import MANIFESTS, Registry
from tests.support.users import USER


@pytest.fixture
def counted(registry: Registry) -> Iterator[tuple[Proxy, int]]:
    """Yield a proxy in front of the registry, and its port."""
    with tcp_proxy(lambda: connect_tcp(registry.port), Traffic()) as made:
        yield made


def test_push_and_pull__are_counted_as_the_manifest_says(
    counted: tuple[Proxy, int], engine: Engine, tiny_image: str, auth: dict[str, str]
) -> None:
    proxy, port = counted
    name = f"127.0.0.1:{port}/lab/counted-{secrets.token_hex(4)}"
    client = engine.client()
    client.api.tag(tiny_image, name, "1")

    proxy.observe = pushed = Traffic()
    answer = client.api.push(name, "1", auth_config=auth)
    assert "digest" in answer, answer
    manifest = requests.get(
        f"http://127.0.0.1:{port}/v2/{name.partition('/')[2]}/manifests/1",
        auth=(USER, auth["password"]),
        headers={"Accept": MANIFESTS},
        timeout=30,
    ).json()
    size = sum(layer["size"] for layer in manifest["layers"])
    assert pushed.layer_bytes_up == size
    assert pushed.layer_bytes_down == 0
    assert pushed.requests > 3

    client.api.remove_image(f"{name}:1")
    client.api.remove_image(tiny_image)
    proxy.observe = pulled = Traffic()
    client.api.pull(name, "1", auth_config=auth)
    assert (pulled.layer_bytes_up, pulled.layer_bytes_down) == (0, size)
    client.api.remove_image(f"{name}:1")
    client.close()


def test_link__takes_its_time(counted: tuple[Proxy, int], password: str) -> None:
    """A megabyte at 16 Mbit/s is half a second; a round trip each for the connection and for the request."""
    proxy, port = counted
    proxy.link = Link(bits_per_second=16e6, round_trip=0.1)
    name = f"lab/slow-{secrets.token_hex(4)}"
    login = (USER, password)
    begun = requests.post(f"http://127.0.0.1:{port}/v2/{name}/blobs/uploads/", auth=login, timeout=30)
    assert begun.elapsed.total_seconds() >= 0.2
    place = begun.headers["Location"]
    assert f":{port}/" in place
    sent = requests.patch(place, data=bytes(10**6), auth=login, timeout=30)
    assert sent.ok
    assert sent.elapsed.total_seconds() >= 0.5
    assert proxy.busy
