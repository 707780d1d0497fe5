from pathlib import Path


def test_result_file_is_no_part_of_the_image() -> None:
    assert Path("notes.txt").exists()
    assert not Path("result.json").exists()
