def test_nothing() -> None:
    """The forging is done around the test."""
