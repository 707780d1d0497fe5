"""Explains why an image does not start on a hub, and names the file to change."""

from pathlib import PurePosixPath

from hubaction.errors import ActionError
from hubaction.verify.hub_container import PORT, SINGLEUSER
from hubaction.verify.hub_evidence import Evidence
from hubaction.verify.hub_image import find_start_script, is_below
from hubaction.verify.hub_log import find_blamed_program, find_last_exception, is_import_error, read_start_error

MAX_QUOTE = 300
OUTSIDE_OF_HOME = (
    "a hub mounts the user's own files over the home folder. Keep it elsewhere: the input 'repo-dir', whose default is"
    " /srv/repo, says where repo2docker puts the repository; in a Dockerfile, install and COPY to folders outside of"
    " the home"
)


class HubCheckError(ActionError):
    """A hub could not start the image, or its users could not work in it."""

    def __init__(self, message: str, file: str | None = None) -> None:
        super().__init__(message, file=file, title="Hub check failed")


def explain(seen: Evidence) -> HubCheckError:
    """Find out why a server was not ready, from the surest sign to the least sure."""
    if (seen.state and seen.state.out_of_memory) or seen.event.get("killed"):
        return _out_of_memory(seen)
    if seen.not_started:
        return _explain_program(seen, *read_start_error(seen.not_started))
    if seen.state and not seen.state.running:
        return _explain_end(seen)
    return _explain_silence(seen)


def _out_of_memory(seen: Evidence) -> HubCheckError:
    return HubCheckError(
        f"The image's server was killed: it takes more than the {format_memory(seen.policy.memory_bytes)} of memory"
        " that a user has (input 'hub-memory'). Start less with it, or set 'hub-memory' to what the hub really gives.",
        seen.start_file if find_start_script(seen.image) else seen.packages_file,
    )


def format_memory(size: int) -> str:
    return f"{size / 1024**3:.3g} GB" if size >= 1024**3 else f"{size / 1024**2:.3g} MB"


# --- programs that are missing or not executable ---


def _explain_program(seen: Evidence, program: str, forbidden: bool) -> HubCheckError:
    if not program:
        return HubCheckError(f"The image's first process could not be started: {_quote(seen.not_started)}.")
    if forbidden:
        return _not_executable(seen, program)
    if _is_hidden(seen, program):
        return _hidden(seen, program)
    name = PurePosixPath(program).name
    if name == SINGLEUSER and not seen.programs.singleuser:
        return HubCheckError(
            f"The image has no {SINGLEUSER}, the command by which hubs start a user's server. Add the package"
            " jupyterhub (conda-forge: jupyterhub-singleuser) to the image's packages, best in the hub's own version.",
            seen.packages_file,
        )
    if program == find_start_script(seen.image):
        return HubCheckError(
            f"The image starts with '{_quote(program)}' (its ENTRYPOINT, or the script 'start'), and there is no such"
            " file in it, or the program in its first line is missing.",
            seen.start_file,
        )
    return HubCheckError(
        f"The command '{_quote(program)}' was not found in the image, so hubs cannot start a server. Install it to a"
        f" folder of PATH ({_quote(seen.image.environment.get('PATH', ''))}), or correct the input 'hub-command'.",
        seen.packages_file,
    )


def _is_hidden(seen: Evidence, program: str) -> bool:
    on_path = "/" not in program and bool(seen.hidden.program_folders)
    in_home = bool(seen.programs.singleuser) and is_below(seen.programs.singleuser, seen.home)
    return is_below(program, seen.home) if "/" in program else on_path and (program != SINGLEUSER or in_home)


def _hidden(seen: Evidence, program: str) -> HubCheckError:
    place = program if "/" in program else ", ".join(seen.hidden.program_folders)
    what = f"'{_quote(program)}'" if place == program else f"'{_quote(program)}' (in {_quote(place)})"
    return HubCheckError(
        f"{what} is in the home folder of the image, and is gone on a hub: {OUTSIDE_OF_HOME}.",
        seen.find("Dockerfile") or seen.start_file,
    )


def _not_executable(seen: Evidence, program: str) -> HubCheckError:
    file = seen.find(PurePosixPath(program).name)
    fix = f"git update-index --chmod=+x {file}" if file else "RUN chmod"
    return HubCheckError(
        f"'{_quote(program)}' may not be run by the notebook user, so hubs cannot start a server. Make it executable,"
        f" and readable, for everybody: `{fix}`, or chmod 755 in the Dockerfile.",
        file or seen.find("start", "Dockerfile") or seen.packages_file,
    )


# --- servers that have ended ---


