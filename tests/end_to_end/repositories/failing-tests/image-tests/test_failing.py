from pathlib import Path


def test_data__is_there() -> None:
    assert Path("measurements.csv").exists(), "nobody copied the measurements"
