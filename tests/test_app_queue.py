"""How much the page of `mnistcnn demo` takes at a time: its queue, and all that was uploaded."""

import base64
import http.client
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

# Each asks a page that runs.
pytestmark = pytest.mark.slow

pytest.importorskip("gradio", reason="the page needs Gradio: pip install 'mnistcnn[demo]'")

# As docs/demo.md states them.
MAX_WAITING = 20
MAX_UPLOADED = 200_000_000

TABS = ("Draw", "Image", "Sheet")
NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


# A page whose network reads images of 100 pixels as 0, of 101 as 1 and so on, and digits of a sheet
# as 9. It tells each time that it is asked, and answers once it may.
SERVER = """
import sys, time
from pathlib import Path
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from mnistcnn import DigitNormalizer
from mnistcnn.app import PageReader, served_page

ASKED, MAY_ANSWER = Path("asked"), Path("may_answer")

class FromItsWidth(DigitNormalizer):
    def transform(self, images):
        return np.stack([np.full((28, 28), image.width - 100, np.uint8) for image in images])

class Pausing(ClassifierMixin, BaseEstimator):
    classes_ = np.arange(10)

    def fit(self, X, y):
        return self

    def __sklearn_is_fitted__(self):
        return True

    def predict_proba(self, images):
        with ASKED.open("a") as file:
            file.write("once\\n")
        while not MAY_ANSWER.exists():
            time.sleep(0.005)
        # What was cut out of a sheet has ink and background.
        is_whole = (images == images[:, :1]).all(axis=1)
        return np.eye(10)[np.where(is_whole, images[:, 0], 9)]

readers = {"pausing": PageReader(Pausing(), FromItsWidth())}
with served_page(readers, host="127.0.0.1", port=None) as address:
    import os
    print(address, os.environ["GRADIO_TEMP_DIR"], flush=True)
    sys.stdin.read()
"""


class Network:
    """What the tests know of the network in the server's process."""

    def __init__(self, folder):
        self._asked, self._may_answer = folder / "asked", folder / "may_answer"

    def start_anew(self):
        self._asked.write_text("")
        self._may_answer.unlink(missing_ok=True)

    def answer_from_now_on(self):
        self._may_answer.touch()

    def n_asked(self):
        return len(self._asked.read_text().splitlines())

    def wait_until_asked(self):
        ends = time.monotonic() + 30
        while not self.n_asked():
            assert time.monotonic() < ends
            time.sleep(0.01)


