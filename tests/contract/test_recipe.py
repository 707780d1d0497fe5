"""What decides over images goes with RECIPE, the number by which earlier ones are used again."""

from devtools.recipe import LOCK, Lock, hash_sources, read_lock
from hubaction.build.fingerprint import RECIPE


def test_recipe__a_change_of_what_decides_over_images_was_decided() -> None:
    assert read_lock() == Lock(RECIPE, hash_sources()), (
        "What decides over images, or over their proof, is not what tests/contract/recipe.lock records. If the same"
        " repository gets another image, or is proven otherwise, raise RECIPE in hubaction/build/fingerprint.py: every"
        " user's image is built once more. If images stay the same, leave the number. Then run `make recipe`, and"
        f" commit {LOCK.name} with the change."
    )
