"""Stands in for the Hub's API towards a user's server, inside that server's own container.

It has to run on any Python 3.6 or newer, and needs nothing but the standard library. The answers are those that
https://jupyterhub.readthedocs.io/en/stable/reference/rest-api.html describes, as far as jupyterhub-singleuser asks.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import ThreadingMixIn
from urllib.parse import urlsplit


class HubServer(ThreadingMixIn, HTTPServer):
    """One user, two tokens: the server's own, and the user's. `asked` says whether there was any request."""

    daemon_threads = True

    def __init__(self, url, user, tokens, version):
        """`version` is the Hub's, as it reports it; empty for a Hub that does not report one."""
        place = urlsplit(url)
        self.path = place.path.rstrip("/")
        self.user = user
        self.tokens = tokens
        self.version = version
        self.asked = False
        HTTPServer.__init__(self, (place.hostname, place.port), _Handler)

    def start(self):
        thread = threading.Thread(target=self.serve_forever)
        thread.daemon = True
        thread.start()

    def user_model(self):
        return {
            "kind": "user",
            "name": self.user,
            "admin": False,
            "groups": [],
            "roles": ["user"],
            "server": None,
            "pending": None,
            "last_activity": None,
            "servers": {},
            "session_id": None,
            "scopes": ["access:servers!user=" + self.user, "read:users:name!user=" + self.user],
        }


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked = True
        path = self.path.partition("?")[0].rstrip("/")
        if path == self.server.path:
            self._answer(200, {"version": self.server.version})
        elif path == self.server.path + "/user" and self._token() not in self.server.tokens:
            self._answer(403, {"status": 403, "message": "Missing or invalid credentials."})
        elif path == self.server.path + "/user":
            self._answer(200, self.server.user_model())
        else:
            self._answer(404, {"status": 404, "message": "Not found"})

    def do_POST(self):
        self.server.asked = True
        # The body has to be read, or the connection is reset while the client sends it.
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        known = self.path.startswith(self.server.path + "/users/") and self.path.endswith("/activity")
        self._answer(200 if known else 404, {})

    def _token(self):
        return (self.headers.get("Authorization") or "").partition(" ")[2]

    def _answer(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.server.version:
            self.send_header("X-JupyterHub-Version", self.server.version)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        """Log nothing: standard output is for events."""
