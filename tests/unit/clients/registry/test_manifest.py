"""What is believed of a manifest."""

from hubaction.clients.registry.manifest import read_manifest
from tests.unit.clients.registry.test_registry import BLOB_DIGEST


def test_read_manifest__bytes_know_their_type_best() -> None:
    assert read_manifest(b'{"mediaType": "a/b"}', "c/d").media_type == "a/b"


def test_read_manifest__layers_each_once_and_all_or_none() -> None:
    layer = f'{{"digest": "{BLOB_DIGEST}", "size": 1}}'
    assert read_manifest(f'{{"layers": [{layer}, {layer}]}}'.encode(), "").layer_digests == (BLOB_DIGEST,)
    assert read_manifest(f'{{"layers": [{layer}, {{"digest": "sha256:../x"}}]}}'.encode(), "").layer_digests == ()
