"""The functions of the page to draw on: what it answers, shows, refuses and asks for."""

import base64
import re
import socket
import subprocess
import sys
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from image_files import as_drawn, content_of
from mnistcnn import UnreadableImageError

pytest.importorskip("gradio", reason="the page needs Gradio: pip install 'mnistcnn[demo]'")

from mnistcnn._html import percent
from mnistcnn.app import DigitReading
from mnistcnn.app._answer import answer, message
from mnistcnn.app._fields import DRAWING_PREFIX, MAX_CHARACTERS, drawn_file, uploaded_file
from mnistcnn.app._reader import Mark
from mnistcnn.app._replies import read_drawing, read_image, read_sheet
from mnistcnn.app._sheet import sheet

# They start processes of their own.
pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "mnistcnn", "demo"]


def drawn(row):
    """One of the bundled digits as it comes from the drawing pad."""
    image = Image.new("L", (280, 280), 255)
    ink = Image.fromarray(row.reshape(28, 28)).resize((200, 200), Image.Resampling.BICUBIC)
    image.paste(0, (40, 40), ink.point(lambda value: 255 * (value > 110)))
    return as_drawn(image)


def doodle(shape):
    """What people draw who do not draw digits, with the pen of the drawing pad."""
    image = Image.new("L", (280, 280), 255)
    pen = ImageDraw.Draw(image)
    if shape == "dot":
        pen.ellipse((131, 131, 149, 149), fill=0)
    elif shape == "blob":
        pen.ellipse((80, 90, 200, 190), fill=0)
    else:
        pen.ellipse((40, 40, 240, 240), outline=0, width=18)
        for x in (100, 165):
            pen.ellipse((x, 95, x + 18, 113), fill=0)
        pen.arc((85, 90, 195, 200), 20, 160, fill=0, width=18)
    return image


@pytest.fixture
def reading():
    """One that took a 4 for a 4, and might have taken it for a 9."""
    probabilities = np.zeros(10)
    probabilities[[4, 9]] = 0.75, 0.25
    return DigitReading(np.eye(28, dtype=np.uint8) * 255, range(10), probabilities)


class TestAnswer:
    def test_shows_the_digit_both_choices_and_a_bar_for_each_label(self, reading):
        html = answer(reading)
        assert ">4</output>" in html
        assert "75.0 %" in html
        assert "second choice: 9 (25.0 %)" in html
        widths = re.findall(r"width:([\d.]+)%", html)
        assert [float(width) for width in widths] == [0, 0, 0, 0, 75, 0, 0, 0, 0, 25]

    def test_shows_exactly_what_the_network_saw(self, reading):
        encoded = re.search(r'src="data:image/png;base64,([^"]+)"', answer(reading))[1]
        image = Image.open(BytesIO(base64.b64decode(encoded)))
        np.testing.assert_array_equal(np.asarray(image), reading.image)

    @pytest.mark.parametrize(("probability", "word"), [(0.95, "sure<"), (0.4, "a guess")])
    def test_says_when_it_is_a_guess(self, probability, word):
        probabilities = np.full(10, (1 - probability) / 9)
        probabilities[0] = probability
        html = answer(DigitReading(np.zeros((28, 28), np.uint8), range(10), probabilities))
        assert word in html

    @given(st.floats(0, 1))
    def test_only_certainty_is_100_percent(self, probability):
        text = percent(probability)
        assert (text == "100 %") == (probability == 1)
        assert (text == "0 %") == (probability == 0)

    def test_messages_cannot_bring_markup_into_the_page(self):
        assert "<script" not in message("<script>alert(1)</script>.png is damaged")


class TestFields:
    @given(st.binary(min_size=1, max_size=16))
    def test_a_drawing_is_the_bytes_of_a_file(self, drawing):
        assert drawn_file(DRAWING_PREFIX + base64.b64encode(drawing).decode()) == drawing

    @pytest.mark.parametrize("value", ["", None])
    def test_nothing_drawn_is_none(self, value):
        assert drawn_file(value) is None

    @pytest.mark.parametrize(
        "value",
        [
            "hello",
            "data:text/html;base64,aGk=",
            DRAWING_PREFIX + "%%%",
            DRAWING_PREFIX + "A" * MAX_CHARACTERS,
        ],
        ids=["text", "other type", "no base64", "large"],
    )
    def test_what_no_page_sends_is_refused(self, value):
        with pytest.raises(UnreadableImageError, match="drawing"):
            drawn_file(value)

    @pytest.mark.parametrize("path", ["../secret.png", "/etc/hostname", "", None])
    def test_files_that_were_not_uploaded_are_refused(self, tmp_path, path):
        uploads = tmp_path / "uploads"
        uploads.mkdir()
        (tmp_path / "secret.png").write_bytes(b"")
        asked = None if path is None else str(uploads / path)
        with pytest.raises(UnreadableImageError, match="not uploaded"):
            uploaded_file({"path": asked}, uploads / "mine")

    def test_a_link_out_of_the_folder_of_uploads_is_refused(self, tmp_path):
        (tmp_path / "uploads").mkdir()
        (tmp_path / "uploads" / "link.png").symlink_to(tmp_path)
        with pytest.raises(UnreadableImageError, match="not uploaded"):
            uploaded_file({"path": str(tmp_path / "uploads" / "link.png")}, tmp_path / "uploads")