def drawing(digit):
    """A stroke that says what digit it is."""
    image = Image.new("L", (100 + digit, 100), 255)
    image.paste(0, (45, 10, 55, 90))
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def as_drawn(digit):
    return "data:image/png;base64," + base64.b64encode(drawing(digit)).decode()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The page, the folder of what is uploaded to it, and the network behind it."""
    folder = tmp_path_factory.mktemp("server")
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
    )
    line = process.stdout.readline().split()
    assert line, process.communicate()[1]
    network = Network(folder)
    yield SimpleNamespace(address=line[0], uploads=Path(line[1]), network=network, unanswered=[])
    network.answer_from_now_on()
    _, errors = process.communicate(timeout=30)
    assert errors == ""
    assert process.returncode == 0


@pytest.fixture
def page(served):
    """The page with a network that waits for a sign, and nothing in its queue."""
    served.network.start_anew()
    yield served
    served.network.answer_from_now_on()
    for session in list(served.unanswered):
        answer_to(served, session)


def reply(request):
    try:
        with NO_PROXY.open(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def ask(page, session, value, tab="Draw"):
    """Hand a drawing or a file over as a browser does; returns the status and what is said."""
    asked = {"data": [value], "fn_index": TABS.index(tab), "session_hash": session}
    request = urllib.request.Request(
        page.address + "gradio_api/queue/join",
        json.dumps(asked).encode(),
        {"Content-Type": "application/json"},
    )
    status, said = reply(request)
    if status == 200:
        page.unanswered.append(session)
    return status, said


def answer_to(page, session):
    """Wait for the HTML that a session gets."""
    _, events = reply(f"{page.address}gradio_api/queue/data?session_hash={session}")
    page.unanswered.remove(session)
    messages = [json.loads(line[6:]) for line in events.splitlines() if line.startswith("data: ")]
    (completed,) = [each for each in messages if each["msg"] == "process_completed"]
    assert completed["success"]
    return completed["output"]["data"][0]


def upload(page, content, name="digit.png"):
    """Upload a file as a browser does; returns the status and what is said."""
    head = f'Content-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
    body = b"--edge\r\n" + head.encode() + content + b"\r\n--edge--\r\n"
    kind = {"Content-Type": "multipart/form-data; boundary=edge"}
    return reply(urllib.request.Request(page.address + "gradio_api/upload", body, kind))


@pytest.mark.slow
class TestQueue:
    def test_so_many_may_wait_and_one_more_is_refused_at_once(self, page):
        assert ask(page, "first", as_drawn(1))[0] == 200
        page.network.wait_until_asked()
        waiting = [f"waiting-{number}" for number in range(MAX_WAITING)]
        for number, session in enumerate(waiting):
            assert ask(page, session, as_drawn(number % 10))[0] == 200
        began = time.perf_counter()
        status, said = ask(page, "one-more", as_drawn(1))
        assert (status, "full" in said) == (503, True)
        assert time.perf_counter() - began < 5
        assert reply(page.address)[0] == 200
        page.network.answer_from_now_on()
        assert ">1</output>" in answer_to(page, "first")
        for number, session in enumerate(waiting):
            assert f">{number % 10}</output>" in answer_to(page, session)
        assert ask(page, "afterwards", as_drawn(7))[0] == 200
        assert ">7</output>" in answer_to(page, "afterwards")

    def test_one_image_is_read_at_a_time_whatever_the_tab(self, page):
        (path,) = json.loads(upload(page, drawing(3))[1])
        file = {"path": path, "meta": {"_type": "gradio.FileData"}}
        assert ask(page, "Draw", as_drawn(2))[0] == 200
        page.network.wait_until_asked()
        for tab in ("Image", "Sheet"):
            assert ask(page, tab, file, tab)[0] == 200
        time.sleep(0.5)
        assert page.network.n_asked() == 1
        page.network.answer_from_now_on()
        assert ">2</output>" in answer_to(page, "Draw")
        assert ">3</output>" in answer_to(page, "Image")
        assert '<p class="sheet-text">9</p>' in answer_to(page, "Sheet")


class TestUploads:
    @pytest.fixture
    def earlier(self, page):
        """Gives what was uploaded before, as a file of any size that takes no room."""
        path = page.uploads / "earlier.png"

        def of(n_bytes):
            others = sum(
                each.stat().st_size
                for each in page.uploads.rglob("*")
                if each.is_file() and each != path
            )
            with path.open("wb") as file:
                file.truncate(n_bytes - others)

        yield of
        path.unlink()

    def test_what_would_be_too_much_in_all_is_refused_at_once(self, page, earlier):
        earlier(MAX_UPLOADED - 10_000)
        before = sorted(page.uploads.rglob("*"))
        status, said = upload(page, bytes(10_001))
        assert (status, "Too many images were uploaded" in said) == (503, True)
        assert sorted(page.uploads.rglob("*")) == before

    def test_what_was_uploaded_counts(self, page, earlier):
        earlier(MAX_UPLOADED - 30_000)
        first, second = (np.random.default_rng(seed).bytes(20_000) for seed in (1, 2))
        assert upload(page, first)[0] == 200
        assert upload(page, second)[0] == 503

    def test_what_is_arriving_counts(self, page, earlier):
        earlier(MAX_UPLOADED - 120_000)
        place = urlsplit(page.address)
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=30)
        connection.putrequest("POST", "/gradio_api/upload")
        connection.putheader("Content-Type", "multipart/form-data; boundary=edge")
        connection.putheader("Content-Length", "90000")
        connection.endheaders(b"--edge\r\n")
        assert self.ends_in(page, bytes(40_000), 503)
        connection.close()
        assert self.ends_in(page, bytes(40_000), 200)

    def ends_in(self, page, content, status):
        """Upload until the server has noticed what came, or went, just before."""
        ends = time.monotonic() + 30
        while (answered := upload(page, content)[0]) != status and time.monotonic() < ends:
            time.sleep(0.02)
        return answered == status

    def test_drawings_are_read_all_the_same(self, page, earlier):
        earlier(MAX_UPLOADED + 1)
        page.network.answer_from_now_on()
        assert reply(page.address)[0] == 200
        assert ask(page, "drawing", as_drawn(4))[0] == 200
        assert ">4</output>" in answer_to(page, "drawing")

    def test_there_is_room_again_once_old_ones_are_gone(self, page, earlier):
        earlier(MAX_UPLOADED + 1)
        assert upload(page, drawing(5))[0] == 503
        earlier(MAX_UPLOADED // 2)
        assert upload(page, drawing(5))[0] == 200
