"""``mnistcnn report`` as a real process, and its page in a real browser."""

import json
import os
import shutil
import sys

import joblib
import numpy as np
import pytest
from click.testing import CliRunner
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from choice import long
from commands import UNPICKLED, assert_one_line, mnistcnn, mnistcnn_on_a_terminal
from mnistcnn import DigitCNNClassifier
from mnistcnn.cli._report import report

# They start processes of their own.
pytestmark = pytest.mark.slow

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
BROWSER_ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
PHONE, DESK = {"width": 390, "height": 800}, {"width": 1400, "height": 900}


@pytest.fixture(scope="module")
def linear(digits, tmp_path_factory):
    """A model file that needs no TensorFlow."""
    X, y = digits
    model = make_pipeline(FunctionTransformer(), LogisticRegression(max_iter=50, tol=0.1))
    path = tmp_path_factory.mktemp("model") / "linear.joblib"
    return joblib.dump(model.fit(X[:1500], y[:1500]), path)[0]


@pytest.fixture(scope="module")
def written(digits, tmp_path_factory):
    """The answer of a command on a small network, and the page."""
    folder = tmp_path_factory.mktemp("report")
    X, y = digits
    network = DigitCNNClassifier("two_layer_mlp", epochs=3, random_state=0)
    network.fit(X[:300], y[:300]).save(folder / "a 'quoted' <b>.mnistcnn")
    path = folder / "report.html"
    return mnistcnn("report", "a 'quoted' <b>.mnistcnn", "-o", path, cwd=folder), path


class TestReport:
    def test_prints_the_accuracy_and_where_the_page_is(self, written):
        answer, path = written
        assert (answer.returncode, answer.stderr) == (0, "")
        accuracy, place = answer.stdout.splitlines()
        assert accuracy.startswith("Accuracy ")
        assert "% on 297 images, 95 % interval " in accuracy
        assert place == f"{path} holds the report."
        assert [each.suffix for each in sorted(path.parent.iterdir())] == [".mnistcnn", ".html"]

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
    @pytest.mark.parametrize(
        ("command", "quiet"),
        [
            ("report", []),
            ("evaluate", ["--quiet"]),
            long("report", ["--quiet"]),
            long("evaluate", []),
        ],
    )
    def test_on_a_terminal_shows_how_many_images_are_answered(
        self, command, quiet, linear, tmp_path
    ):
        arguments = {
            "report": ["report", linear, "-o", tmp_path / "report.html"],
            "evaluate": ["evaluate", "--model-file", linear],
        }
        unpickled = UNPICKLED[0]
        status, printed, shown = mnistcnn_on_a_terminal(*arguments[command], unpickled, *quiet)
        assert status == 0, shown
        assert printed.count("Accuracy") == 1
        assert ("images" in shown) == (not quiet)

    def test_another_unit_is_told_of_once(self, digits, tmp_path):
        X, y = (np.concatenate([each] * 2) for each in digits)
        network = DigitCNNClassifier("two_layer_mlp", epochs=1, random_state=0)
        network.fit(X[:300], y[:300]).save(tmp_path / "network.mnistcnn")
        # Each thousand has another range.
        np.savez(tmp_path / "data.npz", X=X / np.linspace(200, 300, len(X))[:, np.newaxis], y=y)
        model, data = ("network.mnistcnn", ("--data", "data.npz"))
        for command in (
            ("evaluate", "--model-file", model, *data),
            ("report", model, *data, "-o", "report.html"),
        ):
            answer = mnistcnn(*command, cwd=tmp_path)
            assert answer.returncode == 0, answer.stderr
            assert answer.stderr.count("The pixels range from 0 to ") == 1

    def test_json_has_the_figures(self, linear, tmp_path):
        path = tmp_path / "report.html"
        answer = mnistcnn(
            "report", UNPICKLED[0], linear, "--limit", "100", "--json", "--output", path
        )
        figures = json.loads(answer.stdout)
        assert figures["report"] == str(path)
        assert figures["images"] == 100
        assert 0.5 < figures["accuracy_interval"][0] < figures["accuracy"] < 1
        assert "linear.joblib" in path.read_text("utf-8")


