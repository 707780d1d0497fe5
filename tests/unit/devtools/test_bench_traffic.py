import json

from devtools.bench.http1 import Head
from devtools.bench.traffic import Traffic

LAYER, CONFIG, CACHE = (f"sha256:{digit * 64}" for digit in "123")
UPLOADS = "/v2/lab/image/blobs/uploads"


def send(traffic: Traffic, method: str, target: str, content: bytes = b"") -> None:
    exchange = traffic(Head(f"{method} {target} HTTP/1.1", ()))
    exchange.sent(content)
    exchange.answered(Head("HTTP/1.1 201 Created", ()))
    exchange.ended()


def receive(traffic: Traffic, target: str, content: bytes, status: int = 200) -> None:
    exchange = traffic(Head(f"GET {target} HTTP/1.1", ()))
    exchange.answered(Head(f"HTTP/1.1 {status} Status", ()))
    exchange.received(content)
    exchange.ended()


def test_upload__in_pieces_and_at_once() -> None:
    traffic = Traffic()
    send(traffic, "POST", f"{UPLOADS}/")
    send(traffic, "PATCH", f"{UPLOADS}/one?_state=x", b"12345")
    send(traffic, "PUT", f"{UPLOADS}/one?_state=x&digest={LAYER.replace(':', '%3A')}", b"67")
    send(traffic, "POST", f"{UPLOADS}/?digest={LAYER}", b"123")
    assert (traffic.requests, traffic.layer_bytes_up, traffic.layer_bytes_down) == (4, 10, 0)


def test_upload__without_an_end_counts() -> None:
    traffic = Traffic()
    send(traffic, "PATCH", f"{UPLOADS}/one", b"12345")
    assert traffic.layer_bytes_up == 5


def test_mount__moves_nothing() -> None:
    traffic = Traffic()
    send(traffic, "POST", f"{UPLOADS}/?mount={LAYER}&from=lab/other")
    assert (traffic.requests, traffic.layer_bytes_up) == (1, 0)


def test_config__is_no_layer_once_its_manifest_has_passed() -> None:
    traffic = Traffic()
    send(traffic, "PUT", f"{UPLOADS}/one?digest={CONFIG}", b"config")
    receive(traffic, f"/v2/lab/image/blobs/{CONFIG}", b"config")
    assert (traffic.layer_bytes_up, traffic.layer_bytes_down) == (6, 6)
    manifest = {"config": {"digest": CONFIG}, "layers": [{"digest": LAYER}]}
    send(traffic, "PUT", "/v2/lab/image/manifests/latest", json.dumps(manifest).encode())
    assert (traffic.layer_bytes_up, traffic.layer_bytes_down) == (0, 0)


def test_download__counts_layers_and_no_build_caches_description() -> None:
    traffic = Traffic()
    entries = [
        {"digest": LAYER, "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip"},
        {"digest": CACHE, "mediaType": "application/vnd.buildkit.cacheconfig.v0"},
    ]
    receive(traffic, "/v2/lab/image/manifests/cache", json.dumps({"manifests": entries}).encode())
    receive(traffic, f"/v2/lab/image/blobs/{CACHE}", b"description")
    receive(traffic, f"/v2/lab/image/blobs/{LAYER}", b"layer")
    receive(traffic, f"/v2/lab/image/blobs/{LAYER}", b"not found", status=404)
    assert (traffic.requests, traffic.layer_bytes_down) == (4, 5)


def test_manifest__that_is_none_is_let_be() -> None:
    traffic = Traffic()
    receive(traffic, "/v2/lab/image/manifests/latest", b"<html>", status=502)
    receive(traffic, "/v2/lab/image/manifests/latest", b'["no", "object"]')
    assert traffic.requests == 2
