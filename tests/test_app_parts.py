"""What the page of `mnistcnn demo` explains, offers and refuses."""

import base64
import csv
import os
from html import unescape
from io import BytesIO, StringIO

import joblib
import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression, RidgeClassifier

from choice import long
from commands import UNPICKLED, assert_one_line, mnistcnn
from image_files import as_drawn
from mnistcnn import DigitNormalizer, load_pretrained

pytest.importorskip("gradio", reason="the page needs Gradio: pip install 'mnistcnn[demo]'")

from mnistcnn.app import DigitReading, PageReader
from mnistcnn.app._answer import answer, explanation
from mnistcnn.app._examples import digit_on_paper, digits_on_paper
from mnistcnn.app._head import head, links_of
from mnistcnn.app._networks import Networks
from mnistcnn.app._occlusion import coarse_occlusion
from mnistcnn.app._reader import Mark
from mnistcnn.app._replies import explain_drawing, explain_image
from mnistcnn.app._sheet import sheet, table

MARKUP = "<b>7</b>"


def reading_of(probabilities, labels=range(10)):
    return DigitReading(np.zeros((28, 28), np.uint8), labels, np.array(probabilities))


class TestOcclusion:
    def test_finds_the_only_place_that_counts(self):
        image = np.zeros((28, 28), np.uint8)
        image[4:8, 4:8] = 255
        image[20:24, 20:24] = 255

        class Corner:
            classes_ = np.arange(2)

            def predict_proba(self, X):
                lit = X.reshape(-1, 28, 28)[:, 4:8, 4:8].mean(axis=(1, 2)) / 255
                return np.column_stack([1 - lit, lit])

        falls = coarse_occlusion(Corner(), image)
        assert falls.max() == 1
        assert np.argwhere(falls == 1).tolist() == [
            [y, x] for y in range(4, 8) for x in (4, 5, 6, 7)
        ]
        assert not falls[12:].any()

    def test_where_there_is_no_ink_nothing_changes(self, page_reader):
        image = np.zeros((28, 28), np.uint8)
        image[12:24, 13:16] = 255
        falls = coarse_occlusion(page_reader.classifier, image)
        np.testing.assert_array_equal(falls[:8], 0)
        np.testing.assert_array_equal(falls[:, 20:], 0)
        assert falls.any()

    def test_it_asks_once(self, digits):
        asked = []

        class Counting:
            classes_ = np.arange(10)

            def predict_proba(self, X):
                asked.append(X.shape)
                return np.full((len(X), 10), 0.1)

        assert not coarse_occlusion(Counting(), digits[0][0].reshape(28, 28)).any()
        ((n_images, n_pixels),) = asked
        assert 1 < n_images <= 145
        assert n_pixels == 784


class TestExplanation:
    def test_says_how_far_the_probability_falls(self):
        falls = np.zeros((28, 28))
        falls[3, 3] = 0.5
        html = explanation(reading_of([0.25, 0.75], labels=[4, 9]), falls)
        assert "the probability of 9 from 75.0 % to 25.0 %" in html

    @pytest.mark.parametrize("fall", [0, -0.2, 0.001])
    def test_says_where_no_place_decided(self, fall):
        html = explanation(reading_of([0.25, 0.75], labels=[4, 9]), np.full((28, 28), fall))
        assert "No single region" in html

    def test_orange_is_where_it_falls(self):
        falls = np.zeros((28, 28))
        falls[:14] = 0.5
        html = explanation(reading_of([0, 1], labels=[4, 9]), falls)
        image = Image.open(BytesIO(base64.b64decode(html.split("base64,")[1].split('"')[0])))
        pixels = np.asarray(image).astype(int)
        assert (pixels[5, 5] == (255, 110, 30)).all()
        assert not pixels[-5].any()

    @pytest.mark.parametrize(
        "value", [None, "", "hello", as_drawn(Image.new("L", (280, 280), 255))]
    )
    def test_there_is_none_without_a_digit(self, page_reader, value):
        assert explain_drawing(page_reader, value) == ""

    def test_there_is_none_of_a_file_that_is_broken(self, page_reader, tmp_path):
        (tmp_path / "broken.png").write_text("Dear reader")
        value = {"path": str(tmp_path / "broken.png")}
        assert explain_image(page_reader, value, uploads=tmp_path) == ""


class TestNetworks:
    def test_the_first_one_reads_until_another_is_chosen(self, page_reader):
        other = PageReader(load_pretrained(), DigitNormalizer())
        networks = Networks({"mine": other, "pretrained": page_reader})
        assert networks.chosen() is other
        assert networks.chosen("pretrained") is page_reader

    @pytest.mark.parametrize("name", ["../private.joblib", "", 0, ["pretrained"], {}])
    def test_a_name_that_is_not_offered_is_refused(self, page_reader, name):
        with pytest.raises(ValueError, match="no such network"):
            Networks({"pretrained": page_reader}).chosen(name)


class TestLabels:
    """Labels are of the classifier in a file, and may be any text."""

    def test_bring_no_markup_into_an_answer(self):
        html = answer(reading_of([0.9, 0.1], labels=[MARKUP, "<i>"]))
        assert "<b>" not in html
        assert "<i>" not in html

    def test_bring_no_markup_into_a_sheet(self):
        mark = Mark((1, 1, 5, 8), 0, reading_of([1, 0], labels=[MARKUP, "8"]))
        assert "<b>" not in sheet(Image.new("L", (20, 20)), [mark])


