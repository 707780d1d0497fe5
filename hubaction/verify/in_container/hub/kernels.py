"""Starts a kernel of a running server and runs a cell in it, as a browser does.

It has to run on any Python 3.6 or newer, and needs nothing but the standard library. The messages are those of
https://jupyter-client.readthedocs.io/en/stable/messaging.html, over the server's websocket.
"""

import base64
import json
import os
import socket
import struct
import time
import uuid

CELLS = {
    "python": "print(6 * 7)",
    "r": "cat(6 * 7)",
    "julia": "println(6 * 7)",
    "bash": "echo 42",
    "javascript": "console.log(6 * 7)",
}
"""Code that must run without an error. A kernel of another language may report that it does not understand it."""
OTHER_CELL = "1"
MAX_FRAME = 16 * 1024 * 1024
BETWEEN_LOOKS = 2
"""Seconds without a message after which we check that the kernel exists."""


class KernelError(Exception):
    """The kernel did not run the cell."""


def run_cell(server, name, language, timeout):
    """Start the kernel, run a cell, shut the kernel down; raises KernelError within about `timeout` seconds."""
    deadline = time.time() + timeout
    status, body = server.ask("POST", "api/kernels", {"name": name}, timeout)
    if status != 201:
        raise KernelError("it does not start: " + _reason(status, body))
    kernel = json.loads(body)["id"]
    try:
        _execute(server, kernel, language.lower(), deadline)
    except (OSError, EOFError) as error:
        raise KernelError("it does not answer: %s" % (error or type(error).__name__)) from error
    finally:
        try:
            server.ask("DELETE", "api/kernels/" + kernel, None, 20)
        except OSError:
            pass


def _reason(status, body):
    try:
        return "%s, %s" % (status, json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return str(status)


def _execute(server, kernel, language, deadline):
    request = _execute_request(CELLS.get(language, OTHER_CELL))
    path = "api/kernels/%s/channels?session_id=%s" % (kernel, request["header"]["session"])
    with WebSocket(server, path, deadline, lambda: _check_alive(server, kernel)) as channel:
        channel.send(json.dumps(request))
        while True:
            message = channel.receive()
            content = message.get("content") or {}
            if content.get("execution_state") in ("restarting", "dead"):
                raise KernelError("it died")
            if message.get("msg_type") == "execute_reply" and _answers(message, request):
                return _judge(content, language)


def _check_alive(server, kernel):
    """The server gives up a kernel that keeps dying, and does not notify clients that wait for it."""
    status, body = server.ask("GET", "api/kernels/" + kernel, None, 20)
    state = json.loads(body).get("execution_state") if status == 200 else "dead"
    if state in ("restarting", "dead"):
        raise KernelError("it died")


def _answers(message, request):
    return (message.get("parent_header") or {}).get("msg_id") == request["header"]["msg_id"]


def _judge(content, language):
    if language in CELLS and content.get("status") != "ok":
        why = "%s: %s" % (content.get("ename"), content.get("evalue"))
        raise KernelError("the cell `%s` failed with %s" % (CELLS[language], why))


def _execute_request(code):
    header = {
        "msg_id": uuid.uuid4().hex,
        "session": uuid.uuid4().hex,
        "username": "user",
        "msg_type": "execute_request",
        "version": "5.3",
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    content = {
        "code": code,
        "silent": False,
        "store_history": False,
        "user_expressions": {},
        "allow_stdin": False,
        "stop_on_error": True,
    }
    return {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}


class WebSocket:
    """The part of RFC 6455 that is needed to send texts and to receive JSON: https://www.rfc-editor.org/rfc/rfc6455"""

    def __init__(self, server, path, deadline, on_silence):
        self.deadline = deadline
        self.on_silence = on_silence
        self.received = b""
        self.connection = socket.create_connection(server.address, BETWEEN_LOOKS)
        try:
            self._open(server, path)
        except BaseException:
            self.connection.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.connection.close()

    def _open(self, server, path):
        lines = [
            "GET %s HTTP/1.1" % (server.prefix + path),
            "Host: %s:%s" % server.address,
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)).decode(),
            "Authorization: token " + server.token,
        ]
        self.connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.received:
            self._receive()
        head, _, self.received = self.received.partition(b"\r\n\r\n")
        first = head.split(b"\r\n")[0].decode("latin-1")
        if " 101 " not in first:
            raise KernelError("its channel does not open: " + first)

    def send(self, text, opcode=1):
        """Frames from a client are masked."""
        data = text.encode()
        mask = os.urandom(4)
        size = struct.pack("!B", 0x80 | len(data)) if len(data) < 126 else struct.pack("!BH", 0x80 | 126, len(data))
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(data))
        self.connection.sendall(struct.pack("!B", 0x80 | opcode) + size + mask + masked)

    def receive(self):
        """The next message that is JSON; control frames and binary messages are skipped."""
        while True:
            opcode, data = self._frame()
            if opcode == 8:
                raise EOFError("the server closed its channel")
            if opcode == 9:
                self.send(data.decode("latin-1"), opcode=10)
            if opcode == 1:
                return json.loads(data.decode())

    def _frame(self):
        opcode, data, final = 0, b"", False
        while not final:
            first, second = self._read(2)
            final, part = bool(first & 0x80), first & 0x0F
            opcode = part or opcode
            data += self._read(self._size(second & 0x7F))
        return opcode, data

    def _size(self, size):
        if size == 126:
            (size,) = struct.unpack("!H", self._read(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", self._read(8))
        if size > MAX_FRAME:
            raise EOFError("a message of %s bytes" % size)
        return size

    def _read(self, size):
        while len(self.received) < size:
            self._receive()
        data, self.received = self.received[:size], self.received[size:]
        return data

    def _receive(self):
        while time.time() < self.deadline:
            try:
                data = self.connection.recv(65536)
            except socket.timeout:
                self.on_silence()
                continue
            if not data:
                raise EOFError("the server closed its channel")
            self.received += data
            return
        raise EOFError("it said nothing for too long")
