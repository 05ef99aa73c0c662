"""The documentation's page to draw on, which computes the network in the browser itself."""

import base64
import shutil
import subprocess
import sys
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnistcnn import DigitNormalizer, load_pretrained
from pages import STROKES, draw, expect, touch, visits

# What makes the page belongs to the repository, not to the installed package.
sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

import drawing_page  # noqa: E402

# They start processes of their own.
pytestmark = pytest.mark.slow

pytest.importorskip("tf2onnx", reason="the network is exported: pip install 'mnistcnn[onnx]'")

DESKTOP = {"viewport": {"width": 1100, "height": 700}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}

# Keeps what the drawing pad hands over.
KEEP_DRAWINGS = """() => {
    const original = HTMLCanvasElement.prototype.toDataURL;
    HTMLCanvasElement.prototype.toDataURL = function (...options) {
        const address = original.apply(this, options);
        if (this.width === 280) window.drawn = address;
        return address;
    };
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The page without its runtime."""
    folder = tmp_path_factory.mktemp("site")
    drawing_page.make_page(folder / "draw")
    return folder


@pytest.fixture(scope="module")
def whole_site(site, tmp_path_factory):
    """The page with its runtime."""
    folder = tmp_path_factory.mktemp("whole") / "site"
    shutil.copytree(site, folder)
    try:
        drawing_page.add_runtime(folder / "draw")
    except (OSError, subprocess.SubprocessError) as reason:
        pytest.skip(f"npm brings no onnxruntime-web: {reason}")
    return folder


@contextmanager
def served(folder):
    """Serve a folder as any server of static files does, and give the address of the page."""
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"]
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        port = process.stdout.readline().split(" port ")[1].split()[0]
        yield f"http://127.0.0.1:{port}/draw/"
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def address(whole_site):
    with served(whole_site) as address:
        yield address


@pytest.fixture
def open_page(browser, address):
    with visits(browser, address) as open_it:
        yield open_it


def placed(digit, *, scale=1.0, left=0.0, top=0.0):
    """The strokes of a digit, smaller or elsewhere."""
    return [[(left + scale * x, top + scale * y) for x, y in stroke] for stroke in STROKES[digit]]


def image_at(data_url):
    return Image.open(BytesIO(base64.b64decode(data_url.partition(",")[2])))


def drawing_and_reading(page, stroke):
    """Draw one stroke; give the drawing, what the network saw of it, and its probabilities."""
    page.get_by_role("button", name="Clear").click()
    expect(page, "canvas is empty")
    draw(page, [stroke])
    seen = image_at(page.locator(".seen img").get_attribute("src"))
    widths = page.locator(".bar").evaluate_all("bars => bars.map((bar) => bar.style.width)")
    return (
        image_at(page.evaluate("window.drawn")),
        np.asarray(seen.convert("L"), dtype=int),
        [float(width.rstrip("%")) / 100 for width in widths],
    )


class TestDrawing:
    def test_each_digit_drawn_with_the_mouse_is_read(self, open_page):
        page = open_page(**DESKTOP)
        expect(page, "canvas is empty")
        for digit, strokes in STROKES.items():
            draw(page, strokes)
            expect(page, digit)
            widths = [bar.bounding_box()["width"] for bar in page.locator(".bar").all()]
            assert len(widths) == 10
            assert int(np.argmax(widths)) == digit
            page.get_by_role("button", name="Clear").click()
            expect(page, "canvas is empty")

    def test_the_network_sees_and_says_the_same_as_in_python(self, open_page):
        page = open_page()
        page.evaluate(KEEP_DRAWINGS)
        drawings = [
            *map(placed, (1, 2, 3, 7)),
            placed(0, scale=0.2, left=0.1, top=0.7),
            placed(2, scale=0.35, left=0.6),
            placed(3, scale=0.5, left=0.4, top=0.4),
            # So large that the strokes are thinner than MNIST's.
            placed(2, scale=1.2, left=-0.1, top=-0.12),
            placed(7, scale=1.25, left=-0.13, top=-0.14),
        ]
        drawn_and_read = [drawing_and_reading(page, stroke) for (stroke,) in drawings]
        drawn, seen, said = zip(*drawn_and_read, strict=True)
        expected = DigitNormalizer().transform(drawn)
        np.testing.assert_allclose(seen, expected.astype(int), atol=1)
        probabilities = load_pretrained().predict_proba(expected.reshape(len(expected), -1))
        np.testing.assert_allclose(said, probabilities, atol=0.05)

    def test_the_keyboard_is_enough(self, open_page):
        page = open_page()
        page.locator(".pad-canvas").focus()
        for key in ["Space", *["ArrowDown"] * 20, "Space"]:
            page.keyboard.press(key)
        expect(page, 1)
        page.keyboard.press("Control+z")
        expect(page, "canvas is empty")
        page.keyboard.press("Space")
        page.keyboard.press("Space")
        expect(page, "Not a digit")
        for key in ("Tab", "Enter"):
            page.keyboard.press(key)
        expect(page, "canvas is empty")

    def test_a_finger_draws_within_the_width_of_a_phone(self, open_page):
        page = open_page(**PHONE)
        touch(page, STROKES[2][0])
        expect(page, 2)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize(
    "screen",
    [PHONE, {**DESKTOP, "color_scheme": "dark"}],
    ids=["phone", "dark"],
)
def test_axe_finds_nothing(open_page, screen):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = open_page(**screen)
    expect(page, "canvas is empty")
    assert axe.run(page).response["violations"] == []
    draw(page, STROKES[7])
    expect(page, 7)
    assert axe.run(page).response["violations"] == []


class TestWithoutRuntime:
    def test_the_page_says_so(self, browser, site):
        with served(site) as address:
            page = browser.new_page()
            page.goto(address)
            expect(page, "no onnxruntime-web")
            page.close()

    def test_the_theme_is_that_chosen_in_the_documentation(self, browser, site):
        ground = "getComputedStyle(document.body).backgroundColor"
        with served(site) as address:
            page = browser.new_page(color_scheme="light")
            page.goto(address)
            light = page.evaluate(ground)
            page.evaluate("localStorage.setItem('theme', 'dark')")
            page.reload()
            assert page.evaluate(ground) != light
            page.close()

    def test_opened_as_a_file_it_says_what_to_do(self, browser, site):
        page = browser.new_page()
        page.goto((site / "draw" / "index.html").as_uri())
        expect(page, "Serve it")
        page.close()


class TestRuntime:
    def test_without_npm_there_is_an_error_that_the_build_knows(self, tmp_path, monkeypatch):
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(FileNotFoundError, match="npm is not installed"):
            drawing_page.add_runtime(tmp_path)

    def test_another_package_is_refused(self, whole_site, tmp_path, monkeypatch):
        assert (whole_site / "draw" / "onnxruntime-web" / "runtime.js").exists()
        monkeypatch.setattr(drawing_page, "INTEGRITY", "sha512-another")
        with pytest.raises(ValueError, match="must have the hash sha512-another"):
            drawing_page.add_runtime(tmp_path)
        assert not list(tmp_path.iterdir())
