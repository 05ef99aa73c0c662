"""The server of ``examples/serve`` as a real process, with a real file of a network."""

import contextlib
import http.client
import io
import json
import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from mnistcnn import DigitCNNClassifier, DigitNormalizer

# They start processes of their own.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="it exports a network"),
]

for package in ("fastapi", "uvicorn", "prometheus_client", "multipart", "onnxruntime", "tf2onnx"):
    pytest.importorskip(package, reason="the server needs it")

SERVER = Path(__file__).parents[1] / "examples/serve"
ARRAYS, JSON = "application/octet-stream", "application/json"

# Loaded by Python in the server's process before anything else.
WITHOUT_THE_REST = """
import sys
class Refusing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("keras", "pandas", "rich", "scikeras", "tensorflow"):
            raise ImportError(f"the server must do without {name}")
sys.meta_path.insert(0, Refusing())
"""


@pytest.fixture(scope="module")
def classifier(digits):
    X, y = digits
    settings = {"epochs": 2, "precision": "float32", "random_state": 0}
    return DigitCNNClassifier("two_layer_mlp", **settings).fit(X, y)


@pytest.fixture(scope="module")
def server(classifier, tmp_path_factory):
    """A process that serves; it has nothing but what its requirements name."""
    folder = tmp_path_factory.mktemp("server")
    classifier.export(folder / "digits.onnx")
    (folder / "sitecustomize.py").write_text(WITHOUT_THE_REST)
    with started_server(folder) as process, open(folder / "log", "rb") as log:
        process.log = log
        yield process


@contextlib.contextmanager
def started_server(folder):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    path = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))
    arguments = ["--app-dir", SERVER, "app:app", "--port", port, "--no-access-log"]
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", *map(str, arguments)],
            env=os.environ | {"DIGITS_MODEL": str(folder / "digits.onnx"), "PYTHONPATH": path},
            stdout=log,
            stderr=log,
        )
    process.port = port
    try:
        wait_until_it_answers(process, folder / "log")
        yield process
    finally:
        process.terminate()
        process.wait(60)


def wait_until_it_answers(process, log, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError):
            if ask(process, "GET", "/health")[0] == 200:
                return
        time.sleep(0.2)
    raise AssertionError(log.read_text())


