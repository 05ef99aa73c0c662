"""`mnistcnn demo` as a real process, used with mouse, finger and keyboard in a real browser."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from packaging.requirements import Requirement

from pages import COMMAND, STROKES, choose, draw, expect, free_port, touch, visits

# They start processes of their own.
pytestmark = pytest.mark.slow

pytest.importorskip("gradio", reason="the page needs Gradio: pip install 'mnistcnn[demo]'")
playwright = pytest.importorskip("playwright.sync_api", reason="browsers are driven by Playwright")

SPACE = Path(__file__).parents[1] / "examples/space"

# Loaded by Python in the server's process before anything else.
WATCH_CONNECTIONS = """
import os, sys
def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        address = arguments[1] if event == "socket.connect" else arguments
        host = address[0] if isinstance(address, tuple) else address
        with open(os.environ["CONNECTIONS"], "a") as file:
            file.write(f"{host}\\n")
sys.addaudithook(watch)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The command as a real process: where it is, and whom it has connected to."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "sitecustomize.py").write_text(WATCH_CONNECTIONS)
    connections = folder / "connections.txt"
    temporary = folder / "temporary"
    temporary.mkdir()
    quiet = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    environment = quiet | {
        "PYTHONPATH": os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]),
        "CONNECTIONS": str(connections),
        "TMPDIR": str(temporary),
        # Anybody's settings of Gradio, which must not open the page to others.
        "GRADIO_SHARE": "True",
        "GRADIO_SERVER_NAME": "0.0.0.0",
        "GRADIO_ANALYTICS_ENABLED": "True",
        "GRADIO_ALLOWED_PATHS": "/",
        # Nor may its own questions to itself go through somebody's proxy.
        "http_proxy": "http://127.0.0.1:9",
    }
    port = free_port()
    process = subprocess.Popen(
        [*COMMAND, "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        line = process.stdout.readline()
        assert line == f"Open http://127.0.0.1:{port}/ in a browser; press Ctrl-C here to stop.\n"
        yield SimpleNamespace(
            address=f"http://127.0.0.1:{port}/", port=port, connections=connections
        )
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert process.returncode == 130
        assert errors == "mnistcnn: interrupted.\n"
        assert not {path.name for path in temporary.iterdir() if "autograph" not in path.name}
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def open_page(browser, server):
    """Opens the page; afterwards there must be neither errors nor requests to other places."""
    with visits(browser, server.address) as open_it:
        yield open_it


def draw_one_by_keyboard(page):
    page.keyboard.press("Space")
    for _ in range(10):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")


class TestDrawing:
    def test_each_digit_drawn_with_the_mouse_is_read(self, open_page):
        page = open_page()
        for digit, strokes in STROKES.items():
            draw(page, strokes)
            expect(page, digit)
            page.get_by_role("button", name="Clear").click()
            expect(page, "canvas is empty")

    def test_the_network_shows_what_it_saw_and_a_bar_for_each_digit(self, open_page):
        page = open_page()
        draw(page, STROKES[7])
        expect(page, 7)
        page.locator(".explanation .seen").wait_for()
        widths = [bar.bounding_box()["width"] for bar in page.locator(".bar").all()]
        assert int(np.argmax(widths)) == 7
        assert len(widths) == 10
        size = page.locator(".answer .seen img").evaluate(
            "image => [image.naturalWidth, image.width]"
        )
        assert size[0] == 28
        assert size[1] > 100

    def test_several_digits_are_read_as_several(self, open_page):
        page = open_page()
        for digit, left in ((1, 0.0), (7, 0.45)):
            draw(page, [[(left + 0.5 * x, y) for x, y in stroke] for stroke in STROKES[digit]])
        playwright.expect(page.locator(".sheet-text:visible")).to_have_text("17")

    def test_a_dot_is_no_digit(self, open_page):
        page = open_page()
        draw(page, [[(0.5, 0.5), (0.5, 0.5)]])
        expect(page, "Not a digit")

    def test_undo_takes_back_one_stroke_after_the_other(self, open_page):
        page = open_page()
        undo = page.get_by_role("button", name="Undo")
        draw(page, [STROKES[1][0]])
        expect(page, 1)
        first = page.locator(".answer-probability").inner_text()
        draw(page, [[(0.5, 0.15), (0.2, 0.5), (0.8, 0.5)], [(0.2, 0.85), (0.8, 0.85)]])
        playwright.expect(page.locator(".answer-probability")).not_to_have_text(first)
        undo.click()
        undo.click()
        expect(page, 1)
        playwright.expect(page.locator(".answer-probability")).to_have_text(first)
        undo.click()
        expect(page, "canvas is empty")

    def test_an_empty_canvas_gets_a_message_and_no_digit(self, open_page):
        page = open_page()
        expect(page, "canvas is empty")
        for name in ("Undo", "Clear"):
            page.get_by_role("button", name=name).click()
            expect(page, "canvas is empty")

    def test_a_digit_can_be_drawn_and_cleared_by_keyboard_alone(self, open_page):
        page = open_page()
        page.locator(".pad-canvas").focus()
        draw_one_by_keyboard(page)
        expect(page, 1)
        page.keyboard.press("Control+z")
        expect(page, "canvas is empty")
        draw_one_by_keyboard(page)
        expect(page, 1)
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        playwright.expect(page.get_by_role("button", name="Clear")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page, "canvas is empty")

    def test_a_phone_shows_all_in_its_width_and_takes_a_finger(self, open_page):
        page = open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
        touch(page, STROKES[7][0])
        expect(page, 7)
        for tab in ("Draw", "Image", "Sheet"):
            page.get_by_role("tab", name=tab).click()
            assert page.evaluate("document.documentElement.scrollWidth") <= 390


class TestImages:
    def test_an_uploaded_digit_is_read(self, open_page, written_digit, tmp_path):
        page = open_page()
        written_digit(8).save(tmp_path / "8.png")
        choose(page, "Image", tmp_path / "8.png")
        expect(page, 8)

    def test_what_is_no_image_is_named(self, open_page, tmp_path):
        page = open_page()
        (tmp_path / "letter.png").write_text("Dear reader, this is no image.")
        choose(page, "Image", tmp_path / "letter.png")
        expect(page, "letter.png")

    def test_a_sheet_is_read_in_rows_with_a_box_around_each_digit(
        self, open_page, written_sheet, tmp_path
    ):
        page = open_page()
        written_sheet([[3, 1, 4], [7, 0]]).save(tmp_path / "sheet.png")
        choose(page, "Sheet", tmp_path / "sheet.png")
        playwright.expect(page.locator(".sheet-text")).to_have_text("314 70")
        assert page.locator(".sheet rect:visible").count() == 5


def status(request):
    """What the server answers: 200, or why not."""
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


class TestServer:
    def test_listens_on_this_machine_alone_whatever_the_environment_says(self, server):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", server.port), timeout=5)

    @pytest.mark.parametrize("path", ["docs", "redoc", "openapi.json", "monitoring"])
    def test_offers_no_documentation_of_an_interface(self, server, path):
        assert status(server.address + path) in (403, 404)

    def test_reports_to_nobody_and_offers_nothing_but_the_page(self, server):
        with urllib.request.urlopen(server.address + "config") as answer:
            config = json.load(answer)
        assert config["analytics_enabled"] is False
        assert {call["api_visibility"] for call in config["dependencies"]} == {"private"}

    def test_reads_no_other_files_of_this_machine(self, server, written_digit, tmp_path):
        written_digit(3).save(tmp_path / "private.png")
        path = tmp_path / "private.png"
        assert status(f"{server.address}gradio_api/file={path}") in (403, 404)

    def test_refuses_files_above_its_limit(self, server):
        head = '--edge\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
        body = head.encode() + bytes(21_000_000) + b"\r\n--edge--\r\n"
        kind = {"Content-Type": "multipart/form-data; boundary=edge"}
        request = urllib.request.Request(server.address + "gradio_api/upload", body, kind)
        assert status(request) == 413

    @pytest.mark.parametrize("path", ["", "config", "gradio_api/info"])
    @pytest.mark.parametrize(
        "headers",
        [
            {"Host": "rebound.example"},
            {"Host": "rebound.example:7860"},
            {"Host": "192.0.2.7"},
            {"Host": ""},
            {"Host": "[::"},
            {"Origin": "https://elsewhere.example"},
            {"Origin": "http://localhost:3000"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        ],
        ids=str,
    )
    def test_refuses_foreign_hosts_and_origins(self, server, path, headers):
        assert status(urllib.request.Request(server.address + path, headers=headers)) in (400, 403)

    def test_refuses_uploads_from_other_pages(self, server):
        body = b'--edge\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
        headers = {
            "Content-Type": "multipart/form-data; boundary=edge",
            "Origin": "https://elsewhere.example",
        }
        address = server.address + "gradio_api/upload"
        body += b"x\r\n--edge--\r\n"
        assert status(urllib.request.Request(address, body, headers)) == 403
        own = headers | {"Origin": server.address.rstrip("/")}
        assert status(urllib.request.Request(address, body, own)) == 200

    @pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
    def test_answers_to_this_machines_names_and_to_a_link(self, server, name):
        headers = {
            "Host": f"{name}:{server.port}",
            "Sec-Fetch-Site": "cross-site",
            "Sec-Fetch-Mode": "navigate",
        }
        assert status(urllib.request.Request(server.address, headers=headers)) == 200

    def test_refuses_long_requests_also_to_other_places(self, server):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.putrequest("POST", "/gradio_api/queue/join")
        connection.putheader("Content-Length", "1000000000")
        connection.endheaders()
        assert connection.getresponse().status == 413
        connection.close()

    @pytest.mark.parametrize("path", ["queue/join", "upload"])
    def test_takes_no_end_of_bytes_from_whoever_does_not_say_how_many(self, server, path):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        kind = {"Content-Type": "multipart/form-data; boundary=edge"}
        head = b'--edge\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
        body = [head, *[bytes(1_000_000)] * 60]
        # The server answers, or hangs up, before it has them all.
        with contextlib.suppress(ConnectionError):
            connection.request("POST", f"/gradio_api/{path}", body, kind, encode_chunked=True)
            assert connection.getresponse().status >= 400
        connection.close()
        assert status(server.address) == 200

    def test_talks_to_nobody_but_itself(self, server):
        places = set(server.connections.read_text().split())
        assert places
        assert places <= {"127.0.0.1", "localhost"}


@pytest.mark.long
class TestSpace:
    def test_its_program_serves_the_page_to_visitors(self):
        port = free_port()
        process = subprocess.Popen(
            [sys.executable, SPACE / "app.py"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | {"GRADIO_SERVER_PORT": str(port)},
        )
        try:
            assert process.stdout.readline().startswith("Open http://")
            assert status(f"http://127.0.0.2:{port}/") == 200
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)

    def test_its_card_names_what_is_there(self):
        card = (SPACE / "README.md").read_text("utf-8").split("---")[1]
        fields = dict(re.findall(r"^(\w+): (.+)$", card, re.M))
        assert fields["sdk"] == "gradio"
        assert (SPACE / fields["app_file"]).is_file()
        project = tomllib.loads((SPACE.parents[1] / "pyproject.toml").read_text("utf-8"))["project"]
        (gradio,) = map(Requirement, project["optional-dependencies"]["demo"])
        assert gradio.specifier.contains(fields["sdk_version"])
