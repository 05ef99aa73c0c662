"""A server on this machine in the place of those that hand out data."""

import functools
import hashlib
import threading
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from mnistcnn.datasets._catalogue import RemoteFile


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Keep the test's output free of requests."""


@contextmanager
def served(data, folder, monkeypatch):
    """Have the files of a folder downloaded in the place of a data set's, as the right ones."""

    def here(file):
        content = (folder / file.name).read_bytes()
        return RemoteFile(file.name, len(content), hashlib.sha256(content).hexdigest())

    handler = functools.partial(QuietHandler, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        address = f"http://127.0.0.1:{server.server_port}/"
        files = {name: here(file) for name, file in data.files.items()}
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.setitem(vars(data), "files", files)
        # The first address has moved, as they do.
        monkeypatch.setitem(vars(data), "mirrors", (f"{address}moved/", address))
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield
        server.shutdown()
