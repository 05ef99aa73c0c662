"""Downloads from a real server on this machine: whole and right, or nothing."""

import contextlib
import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mnistcnn.datasets._download import download

CONTENT = bytes(range(256)) * 1000
RIGHT = {
    "sha256": hashlib.sha256(CONTENT).hexdigest(),
    "max_bytes": len(CONTENT),
    "seconds": 60.0,
}


class Handler(BaseHTTPRequestHandler):
    """Serves the right content, another one, half of it, or nothing, by the first folder."""

    def do_GET(self):
        self.server.paths.append(self.path)
        kind = self.path.split("/")[1].replace("%20", " ")
        if kind in ("drip", "header drip"):
            self.drip(in_header=kind == "header drip")
            return
        if kind == "missing":
            self.send_error(404)
            return
        content = b"something else" if kind == "wrong" else CONTENT
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if kind == "half" else content)

    def drip(self, in_header):
        """Send a byte now and then, which no time limit of a single read notices."""
        self.wfile.write(b"HTTP/1.0 200 OK\r\n" + (b"X: " if in_header else b"\r\n"))
        with contextlib.suppress(OSError):
            while not self.server.over.wait(0.05):
                self.wfile.write(b"x")

    def log_message(self, *_):
        """Keep the test's output free of requests."""


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.paths = []
        server.over = threading.Event()
        server.address = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.over.set()
        server.shutdown()


def test_right_file_arrives(server, tmp_path):
    download([f"{server.address}/right/file"], tmp_path / "file", **RIGHT)
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_how_far_it_is_is_told_anew_for_each_address(server, tmp_path):
    told = []
    download(
        [f"{server.address}/{kind}/file" for kind in ("half", "right")],
        tmp_path / "file",
        **RIGHT,
        on_progress=lambda *numbers: told.append(numbers),
    )
    assert {total for _, total in told} == {len(CONTENT)}
    so_far = [n for n, _ in told]
    start = so_far.index(len(CONTENT) // 2) + 1
    for each, end in ((so_far[:start], len(CONTENT) // 2), (so_far[start:], len(CONTENT))):
        assert each == sorted(each)
        assert each[-1] == end


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, RuntimeError])
def test_a_function_told_of_progress_can_end_the_download(error, server, tmp_path):
    (tmp_path / "file").write_bytes(b"older")

    def end(*_):
        raise error("enough")

    urls = [f"{server.address}/right/file", f"{server.address}/right/other"]
    with pytest.raises(error, match="enough"):
        download(urls, tmp_path / "file", **RIGHT, on_progress=end)
    assert server.paths == ["/right/file"]
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"older"


def test_next_address_is_tried_until_one_gives_the_right_file(server, tmp_path):
    kinds = ["missing", "half", "wrong", "right", "missing"]
    urls = [f"{server.address}/{kind}/file" for kind in kinds]
    download(urls, tmp_path / "file", **RIGHT)
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert server.paths == [f"/{kind}/file" for kind in kinds[:4]]


@pytest.mark.parametrize(
    ("kind", "message"),
    [("missing", "404"), ("half", "the download has the sha256"), ("wrong", "the right file")],
)
def test_failed_download_leaves_no_file_and_says_why(server, tmp_path, kind, message):
    url = f"{server.address}/{kind}/file"
    with pytest.raises(OSError, match="file could not be downloaded") as error:
        download([url], tmp_path / "file", **RIGHT)
    assert message in str(error.value)
    assert url in str(error.value)
    assert not list(tmp_path.iterdir())


def test_server_that_is_not_there_is_named(tmp_path):
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as closed:
        url = f"http://127.0.0.1:{closed.server_port}/file"
    with pytest.raises(OSError, match="could not be downloaded") as error:
        download([url], tmp_path / "file", **RIGHT)
    assert url in str(error.value)
    assert not list(tmp_path.iterdir())


def test_file_that_was_there_survives_a_failed_download(server, tmp_path):
    (tmp_path / "file").write_text("older")
    with pytest.raises(OSError, match="could not be downloaded"):
        download([f"{server.address}/half/file"], tmp_path / "file", **RIGHT)
    assert (tmp_path / "file").read_text() == "older"


@pytest.mark.parametrize("kind", ["drip", "header%20drip"])
def test_a_server_that_never_ends_is_left_at_the_deadline(server, tmp_path, kind):
    url = f"{server.address}/{kind}/file"
    with pytest.raises(OSError, match="longer than 0.5 seconds in all"):
        download([url, url], tmp_path / "file", **RIGHT | {"seconds": 0.5})
    assert not list(tmp_path.iterdir())


def test_more_bytes_than_allowed_are_refused_on_the_way(server, tmp_path):
    with pytest.raises(OSError, match="more than 1,000 bytes"):
        download([f"{server.address}/right/file"], tmp_path / "file", **RIGHT | {"max_bytes": 1000})
    assert not list(tmp_path.iterdir())


def test_threads_that_download_one_file_leave_it_whole(server, tmp_path):
    target = tmp_path / "file"
    threads = [
        threading.Thread(
            target=download, args=([f"{server.address}/right/file"], target), kwargs=RIGHT
        )
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert target.read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