class TestReading:
    def test_drawings_and_files_of_the_same_digit_have_the_same_answer(
        self, page_reader, written_digit, tmp_path
    ):
        image = written_digit(3)
        image.save(tmp_path / "3.png")
        drawn = read_drawing(page_reader, as_drawn(image))
        assert ">3</output>" in drawn
        assert drawn == read_image(page_reader, {"path": str(tmp_path / "3.png")}, uploads=tmp_path)

    def test_several_digits_are_answered_as_several(self, page_reader, written_sheet):
        html = read_drawing(page_reader, as_drawn(written_sheet([[3, 1, 4]], side=160)))
        assert '<p class="sheet-text">314</p>' in html

    @pytest.mark.parametrize("shape", ["dot", "blob", "smiley"])
    def test_what_has_no_digits_shape_is_no_digit(self, page_reader, shape):
        assert "Not a digit" in read_drawing(page_reader, as_drawn(doodle(shape)))

    def test_the_bundled_digits_are_not_refused(self, page_reader, digits):
        X, _ = digits
        n_refused = sum("<output" not in read_drawing(page_reader, drawn(row)) for row in X[::9])
        assert n_refused <= 1

    def test_an_empty_canvas_gets_a_message(self, page_reader):
        assert "canvas is empty" in read_drawing(page_reader, "")

    def test_blank_paper_gets_a_message(self, page_reader):
        assert "no ink" in read_drawing(page_reader, as_drawn(Image.new("L", (280, 280), 255)))

    def test_a_drawing_that_is_no_image_gets_a_message(self, page_reader):
        assert "answer-message" in read_drawing(page_reader, DRAWING_PREFIX + "AAAA")

    @pytest.mark.parametrize("read", [read_image, read_sheet])
    def test_a_field_without_a_file_says_what_to_do(self, page_reader, tmp_path, read):
        assert "take a photo" in read(page_reader, None, uploads=tmp_path)

    @pytest.mark.parametrize("read", [read_image, read_sheet])
    def test_a_broken_file_is_named_without_its_folder(
        self, page_reader, tmp_path, written_digit, read
    ):
        path = tmp_path / "holiday.png"
        path.write_bytes(content_of(written_digit(5))[:-200])
        html = read(page_reader, {"path": str(path)}, uploads=tmp_path)
        assert "answer-message" in html
        assert "holiday.png" in html
        assert str(tmp_path) not in html

    def test_a_sheet_is_read_row_by_row_with_a_box_for_each_digit(
        self, page_reader, written_sheet, tmp_path
    ):
        written_sheet([[3, 1, 4], [7, 0]]).save(tmp_path / "sheet.png")
        html = read_sheet(page_reader, {"path": str(tmp_path / "sheet.png")}, uploads=tmp_path)
        assert '<p class="sheet-text">314<br>\n70</p>' in html
        assert html.count("<rect") == 5

    def test_blank_sheet_gets_a_message(self, page_reader, tmp_path):
        Image.new("L", (300, 300), 240).save(tmp_path / "blank.png")
        assert "no ink" in read_sheet(
            page_reader, {"path": str(tmp_path / "blank.png")}, uploads=tmp_path
        )


class TestSheet:
    def test_what_is_no_digit_is_marked_and_not_guessed(self, reading):
        marks = [Mark((10, 10, 30, 50), 0, reading), Mark((50, 10, 70, 50), None, None)]
        html = sheet(Image.new("L", (200, 100), 255), marks)
        assert '<p class="sheet-text">4</p>' in html
        assert html.count('class="unsure"') == 2
        assert "2 to check" in html

    @pytest.mark.parametrize(
        ("labels", "text"), [((10, 9), "10 9"), ((1.0, 0.0), "10"), (("yes", "no"), "yes no")]
    )
    def test_labels_are_written_as_the_reader_writes_them(self, reading, labels, text):
        marks = [
            Mark(
                (50 * place, 10, 30, 50),
                0,
                replace(reading, labels=order, probabilities=np.array([1.0, 0.0])),
            )
            for place, order in enumerate((labels, labels[::-1]))
        ]
        html = sheet(Image.new("L", (200, 100), 255), marks)
        assert f'<p class="sheet-text">{text}</p>' in html
        assert f'data-text="{text}"' in html

    def test_a_large_photograph_is_shown_smaller_with_boxes_in_its_own_pixels(self, reading):
        html = sheet(Image.new("L", (4000, 3000), 255), [Mark((100, 200, 300, 500), 0, reading)])
        assert 'viewBox="0 0 4000 3000"' in html
        assert '<rect x="100" y="200" width="300" height="500"/>' in html
        encoded = re.search(r'href="data:image/jpeg;base64,([^"]+)"', html)[1]
        assert Image.open(BytesIO(base64.b64decode(encoded))).size == (1400, 1050)


class TestCommand:
    def test_without_gradio_one_line_names_the_extra(self):
        script = (
            "import sys; sys.modules['gradio'] = None\n"
            "from mnistcnn.cli import main; main(['demo'])"
        )
        answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
        assert answer.returncode == 2
        assert re.fullmatch(r"mnistcnn: error: [^\n]+\n", answer.stderr)
        assert "pip install 'mnistcnn[demo]'" in answer.stderr

    @pytest.mark.parametrize("arguments", [["--port", "PORT"], ["--host", "192.0.2.1"]])
    def test_an_address_that_cannot_be_had_is_one_line(self, arguments):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            command = [*COMMAND, *(port if word == "PORT" else word for word in arguments)]
            answer = subprocess.run(command, capture_output=True, text=True)
        assert answer.returncode == 2
        assert re.fullmatch(r"mnistcnn: error: [^\n]+\n", answer.stderr)
        assert "cannot listen at" in answer.stderr