def ask(server, method, path, body=None, kind=None, **headers):
    """Send a request and return status and body."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    with contextlib.closing(connection):
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, given | ({"Content-Type": kind} if kind else {}))
        answer = connection.getresponse()
        return answer.status, answer.read()


def answered(server, body, kind, path="/predict"):
    status, content = ask(server, "POST", path, body, kind)
    assert status == 200, content
    return json.loads(content)


def multipart(files):
    """Return the body and the content type of an upload."""
    parts = [
        b'--line\r\nContent-Disposition: form-data; name="files"; filename="'
        + name.encode()
        + b'"\r\n\r\n'
        + content
        + b"\r\n"
        for name, content in files
    ]
    return b"".join(parts) + b"--line--\r\n", "multipart/form-data; boundary=line"


def as_png(image):
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def as_tiff(floats):
    file = io.BytesIO()
    Image.fromarray(floats.reshape(30, 30).astype(np.float32)).save(file, "TIFF")
    return file.getvalue()


def assert_refused(answer, status, mentions):
    """See that a request was refused in one line that says why."""
    assert answer[0] == status, answer
    message = json.loads(answer[1])["error"]
    assert mentions in message
    assert "\n" not in message
    assert "Traceback" not in message


class TestAnswers:
    def test_arrays_in_every_form_that_is_documented(self, server, classifier, digits):
        images = digits[0][:5].reshape(-1, 28, 28)
        expected = classifier.predict_proba(images)
        forms = [images, images[..., None], images.reshape(5, -1)]
        bodies = [(json.dumps({"images": form.tolist()}), JSON) for form in forms]
        for body, kind in [*bodies, (images.tobytes(), ARRAYS)]:
            answer = answered(server, body, kind)
            assert answer["labels"] == classifier.predict(images).tolist()
            np.testing.assert_allclose(answer["probabilities"], expected, rtol=0, atol=1e-5)

    def test_a_thousand_images_at_once(self, server, classifier, digits):
        images = digits[0][:1024]
        answer = answered(server, images.tobytes(), ARRAYS)
        assert answer["labels"] == classifier.predict(images).tolist()

    def test_many_clients_get_their_own_answers(self, server, classifier, digits):
        X = digits[0][:64]
        expected = classifier.predict(X).tolist()
        with ThreadPoolExecutor(16) as clients:
            answers = clients.map(lambda image: answered(server, image.tobytes(), ARRAYS), X)
            assert [answer["labels"][0] for answer in answers] == expected

    def test_uploads_are_normalized_as_elsewhere(self, server, classifier, written_digit):
        drawn = [written_digit(3), written_digit(7, ink=10)]
        body, kind = multipart([(f"{i}.png", as_png(image)) for i, image in enumerate(drawn)])
        answer = answered(server, body, kind, "/predict/uploads")
        expected = classifier.predict_proba(DigitNormalizer().transform(drawn))
        np.testing.assert_allclose(answer["probabilities"], expected, rtol=0, atol=1e-5)


class TestImagesUnlikeTheTraining:
    """Images that would be answered wrongly without a word are refused."""

    def sent(self, server, images, kind=JSON):
        array = np.asarray(images)
        body = json.dumps({"images": array.tolist()}) if kind == JSON else array.tobytes()
        return ask(server, "POST", "/predict", body, kind)

    @pytest.mark.parametrize("kind", [JSON, ARRAYS])
    @pytest.mark.parametrize(
        ("change", "mentions"),
        [
            (lambda X: (X > 100).astype(np.uint8), "from 0 to 1,"),
            (lambda X: (X > 100).astype(np.uint8), "multiply them by 255"),
            (lambda X: X // 16, "multiply them by 255 / 15"),
            (lambda X: 255 - X, "send 255 - X"),
        ],
        ids=["0-1", "0-1 remedy", "16 levels", "inverted"],
    )
    def test_another_unit_and_inverted(self, server, digits, change, kind, mentions):
        images = change(digits[0][:10].reshape(-1, 28, 28))
        assert_refused(self.sent(server, images, kind), 422, mentions)

    def test_one_image_among_blank_ones(self, server, digits):
        images = np.zeros((100, 28, 28), np.uint8)
        images[7] = digits[0][0].reshape(28, 28) > 100
        assert_refused(self.sent(server, images), 422, "from 0 to 1,")

    @pytest.mark.parametrize(
        "images",
        [
            np.zeros((3, 784), np.uint8),
            np.ones((3, 784), np.uint8),
            np.full((3, 784), 255, np.uint8),
            np.eye(1, 784, dtype=np.uint8),
            np.random.default_rng(0).integers(0, 4, (3, 784), dtype=np.uint8),
            np.random.default_rng(0).integers(0, 256, (3, 784), dtype=np.uint8),
        ],
        ids=["black", "ones", "white", "one pixel of 1", "faint noise", "noise"],
    )
    def test_images_that_show_nothing_are_taken(self, server, images):
        assert self.sent(server, images)[0] == 200

    def test_images_that_merely_vary_are_taken(self, server, digits):
        for change in (lambda X: X, lambda X: X // 5, lambda X: 30 + X // 2, lambda X: X > 100):
            images = change(digits[0]).astype(np.uint8)
            images *= 255 if images.max() == 1 else 1
            assert self.sent(server, images[:1000], ARRAYS)[0] == 200
            for image in images[:40]:
                assert self.sent(server, image[None], ARRAYS)[0] == 200

    def test_half_of_the_images_decide_on_the_background(self, server, digits):
        images = digits[0][:10].copy()
        images[:4] = 255 - images[:4]
        assert self.sent(server, images, ARRAYS)[0] == 200
        images[4:6] = 255 - images[4:6]
        assert_refused(self.sent(server, images, ARRAYS), 422, "send 255 - X")

    def test_files_that_tell_nothing_of_the_training(self, digits, monkeypatch):
        monkeypatch.syspath_prepend(SERVER)
        network = pytest.importorskip("network")
        images = (digits[0][:5].reshape(-1, 28, 28, 1) > 100).astype(np.uint8)
        network.TrainingPixels.told_by({}).check(images)
        of_bytes = network.TrainingPixels.told_by({"pixel_range": "[0.0, 255.0]"})
        of_bytes.check(255 - 255 * images)
        with pytest.raises(network.UnlikeImagesError, match="from 0 to 1"):
            of_bytes.check(images)


class TestHealthAndMetrics:
    def test_health_tells_what_the_network_knows(self, server):
        status, body = ask(server, "GET", "/health")
        assert status == 200
        expected = {"status": "ok", "classes": list(range(10)), "image_shape": [28, 28, 1]}
        assert json.loads(body) == expected

    def test_metrics_count_requests_and_images(self, server, digits):
        before = metric(server, "digits_images_total")
        answered(server, digits[0][:7].tobytes(), ARRAYS)
        assert metric(server, "digits_images_total") == before + 7
        assert metric(server, 'digits_requests_total{path="/predict",status="200"}') >= 1

    def test_paths_that_nobody_serves_are_one_label(self, server):
        for place in range(3):
            assert_refused(ask(server, "GET", f"/absent/{place}"), 404, "Not Found")
        assert "absent" not in ask(server, "GET", "/metrics")[1].decode()


def metric(server, name):
    lines = ask(server, "GET", "/metrics")[1].decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} "))


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("body", "mentions"),
        [
            (b"", "images"),
            (b"{", "images"),
            (b"[]", "images"),
            (b'{"image": []}', "images"),
            (b'{"images": []}', "shape"),
            (b'{"images": 7}', "shape"),
            (b'{"images": "digits"}', "whole numbers"),
            (b'{"images": [[1, 2], [3]]}', "one shape"),
            (b'{"images": [[0.5]]}', "whole numbers"),
            (b'{"images": [[NaN]]}', "whole numbers"),
            (b'{"images": [[256]]}', "0 to 255"),
            (b'{"images": [[-1]]}', "0 to 255"),
            (b'{"images": [[1e999]]}', "whole numbers"),
            (b'{"images": [[99999999999999999999999]]}', "whole numbers"),
            (b'{"images": [[1, 2]]}', "(n, 28, 28)"),
            (b"[" * 100_000, "images"),
            (b"\xff\xfe", "images"),
        ],
    )
    def test_json_that_holds_no_images(self, server, body, mentions):
        assert_refused(ask(server, "POST", "/predict", body, JSON), 422, mentions)

    def test_one_image_that_is_not_in_a_list(self, server):
        body = json.dumps({"images": np.zeros((28, 28), int).tolist()})
        assert_refused(ask(server, "POST", "/predict", body, JSON), 422, "(n, 28, 28)")

    @pytest.mark.parametrize("n_bytes", [0, 783, 785])
    def test_bytes_that_are_no_whole_images(self, server, n_bytes):
        answer = ask(server, "POST", "/predict", bytes(n_bytes), ARRAYS)
        assert_refused(answer, 422, "image" if n_bytes else "shape")

    def test_other_types_and_methods(self, server):
        assert_refused(ask(server, "POST", "/predict", b"7", "text/plain"), 415, "content type")
        assert_refused(ask(server, "POST", "/predict", b"7"), 415, "content type")
        assert_refused(ask(server, "POST", "/predict/uploads", b"7", JSON), 415, "multipart")
        assert_refused(ask(server, "GET", "/predict"), 405, "Method")

    def test_ten_thousand_small_images(self, server):
        body = json.dumps({"images": np.zeros((10_000, 28), int).tolist()})
        assert_refused(ask(server, "POST", "/predict", body, JSON), 422, "shape")
        body = json.dumps({"images": np.zeros((2_000, 784), int).tolist()})
        answer = ask(server, "POST", "/predict", body, JSON)
        assert_refused(answer, 413, "bytes" if len(body) > 4e6 else "1024 images, got 2000")
        body = bytes(784 * 2_000)
        answer = ask(server, "POST", "/predict", body, ARRAYS)
        assert_refused(answer, 413, "1024 images, got 2000")
        body, kind = multipart([(f"{i}.png", b"x") for i in range(10_000)])
        answer = ask(server, "POST", "/predict/uploads", body, kind)
        assert_refused(answer, 400, "Too many files")

    @pytest.mark.parametrize(
        ("name", "content", "status", "mentions"),
        [
            ("broken.png", b"\x89PNG\r\n\x1a\n broken", 422, "'broken.png' is no image"),
            ("text.png", b"no image", 422, "'text.png' is no image"),
            ("empty.png", b"", 422, "'empty.png' is no image"),
            ("blank.png", as_png(Image.new("L", (50, 50), 255)), 422, "'blank.png' shows no ink"),
            ("large.png", as_png(Image.new("1", (3000, 3000))), 413, "4,000,000 pixels"),
            ("negative.tif", as_tiff(np.linspace(-3, 3, 900)), 422, "'negative.tif' is no image"),
            ("nan.tif", as_tiff(np.full(900, np.nan)), 422, "'nan.tif' is no image"),
        ],
    )
    def test_uploads_that_show_nothing(self, server, name, content, status, mentions):
        body, kind = multipart([(name, content)])
        answer = ask(server, "POST", "/predict/uploads", body, kind)
        assert_refused(answer, status, mentions)

    def test_an_image_that_ends_in_the_middle(self, server, written_digit):
        whole = as_png(written_digit(3))
        body, kind = multipart([("half.png", whole[: len(whole) // 2])])
        answer = ask(server, "POST", "/predict/uploads", body, kind)
        assert_refused(answer, 422, "'half.png' is no image")

    def test_an_upload_without_files_or_boundary(self, server):
        body, kind = multipart([])
        assert_refused(ask(server, "POST", "/predict/uploads", body, kind), 422, "one file")
        answer = ask(server, "POST", "/predict/uploads", b"x", "multipart/form-data")
        assert_refused(answer, 400, "cannot be read")

    def test_a_request_over_the_size_limit(self, server):
        answer = ask(server, "POST", "/predict", b"", ARRAYS, Content_Length="4000001")
        assert_refused(answer, 413, "4,000,000 bytes")

    @pytest.mark.skipif(not Path("/proc").exists(), reason="the memory is read from /proc")
    def test_what_never_ends_takes_no_memory(self, server):
        before = memory_of(server)
        for _ in range(4):
            with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
                head = "POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                connection.sendall(f"{head}Content-Type: {ARRAYS}\r\n\r\n".encode())
                with contextlib.suppress(OSError):
                    for _ in range(200):
                        connection.sendall(b"80000\r\n" + bytes(0x80000) + b"\r\n")
        assert ask(server, "GET", "/health")[0] == 200
        assert memory_of(server) - before < 100_000_000

    def test_no_traceback_is_anywhere(self, server):
        server.log.seek(0)
        assert b"Traceback" not in server.log.read()


def memory_of(process):
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def test_the_load_test_prints_its_three_figures(server):
    arguments = ["--port", server.port, "--seconds", "0.5", "--clients", "2", "--batch", "16"]
    answer = subprocess.run(
        [sys.executable, SERVER / "load_test.py", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = answer.stdout.splitlines()
    assert [line.partition(":")[0] for line in lines[:2]] == [
        "in batches of 16",
        "one image a request, 2 clients",
    ]
    assert "p50" in lines[2]
    assert "p99" in lines[2]
