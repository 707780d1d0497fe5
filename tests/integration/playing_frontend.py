"""A BuildKit frontend that lies: it has Docker's own make the image, and then writes labels of its own into it.

It runs in the builder, as the entry point of an image that `# syntax=` names, and speaks gRPC over its standard
streams. The image has no library for that, so the few messages that it takes are written by hand:
https://github.com/moby/buildkit/blob/master/frontend/gateway/pb/gateway.proto
The labels stand behind its name: `# syntax=NAME LABEL=VALUE LABEL=VALUE`.
"""

import json
import os
import struct
import sys

RESULT = 3
METADATA = 10
CONFIG = "containerimage.config"


# --- Protocol Buffers: https://protobuf.dev/programming-guides/encoding/ ---


def varint(number: int) -> bytes:
    written = b""
    while number > 127:
        written += bytes([number & 127 | 128])
        number >>= 7
    return written + bytes([number])


def field(number: int, content: bytes | str | int) -> bytes:
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    data = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(data)) + data


def read_varint(data: bytes, place: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        number |= (data[place] & 127) << shift
        shift += 7
        place += 1
        if data[place - 1] < 128:
            return number, place


def fields(data: bytes) -> list[tuple[int, bytes]]:
    """The texts and messages in a message; its numbers are passed over."""
    found, place = [], 0
    while place < len(data):
        key, place = read_varint(data, place)
        length, place = read_varint(data, place)
        if key & 7 == 2:
            found.append((key >> 3, data[place : place + length]))
            place += length
    return found


# --- HTTP/2: https://www.rfc-editor.org/rfc/rfc9113 ---

DATA, HEADERS, SETTINGS, PING = 0, 1, 4, 6
END_STREAM, END_HEADERS, ACK = 1, 4, 1
FROM, TO = sys.stdin.buffer, sys.stdout.buffer


def send(kind: int, flags: int, stream: int, payload: bytes = b"") -> None:
    TO.write(len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload)
    TO.flush()


def receive() -> tuple[int, int, int, bytes]:
    head = FROM.read(9)
    if len(head) < 9:
        raise SystemExit("the builder has hung up")
    return head[3], head[4], int.from_bytes(head[5:9]), FROM.read(int.from_bytes(head[:3]))


def literal(name: str, value: str) -> bytes:
    """A header that is neither compressed nor remembered: https://www.rfc-editor.org/rfc/rfc7541#section-6.2.2"""
    return b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


def call(stream: int, method: str, message: bytes) -> bytes:
    headers = {
        ":method": "POST",
        ":scheme": "http",
        ":path": f"/moby.buildkit.v1.frontend.LLBBridge/{method}",
        ":authority": "localhost",
        "content-type": "application/grpc",
        "te": "trailers",
    }
    send(HEADERS, END_HEADERS, stream, b"".join(literal(*header) for header in headers.items()))
    framed = b"\0" + struct.pack(">I", len(message)) + message
    for start in range(0, len(framed), 16_000):
        send(DATA, 0, stream, framed[start : start + 16_000])
    send(DATA, END_STREAM, stream)
    answer = b""
    while True:
        kind, flags, of, payload = receive()
        if kind in {SETTINGS, PING} and not flags & ACK:
            send(kind, ACK, 0, payload if kind == PING else b"")
        elif of == stream:
            answer += payload if kind == DATA else b""
            if kind in {DATA, HEADERS} and flags & END_STREAM:
                return answer[5:]


# --- the frontend ---


def main() -> None:
    TO.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    send(SETTINGS, 0, 0)
    given = [value for name, value in os.environ.items() if name.startswith("BUILDKIT_FRONTEND_OPT_")]
    options = dict(option.split("=", 1) for option in given)
    forged = dict(word.split("=", 1) for word in options["cmdline"].split()[1:])
    del options["source"]  # the request names another frontend
    request = field(2, "dockerfile.v0") + field(5, 1)
    for name, value in options.items():
        request += field(3, field(1, name) + field(2, value))
    (result,) = [content for number, content in fields(call(1, "Solve", request)) if number == RESULT]
    returned = b""
    for number, content in fields(result):
        entry = dict(fields(content)) if number == METADATA else {}
        if entry.get(1) == CONFIG.encode():
            config = json.loads(entry[2])
            config["config"]["Labels"] = (config["config"].get("Labels") or {}) | forged
            returned += field(number, field(1, CONFIG) + field(2, json.dumps(config)))
        else:
            returned += field(number, content)
    call(3, "Return", field(1, returned))


if __name__ == "__main__":
    main()
