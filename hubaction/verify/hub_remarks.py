"""Remarks on an image that works on a hub, but may not work for its users."""

from collections.abc import Iterator

from hubaction.results import HubChecked, Remark
from hubaction.verify.hub_container import SINGLEUSER
from hubaction.verify.hub_diagnosis import OUTSIDE_OF_HOME
from hubaction.verify.hub_evidence import Evidence


def make_remarks(result: HubChecked, seen: Evidence) -> tuple[Remark, ...]:
    return (*_remark_on_hidden_files(seen), *_remark_on_version(result, seen), *_remark_on_open_door(result, seen))


def _remark_on_hidden_files(seen: Evidence) -> Iterator[Remark]:
    names = ", ".join((*seen.hidden.files[:3], *seen.hidden.program_folders[:3]))
    if names:
        yield Remark(
            f"The image's home folder, {seen.home}, holds what users of a hub will not see ({names}):"
            f" {OUTSIDE_OF_HOME}.",
            seen.find("Dockerfile") or "",
        )


def _remark_on_version(result: HubChecked, seen: Evidence) -> Iterator[Remark]:
    """JupyterHub itself warns of this: https://github.com/jupyterhub/jupyterhub/blob/5.2.1/jupyterhub/_version.py"""
    hub, own = seen.policy.version, result.versions.get("jupyterhub", "")
    if hub and own and hub.partition(".")[0] != own.partition(".")[0]:
        yield Remark(
            f"The hub is JupyterHub {hub}, and the image has {own}: such a server starts, and JupyterHub warns that"
            " users may fail to log in to it, or be redirected without end. Install the hub's major version in it.",
            seen.packages_file or "",
        )


def _remark_on_open_door(result: HubChecked, seen: Evidence) -> Iterator[Remark]:
    """https://jupyterhub.readthedocs.io/en/stable/reference/singleuser.html: the server itself asks for the login."""
    if result.lets_anybody_in:
        yield Remark(
            "The image's server lets in whoever knows its address, without a login: on a hub, everybody could use it as"
            f" its user. Have it started by {SINGLEUSER}, and remove what turns off its login, such as an empty token"
            " or password.",
            seen.find("Dockerfile") or "",
        )
