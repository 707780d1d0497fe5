"""The guard on other people's projects: their notebooks, tables, pictures and tests are no secrets."""

from pathlib import Path

import pytest

from hubaction.build.context import list_context
from hubaction.guard.context import guard_context
from hubaction.guard.scan import Finding, Scanner
from tests.support.corpus import unpacked

ORDINARY = {
    "astropy==7.1.0": "c8f254322295b1b8cf24303d6f155bf7efdb6c1282882b966ce3040eff8c53c5",
    "distributed==2025.9.1": "285e0de86fd5e1b941f283f5fd661884645a6a28b06d2a2fdb18079b823aca58",
    "jupyterlab==4.4.9": "ea55aca8269909016d5fde2dc09b97128bc931230183fe7e2920ede5154ad9c2",
    "nbconvert==7.16.6": "576a7e37c6480da7b8465eefa66c17844243816ce1ccc372633c6b71c3c0f582",
    "nbformat==5.10.4": "322168b14f937a5d11362988ecac2a4952d3d8e3a2cbeb2319584631226d5b3a",
    "networkx==3.5": "d4c6f9cf81f52d69230866796b82afbccdec3db7ae4fbd1b65ea750feed50037",
    "pandas==2.3.3": "e05e1af93b977f7eafa636d043f9f94c7ee3ac81af99c13508215942e64c993b",
    "scikit-learn==1.7.2": "20e9e49ecd130598f1ca38a1d85090e1a600147b9c02fa6f15d69cb53d968fda",
    "seaborn==0.13.2": "93e60a40988f4d65e9f4885df477e2fdaff6b73a9ded434c1ab356dd57eefff7",
    "statsmodels==0.14.5": "de260e58cccfd2ceddf835b55a357233d6ca853a1aa4f90f7553a52cc71c6ddf",
    "xarray==2025.9.0": "7dd6816fe0062c49c5e9370dd483843bc13e5ed80a47a9ff10baff2b51e070fb",
}
"""Pinned, so that an alarm is ours."""
WITH_A_KEY = ("tornado==6.5.2", "ab53c8f9a0fa351e2c0741284e06c7a45da86afb544133201c5cc8578eb076a0")


def scan(folder: Path) -> list[Finding]:
    files = list_context(folder, include_git=False)
    assert len(files.paths) > 50
    return Scanner([]).scan(folder, files.paths)


@pytest.mark.parametrize("requirement", ORDINARY)
def test_corpus__no_alarm(requirement: str) -> None:
    with unpacked(requirement, ORDINARY[requirement]) as folder:
        # Beside it nothing is found, and by it one sees that all was read.
        (folder / "added.py").write_text("TOKEN = 'ghp" + "_" + "q8Z7rT2wX9vKbM4nLpYc1dFgHjS5aEuR0iOt'\n")
        assert [finding.file for finding in scan(folder)] == ["added.py"]


def test_corpus__a_key_among_test_data_is_found_and_can_be_allowed() -> None:
    with unpacked(*WITH_A_KEY) as folder:
        assert scan(folder) == [Finding(f"{folder_name(folder)}/tornado/test/test.key", 1, "a private key")]
        files = list_context(folder, include_git=False)
        guarded = guard_context(files, workspace=folder, given=[], allowed=["**/test/*.key"])
        assert guarded.files == files


def folder_name(folder: Path) -> str:
    (inner,) = folder.iterdir()
    return inner.name
