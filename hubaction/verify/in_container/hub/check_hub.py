"""Watches a user's server become ready, from inside its container: `check_hub.py SETTINGS`, a JSON object.

It has to run on any Python 3.6 or newer, and needs nothing but the standard library. What it sees is printed as JSON,
one event a line.
"""

import http.client
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import time
from urllib.parse import urljoin, urlsplit

# In the isolated mode, in which this runs, a script's folder is not searched for modules.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from kernels import KernelError, run_cell
from stand_in import HubServer

PACKAGES = ("jupyterhub", "jupyterlab", "notebook", "jupyter_server")
MAX_KERNELS = 100
"""hubaction/verify/hub_check.py says that more are too many."""
MAX_REDIRECTS = 5
BETWEEN_LOOKS = 0.1
PROXY_ADDRESS = "127.0.0.2"
"""Requests come from here, as from a hub's proxy: a server that listens at 127.0.0.1 only does not get them."""


def main():
    settings = json.loads(sys.argv[1])
    environ = os.environ
    versions = find_versions()
    hub = HubServer(
        environ["JUPYTERHUB_API_URL"],
        environ["JUPYTERHUB_USER"],
        (environ["JUPYTERHUB_API_TOKEN"], settings["token"]),
        settings["hub_version"] or versions.get("jupyterhub", ""),
    )
    hub.start()
    server = Server(environ["JUPYTERHUB_SERVICE_URL"], settings["token"])
    problem = wait_until_ready(server, settings["timeout"])
    if problem:
        tell("not-ready", cause=problem[0], detail=problem[1], asked=hub.asked, killed=was_killed())
        return
    tell("ready", memory=memory_in_use(), hub_version=hub.version, open=lets_anybody_in(server))
    tell("versions", versions=dict(versions, **find_r()))
    status, detail = server.open_page(settings["default_url"], settings["timeout"])
    if status != 200:
        tell("no-page", status=status, detail=detail)
        return
    check_kernels(server, settings["timeout"])
    tell("done")


def tell(event, **facts):
    print(json.dumps(dict(facts, event=event)), flush=True)


class Server:
    """The user's server, as the hub's proxy reaches it."""

    def __init__(self, url, token):
        """Without a token, requests are not authenticated."""
        self.url = url
        place = urlsplit(url)
        self.address = (PROXY_ADDRESS, place.port)
        self.prefix = place.path.rstrip("/") + "/"
        self.token = token

    def ask(self, method, path, content=None, timeout=10):
        """Status and text of the response; raises OSError when there is none."""
        status, _, body = self.ask_at(method, self.prefix + path, content, timeout)
        return status, body

    def ask_at(self, method, path, content, timeout):
        connection = http.client.HTTPConnection(self.address[0], self.address[1], timeout=timeout)
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = "token " + self.token
        try:
            connection.request(method, path, None if content is None else json.dumps(content), headers)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Location") or "", answer.read().decode("utf-8", "replace")
        except http.client.HTTPException as error:
            raise OSError("no HTTP: %r" % error) from error
        finally:
            connection.close()

    def open_page(self, page, timeout):
        """Status of the page that a user gets, after redirects, and a detail."""
        path = self.prefix + page.lstrip("/")
        for _ in range(MAX_REDIRECTS):
            try:
                status, location, _ = self.ask_at("GET", path, None, timeout)
            except OSError as error:
                return 0, str(error)
            if status not in (301, 302, 303, 307, 308):
                return status, path
            there = urlsplit(urljoin(path, location))
            path = there.path + ("?" + there.query if there.query else "")
            if not path.startswith(self.prefix):
                return status, "redirected to " + path
        return status, "redirected again and again"


