"""The public HTTP API of a node, over connections that are kept open, one for each thread."""

import http.client
import json
import threading
import urllib.parse

ANSWER_BYTES_MAX = 64 * 1024 * 1024


class Unreachable(Exception):
    """The node does not answer: it is down, paused or too busy. Nobody knows what it did."""


class Api:
    """Asks the node at a URL; several threads may."""

    def __init__(self, url, patience=2.0):
        self.host = urllib.parse.urlsplit(url).netloc
        self._patience = patience
        self._local = threading.local()

    def get(self, path):
        """The status and the JSON of an answer."""
        return self._ask("GET", path, None)

    def post(self, path, value):
        """The status and the JSON of an answer."""
        return self._ask("POST", path, json.dumps(value))

    def items(self, path, until=lambda item: False):
        """All items of a list, or those before the first of which `until` is true."""
        found, cursor = [], ""
        while True:
            status, page = self.get(f"{path}?limit=1000{cursor}")
            if status != 200:
                raise Unreachable(f"{path}: {status} {page}")
            for item in page["items"]:
                if until(item):
                    return found
                found.append(item)
            if page["next"] is None:
                return found
            cursor = f"&cursor={page['next']}"

    def text(self, path):
        """The text of an answer that is no JSON."""
        return self._exchange("GET", path, None)[1].decode()

    def _ask(self, method, path, body):
        status, text = self._exchange(method, path, body)
        try:
            return status, json.loads(text)
        except ValueError as error:
            raise Unreachable(f"no JSON: {text[:100]!r}") from error

    def _exchange(self, method, path, body):
        # A connection that was kept may be that of a process which has died since: once more.
        for kept in (True, False):
            connection = getattr(self._local, "connection", None) if kept else None
            if kept and connection is None:
                continue
            if connection is None:
                connection = http.client.HTTPConnection(self.host, timeout=self._patience)
            self._local.connection = None
            try:
                headers = {"Content-Type": "application/json"} if body else {}
                connection.request(method, path, body, headers)
                answer = connection.getresponse()
                text = answer.read(ANSWER_BYTES_MAX)
            except (http.client.RemoteDisconnected, ConnectionError) as error:
                connection.close()
                if not kept:
                    raise Unreachable(str(error)) from error
                continue
            except (http.client.HTTPException, OSError) as error:
                connection.close()
                raise Unreachable(str(error)) from error
            self._local.connection = connection
            return answer.status, text
        raise Unreachable("not reached")