class TestBadInput:
    @pytest.mark.parametrize(
        ("arguments", "mentions"),
        [
            (["missing.joblib", "-o", "a.html"], "missing.joblib"),
            (
                [__file__, "-o", "a.html"],
                "MODEL_FILE must be a classifier written by `mnistcnn train` or",
            ),
            ([__file__], "'-o' / '--output'"),
            ([__file__, "-o", "missing/a.html"], "folder 'missing' does not exist"),
            ([__file__, "-o", "."], "is a directory"),
            ([__file__, "-o", __file__, "--force"], "is read; name another file"),
            ([__file__, "-o", "a.html", "--n-images", "0"], "'--n-images': 0"),
            ([__file__, "-o", "a.html", "--data", "no-such.csv"], "no-such.csv"),
        ],
        ids=lambda value: " ".join(value[1:]) if isinstance(value, list) else "",
    )
    def test_is_answered_with_one_line_and_status_2(self, arguments, mentions, tmp_path):
        answer = mnistcnn("report", *arguments, cwd=tmp_path)
        assert_one_line(answer, status=2, mentions=mentions)
        assert list(tmp_path.iterdir()) == []

    def test_a_page_that_exists_is_replaced_with_force_only(self, linear, tmp_path):
        path = tmp_path / "report.html"
        path.write_text("precious")
        answer = mnistcnn("report", UNPICKLED[0], linear, "-o", path)
        assert_one_line(answer, status=2, mentions=f"--output would overwrite {path}")
        assert path.read_text() == "precious"
        assert mnistcnn("report", UNPICKLED[0], linear, "-o", path, "--force").returncode == 0
        assert path.read_text("utf-8").startswith("<!doctype html>")

    @pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="a folder that takes no file")
    def test_a_folder_that_takes_no_file(self):
        # What it would read is not looked at before.
        answer = mnistcnn("report", __file__, "-o", "/proc/report.html")
        assert_one_line(answer, status=2, mentions="/proc/report.html cannot be written")

    @pytest.mark.parametrize(
        ("arrays", "mentions"),
        [
            ({"X": np.zeros((2, 64)), "y": [1, 2]}, "images of 784 pixels, as "),
            ({"X": np.zeros((2, 784)), "y": ["1", "2"]}, "labels that the classifier knows"),
            ({"X": np.zeros((2, 784))}, "y"),
            ({"X": np.zeros((0, 784)), "y": np.zeros(0, int)}, "data.npz"),
        ],
        ids=["shape", "other labels", "no labels", "empty"],
    )
    def test_data_that_do_not_fit(self, arrays, mentions, linear, tmp_path):
        np.savez(tmp_path / "data.npz", **arrays)
        answer = mnistcnn(
            *(
                "report",
                UNPICKLED[0],
                linear,
                "--data",
                tmp_path / "data.npz",
                "-o",
                tmp_path / "report.html",
            )
        )
        assert_one_line(answer, status=2, mentions=mentions)
        assert not (tmp_path / "report.html").exists()

    def test_a_classifier_that_is_not_fitted(self, tmp_path):
        joblib.dump(DummyClassifier(), tmp_path / "model.joblib")
        answer = mnistcnn(
            "report", UNPICKLED[0], tmp_path / "model.joblib", "-o", tmp_path / "a.html"
        )
        assert_one_line(answer, status=2, mentions="MODEL_FILE must be a fitted classifier")

    def test_without_matplotlib_one_line_names_the_extra(self, monkeypatch, tmp_path):
        monkeypatch.setitem(sys.modules, "matplotlib", None)
        answer = CliRunner().invoke(report, [__file__, "-o", str(tmp_path / "a.html")])
        assert answer.exit_code == 1
        assert "pip install 'mnistcnn[plot]'" in answer.output


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="browsers are driven by Playwright"
    )
    if BROWSER is None:
        pytest.skip("no Chromium is installed (on Debian: apt-get install chromium)")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=BROWSER, args=BROWSER_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, written):
    """Opens the page; afterwards there must be neither messages nor requests to other places."""
    pages, told, requests = [], [], []
    address = written[1].as_uri()

    def open_it(**options):
        page = browser.new_page(**options)
        pages.append(page)
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda entry: told.append(entry.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.goto(address)
        return page

    yield open_it
    for page in pages:
        page.close()
    others = [url for url in requests if not url.startswith("data:") and url != address]
    assert (others, told) == ([], [])


class TestInTheBrowser:
    def test_all_images_and_charts_are_there(self, open_page):
        page = open_page(viewport=DESK)
        images = page.locator("img")
        assert images.count() > 0
        assert images.evaluate_all("all => all.every(one => one.naturalWidth === 28)")
        for name in ("Calibration", "Training"):
            charts = page.get_by_role("region", name=name).get_by_role("img")
            sizes = charts.evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
            assert len(sizes) == {"Calibration": 1, "Training": 3}[name]
            assert min(sizes) > 100

    def test_headings_and_links_lead_through_it(self, open_page):
        page = open_page(viewport=DESK)
        heading = page.get_by_role("heading", level=1)
        assert heading.text_content() == "Report on a 'quoted' <b>.mnistcnn"
        sections = page.get_by_role("heading", level=2).all_text_contents()
        links = page.get_by_role("navigation").get_by_role("link")
        assert links.all_text_contents() == sections
        links.last.click()
        assert page.evaluate("location.hash") == "#environment"

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_fits_on_a_phone(self, open_page, scheme):
        page = open_page(viewport=PHONE, color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        page.mouse.wheel(500, 0)
        assert page.evaluate("scrollX") == 0

    def test_is_dark_where_the_system_is(self, open_page):
        brightness = "getComputedStyle(document.body)[{!r}].match(/\\d+/g).map(Number)[0]"
        for scheme, darker in (("light", "color"), ("dark", "backgroundColor")):
            page = open_page(viewport=DESK, color_scheme=scheme)
            levels = {
                name: page.evaluate(brightness.format(name))
                for name in ("color", "backgroundColor")
            }
            assert min(levels, key=levels.get) == darker
            # What is drawn is in the color of the text.
            drawn = page.locator("svg text").first.evaluate("one => getComputedStyle(one).fill")
            assert drawn == page.evaluate("getComputedStyle(document.body).color")

    def test_prints_in_light_and_no_figure_is_cut(self, open_page):
        page = open_page(viewport=DESK, color_scheme="dark")
        assert page.pdf(format="A4").startswith(b"%PDF")
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == (
            "rgb(255, 255, 255)"
        )
        breaks = page.locator("figure").evaluate_all(
            "all => all.map(one => getComputedStyle(one).breakInside)"
        )
        assert set(breaks) == {"avoid"}