def wait_until_ready(server, timeout):
    """None when it is ready; else a cause and a detail."""
    deadline = time.time() + timeout
    problem = None
    while time.time() < deadline:
        try:
            status, body = server.ask("GET", "api/status", timeout=max(1, deadline - time.time()))
            if status == 200 and is_status(body):
                return None
            problem = ("wrong-answer", str(status))
            if status in (403, 404):
                # It is up, and it will not change its mind; a start script's own page might be replaced, though.
                deadline = min(deadline, time.time() + 5)
        except OSError as error:
            problem = ("closed", str(error))
        time.sleep(BETWEEN_LOOKS)
    if problem and problem[0] == "closed" and listens(("127.0.0.1", server.address[1])):
        return "local-only", ""
    return problem or ("closed", "")


def lets_anybody_in(server):
    """A hub's proxy passes every request on to the server, which has to authenticate users itself."""
    try:
        status, body = Server(server.url, "").ask("GET", "api/status")
    except OSError:
        return False
    return status == 200 and is_status(body)


def is_status(body):
    try:
        return "started" in json.loads(body)
    except (ValueError, TypeError):
        return False


def listens(address):
    try:
        socket.create_connection(address, 1).close()
        return True
    except OSError:
        return False


def check_kernels(server, timeout):
    status, body = server.ask("GET", "api/kernelspecs", timeout=timeout)
    try:
        specs = json.loads(body)["kernelspecs"] if status == 200 else {}
    except (ValueError, KeyError, TypeError):
        specs = {}
    names = sorted(specs)
    tell("kernels", names=names)
    for name in names[:MAX_KERNELS]:
        started = time.time()
        error = ""
        try:
            run_cell(server, name, str(specs[name].get("spec", {}).get("language", "")), timeout)
        except KernelError as failed:
            error = str(failed)
        except (OSError, ValueError, KeyError) as failed:
            error = "it does not start: %r" % failed
        tell("kernel", name=name, seconds=round(time.time() - started, 1), error=error, killed=was_killed())


def find_versions():
    """Of Python and of the packages that matter on a hub, for the interpreter that the server runs with."""
    versions = {"python": platform.python_version()}
    for name in PACKAGES:
        version = find_version(name)
        if version:
            versions[name] = version
    return versions


def find_version(name):
    try:
        from importlib import metadata
    except ImportError:  # before Python 3.8
        return find_version_by_pkg_resources(name)
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def find_version_by_pkg_resources(name):
    try:
        import pkg_resources
    except ImportError:
        return ""
    try:
        return pkg_resources.get_distribution(name).version
    except pkg_resources.ResolutionError:
        return ""


def find_r():
    program = shutil.which("R")
    if not program:
        return {}
    try:
        said = subprocess.check_output([program, "--version"], timeout=30).decode("utf-8", "replace")
    except (OSError, subprocess.SubprocessError):
        return {}
    words = said.split()  # R version 4.4.1 (2024-06-14) -- "Race for Your Life"
    return {"R": words[2]} if words[:2] == ["R", "version"] and len(words) > 2 else {}


def memory_in_use():
    """Bytes that count for the container's memory limit and cannot be freed, without our own; None if unknown.

    https://kubernetes.io/docs/tasks/debug/debug-cluster/resource-metrics-pipeline/#memory calls it the working set.
    """
    for current, statistics, inactive in (
        ("/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory.stat", "inactive_file"),
        (
            "/sys/fs/cgroup/memory/memory.usage_in_bytes",
            "/sys/fs/cgroup/memory/memory.stat",
            "total_inactive_file",
        ),
    ):
        try:
            with open(current) as stream:
                used = int(stream.read())
            return max(0, used - read_counter(statistics, inactive) - own_memory())
        except (OSError, ValueError):
            pass
    return None


def read_counter(path, name):
    with open(path) as stream:
        for line in stream:
            words = line.split()
            if words[:1] == [name]:
                return int(words[1])
    return 0


def own_memory():
    """Bytes that no other process shares."""
    with open("/proc/self/statm") as stream:
        _, resident, shared = stream.read().split()[:3]
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")


def was_killed():
    """Whether the memory limit has killed a process."""
    for path in ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"):
        try:
            if read_counter(path, "oom_kill"):
                return True
        except (OSError, ValueError):
            pass
    return False


main()
