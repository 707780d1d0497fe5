"""Uses a hub as its users do: `hub_user.py TASK`, run with the hub's own Python, for what it has of tornado.

For each image of the task a user is made, a server started from it, its page opened and a cell run in every kernel,
with a token of that user's and through the hub's proxy. What came of it is printed as JSON.
"""

import asyncio
import json
import sys
import uuid
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest, HTTPResponse
from tornado.websocket import WebSocketError, websocket_connect

CELL = "print(6 * 7)"


class NoUseError(Exception):
    """The server is of no use to its user."""


async def main() -> None:
    task = json.loads(sys.argv[1])
    turns = asyncio.Semaphore(task["at_once"])

    async def try_one(user: str, image: str) -> tuple[str, dict[str, Any]]:
        async with turns:
            try:
                await asyncio.wait_for(use(task, user, image), task["seconds"] * 3)
            except NoUseError as error:
                return user, {"works": False, "why": str(error)}
            except TimeoutError:
                return user, {"works": False, "why": "it took too long"}
            return user, {"works": True, "why": ""}

    done = await asyncio.gather(*(try_one(user, image) for user, image in task["images"].items()))
    print(json.dumps(dict(done)))


async def use(task: dict[str, Any], user: str, image: str) -> None:
    hub = Session(f"{task['url']}/hub/api/users/{user}", task["token"])
    await hub.ask("POST", "", {})
    token = json.loads((await hub.ask("POST", "/tokens", {})).body)["token"]
    try:
        await start(hub, image)
        await use_server(Session(f"{task['url']}/user/{user}", token), task["seconds"])
    finally:
        await hub.ask("DELETE", "/server")


async def start(hub: "Session", image: str) -> None:
    answer = await hub.ask("POST", "/server", {"image": image})
    if answer.code not in {201, 202}:
        raise NoUseError(f"the hub did not start it: {answer.code}")
    while True:
        server = json.loads((await hub.ask("GET", "")).body)["servers"].get("", {})
        if server.get("ready"):
            return
        if not server.get("pending"):
            raise NoUseError("the hub did not start it")
        await asyncio.sleep(0.2)


async def use_server(server: "Session", seconds: int) -> None:
    page = await server.ask("GET", "/lab")
    if page.code != 200:
        raise NoUseError(f"/lab: {page.code}")
    specs = json.loads((await server.ask("GET", "/api/kernelspecs")).body)["kernelspecs"]
    if not specs:
        raise NoUseError("there is no kernel")
    for name in sorted(specs):
        try:
            printed = await asyncio.wait_for(run_cell(server, name), seconds)
        except TimeoutError:
            raise NoUseError(f"kernel {name}: no answer") from None
        except (HTTPClientError, WebSocketError, OSError) as error:
            raise NoUseError(f"kernel {name}: its channel does not open ({error})") from error
        if printed.strip() != "42":
            raise NoUseError(f"kernel {name}: it printed {printed!r}")


async def run_cell(server: "Session", name: str) -> str:
    """What the cell prints; '' when the kernel dies of it."""
    started = await server.ask("POST", "/api/kernels", {"name": name})
    if started.code != 201:
        return f"nothing: {started.code}"
    kernel = json.loads(started.body)["id"]
    url = f"{server.url.replace('http', 'ws', 1)}/api/kernels/{kernel}/channels"
    # For a kernel that dies the server waits a minute. It is to end that, not we: a proxy falls with such a connection.
    channel = await websocket_connect(HTTPRequest(url, headers=server.headers, request_timeout=120))
    request = execute_request()
    await channel.write_message(json.dumps(request))
    printed = ""
    while (text := await channel.read_message()) is not None:
        message = json.loads(text)
        content = message["content"]
        if content.get("execution_state") in {"dead", "restarting"}:
            return ""
        if message["parent_header"].get("msg_id") != request["header"]["msg_id"]:
            continue
        if message["msg_type"] == "stream":
            printed += content["text"]
        if message["msg_type"] == "status" and content["execution_state"] == "idle":
            break
    await server.ask("DELETE", f"/api/kernels/{kernel}")
    return printed


def execute_request() -> dict[str, Any]:
    header = {"msg_id": uuid.uuid4().hex, "session": uuid.uuid4().hex, "username": "", "version": "5.3"}
    content = {"code": CELL, "silent": False, "allow_stdin": False}
    return {
        "header": {**header, "msg_type": "execute_request"},
        "parent_header": {},
        "metadata": {},
        "content": content,
        "channel": "shell",
    }


class Session:
    """An address, and a token for it."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.headers = {"Authorization": f"token {token}"}

    async def ask(self, method: str, path: str, content: dict[str, Any] | None = None) -> HTTPResponse:
        body = None if content is None else json.dumps(content)
        request = HTTPRequest(
            self.url + path, method=method, headers=self.headers, body=body, request_timeout=120, follow_redirects=False
        )
        return await AsyncHTTPClient().fetch(request, raise_error=False)


if __name__ == "__main__":
    asyncio.run(main())