def _explain_end(seen: Evidence) -> HubCheckError:
    code = seen.state.exit_code if seen.state else 0
    asked = bool(seen.event.get("asked"))
    last = find_last_exception(seen.log)
    if is_import_error(last):
        return HubCheckError(
            f"The image's server does not start, since something that it imports is missing or broken: {_quote(last)}."
            " Add the package, or a version that fits the others, to the image's packages.",
            seen.packages_file,
        )
    if code:
        program, forbidden = find_blamed_program(seen.log[-5:])
        if program and (forbidden or code in {126, 127} or last):
            return _explain_program(seen, program, forbidden)
    if find_start_script(seen.image) and not asked and (not last or code == 0):
        return _start_ended(seen, code)
    said = last or next((line for line in reversed(seen.log) if line.strip()), "nothing")
    return HubCheckError(
        f"The image's server ended with exit code {code} before it was ready. It said: {_quote(said)}. The log above"
        " has all of it.",
        seen.start_file if find_start_script(seen.image) else seen.packages_file,
    )


def _start_ended(seen: Evidence, code: int) -> HubCheckError:
    said = next((line for line in reversed(seen.log) if line.strip()), "")
    script = _quote(find_start_script(seen.image))
    return HubCheckError(
        f"'{script}', with which the image starts, ended with exit code {code} and left no server"
        f" running{f', after it said: {_quote(said)}' if said else ''}. It gets the server's command as its"
        ' arguments: let it end with exec "$@". Here, it has an empty home folder, as on a hub, and no network.',
        seen.start_file,
    )


# --- servers that run but are not ready ---


def _explain_silence(seen: Evidence) -> HubCheckError:
    cause, detail = str(seen.event.get("cause", "closed")), _quote(str(seen.event.get("detail", "")))
    waited = f"within {seen.policy.timeout} s (input 'hub-timeout')"
    if cause == "local-only":
        return HubCheckError(
            f"The image's server listens at 127.0.0.1 only, where a hub's proxy cannot reach it. Leave its address to"
            f" {SINGLEUSER}, which takes it from JUPYTERHUB_SERVICE_URL: look for 'ip' in Jupyter's configuration in"
            " the image.",
            seen.find("start", "Dockerfile"),
        )
    if cause == "wrong-answer":
        return HubCheckError(
            f"The image's server answered {detail} where a user's server has its status, and was not ready {waited}. Is"
            f" it {SINGLEUSER} that starts (input 'hub-command')? Its log is above.",
            seen.start_file,
        )
    if find_start_script(seen.image) and not seen.event.get("asked"):
        return HubCheckError(
            f"'{_quote(find_start_script(seen.image))}', with which the image starts, runs on, and no server has opened"
            f' port {PORT} {waited}. It gets the server\'s command as its arguments: let it end with exec "$@". Here,'
            " it has an empty home folder, as on a hub, and no network.",
            seen.start_file,
        )
    return HubCheckError(
        f"The image's server runs, and has not opened port {PORT} {waited}. Its log is above. Let it start faster, or"
        " give it the time that your hub gives (its http_timeout).",
        seen.start_file,
    )


# --- servers that are ready but cannot be used ---


def explain_page(seen: Evidence) -> HubCheckError:
    page, status = seen.policy.default_url, seen.event.get("status")
    if status == 404 and page.startswith("/lab"):
        return HubCheckError(
            "The image's server has no /lab (404), which users get on the hub: JupyterLab is not installed, or not as"
            " the server's extension. Add the package jupyterlab, or name your hub's page in 'hub-default-url'.",
            seen.packages_file,
        )
    why = _quote(str(seen.event.get("detail", "")))
    return HubCheckError(
        f"The image's server is ready, and its page {page} (input 'hub-default-url') does not open: {status or 'no'}"
        f" answer ({why}). Its log is above.",
        seen.packages_file,
    )


def explain_kernel(seen: Evidence, name: str, error: str) -> HubCheckError:
    """The last traceback in the server's output says more than that a kernel died."""
    killed = (seen.state and seen.state.out_of_memory) or seen.event.get("killed")
    if killed:
        why = f"it was killed, for it takes more than {format_memory(seen.policy.memory_bytes)} (input 'hub-memory')"
    else:
        why = " - ".join(filter(None, (error, find_last_exception(seen.log))))
    file = (seen.find("postBuild") if name not in {"python3", "ir"} else None) or seen.packages_file
    return HubCheckError(
        f"The kernel '{_quote(name)}' runs no cell: {_quote(why)}. Users who choose it cannot work. Install what it"
        " needs beside it, or remove its specification (jupyter kernelspec remove).",
        file,
    )


def explain_no_kernels(seen: Evidence) -> HubCheckError:
    return HubCheckError(
        "The image has no kernel, so nobody can run a cell in it. Add one, e.g. the package ipykernel.",
        seen.packages_file,
    )


def explain_many_kernels(seen: Evidence, count: int, tried: int) -> HubCheckError:
    return HubCheckError(
        f"The image has {count} kernels, and no more than {tried} are tried. Remove the specifications that nobody"
        " uses (jupyter kernelspec remove), or set hub-check: warn.",
        seen.packages_file,
    )


def _quote(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= MAX_QUOTE else flat[: MAX_QUOTE - 1] + "…"