class TestTable:
    def test_has_a_line_a_digit(self):
        marks = [
            Mark((10, 12, 30, 50), 0, reading_of([0.75, 0.25], labels=[4, 9])),
            Mark((50, 12, 20, 40), 1, reading_of([1, 0], labels=["a,b", "c"])),
            Mark((80, 12, 2, 2), None, None),
        ]
        rows = list(csv.DictReader(StringIO(table(marks))))
        assert rows[0] == {
            **{"line": "1", "digit": "4", "probability": "0.750000"},
            **{"x": "10", "y": "12", "width": "30", "height": "50"},
        }
        assert [row["digit"] for row in rows] == ["4", "a,b"]

    def test_stands_in_the_page_as_text_and_as_a_file(self):
        marks = [Mark((10, 12, 30, 50), 0, reading_of([0.75, 0.25], labels=['a"&b', "c"]))]
        html = sheet(Image.new("L", (60, 80), 255), marks)
        copied = [unescape(part.split('"')[0]) for part in html.split('data-text="')[1:]]
        assert copied[0] == 'a"&b'
        assert next(csv.reader(StringIO(copied[1].splitlines()[1]), "excel-tab"))[1] == 'a"&b'
        saved = base64.b64decode(html.split("csv;charset=utf-8;base64,")[1].split('"')[0]).decode()
        assert saved == table(marks)

    def test_nothing_is_offered_where_no_digit_was_read(self):
        html = sheet(Image.new("L", (60, 80), 255), [Mark((10, 12, 30, 50), None, None)])
        assert "sheet-tools" not in html


class TestExamples:
    def test_are_read_as_what_they_are(self, page_reader, digits):
        from mnistcnn.cli._demo import EXAMPLES

        X, y = digits
        assert y[list(EXAMPLES)].tolist() == list(range(10))
        images = list(X[list(EXAMPLES)].reshape(-1, 28, 28))
        assert page_reader.read(digit_on_paper(images)).ranking()[0][0] == 5
        marks = page_reader.read_sheet(digits_on_paper(images))
        assert "".join(str(mark.reading.ranking()[0][0]) for mark in marks) == "31415926807"


class TestHead:
    def test_documentation_leads_to_the_model_card(self):
        assert links_of(["Source, https://code.example/d", "Docs, https://docs.example"]) == [
            ("Documentation", "https://docs.example"),
            ("Model card", "https://docs.example/model_card.html"),
        ]

    def test_nothing_is_linked_that_the_package_does_not_state(self):
        assert links_of(["Issue Tracker, https://code.example/d/issues"]) == []

    def test_it_names_the_product(self):
        assert "mnistcnn" in head()


@pytest.fixture(scope="module")
def models(tmp_path_factory, digits):
    """Files of classifiers that the page can or cannot take."""
    X, y = digits
    folder = tmp_path_factory.mktemp("models")
    texts = np.array(["zero", "one"])
    few = y < 2
    joblib.dump(RidgeClassifier().fit(X[:200], y[:200]), folder / "no_probabilities.joblib")
    joblib.dump(
        LogisticRegression(max_iter=20, tol=0.5).fit(X[few][:99], texts[y[few][:99]]),
        folder / "texts.joblib",
    )
    (folder / "letter.joblib").write_text("Dear reader")
    return folder


@pytest.mark.slow
class TestCommand:
    @pytest.mark.parametrize(
        ("name", "mentions"),
        [
            ("missing.joblib", "does not exist"),
            # As `evaluate` says of such a file each time.
            long("letter.joblib", "cannot be read"),
            ("no_probabilities.joblib", "gives probabilities"),
        ],
    )
    def test_a_model_file_that_cannot_answer_is_one_line(self, models, name, mentions):
        answer = mnistcnn("demo", *UNPICKLED, models / name)
        assert_one_line(answer, status=2, mentions=mentions)

    @pytest.mark.parametrize(
        ("name", "mentions"),
        [
            ("corrected.csv", "must be an .npz file"),
            ("nowhere/corrected.npz", "does not exist"),
            ("mnist.npz", "and nothing else"),
            ("folder.npz", "is a directory"),
        ],
    )
    def test_a_file_of_corrections_that_cannot_be_is_one_line(self, tmp_path, name, mentions):
        np.savez(tmp_path / "mnist.npz", x_train=np.zeros((1, 784)), y_train=[1])
        (tmp_path / "folder.npz").mkdir()
        answer = mnistcnn("demo", "--corrections", tmp_path / name)
        assert_one_line(answer, status=2, mentions=mentions)

    @pytest.mark.skipif(
        not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all"
    )
    def test_a_file_of_corrections_that_may_not_be_written_is_one_line(self, tmp_path):
        (tmp_path / "locked").mkdir(mode=0o500)
        answer = mnistcnn("demo", "--corrections", tmp_path / "locked" / "corrected.npz")
        assert_one_line(answer, status=2, mentions="corrected.npz")

    def test_networks_whose_labels_do_not_go_together_are_one_line(self, models, tmp_path):
        arguments = [*UNPICKLED, models / "texts.joblib", "--corrections", tmp_path / "c.npz"]
        answer = mnistcnn("demo", *arguments)
        assert_one_line(answer, status=2, mentions="both numbers and text")
