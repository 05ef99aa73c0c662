"""The page: what lies where, and what happens when."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from mnistcnn.app._answer import answer, message
from mnistcnn.app._fields import drawing_pad, drawn_file, image_field, uploaded_file
from mnistcnn.app._reader import DigitReader
from mnistcnn.app._sheet import sheet
from mnistcnn.exceptions import EmptyImageError, UnreadableImageError
from mnistcnn.handwriting import are_apart, may_be_a_digit
from mnistcnn.images import open_image

TITLE = """<div class="page-title"><h1>Handwritten digits</h1>
<p>Draw a digit, or take a photo of one or of many, and see what the network reads.</p></div>"""
FOOT = '<p class="page-foot">Images are read by this program and go nowhere else.</p>'
NOTHING_DRAWN = "The canvas is empty. Draw a digit from 0 to 9; the answer comes with each stroke."
NO_IMAGE = "Choose, drop, paste or take a photo of one digit."
NO_SHEET = "Choose, drop, paste or take a photo of a sheet with several digits."
NO_DIGIT = "No digit: a dot, or a drawing that no digit looks like."
NO_INK = "There is nothing to read: no ink was found on the paper."
# The fonts that each system brings along: others would be fetched.
FONTS = ("system-ui", "Segoe UI", "Roboto", "Helvetica Neue", "sans-serif")
MONOSPACED_FONTS = ("ui-monospace", "Consolas", "monospace")
# Seconds after which an uploaded file is removed, at the next look around.
KEPT = 600


def build_page(reader: DigitReader, uploads: Path) -> gr.Blocks:
    """Return the page as Gradio's Blocks; `uploads` is where Gradio puts what is uploaded."""
    page = gr.Blocks(title="Handwritten digits", analytics_enabled=False, delete_cache=(KEPT, KEPT))
    with page:
        gr.HTML(TITLE, apply_default_css=False)
        with gr.Tabs():
            with gr.Tab("Draw"):
                _lay_out(drawing_pad, partial(read_drawing, reader))
            with gr.Tab("Image"):
                _lay_out(partial(image_field, "One digit"), partial(read_image, reader, uploads))
            with gr.Tab("Sheet"):
                _lay_out(
                    partial(image_field, "Several digits"), partial(read_sheet, reader, uploads)
                )
        gr.HTML(FOOT, apply_default_css=False)
    return page


def theme() -> gr.themes.Base:
    """Return colours and fonts."""
    return gr.themes.Default(primary_hue="indigo", font=FONTS, font_mono=MONOSPACED_FONTS)


def read_drawing(reader: DigitReader, value: str | None) -> str:
    """Return the answer to a drawing of one digit or several, or a message if there is none."""

    def read() -> str:
        drawing = drawn_file(value)
        return message(NOTHING_DRAWN) if drawing is None else _answer_to(reader, drawing)

    return _read_or_say_why_not(read)


def _answer_to(reader: DigitReader, drawing: bytes) -> str:
    image = open_image(drawing)
    found = reader.digits_in(image)
    if found and not any(may_be_a_digit(digit.crop) for digit in found):
        return message(NO_DIGIT)
    if not are_apart([digit.box for digit in found]):
        return answer(reader.read(image))
    return sheet(image, reader.read_found(found))


def read_image(reader: DigitReader, uploads: Path, value: dict[str, Any] | None) -> str:
    """Return the answer to an image of one digit, or a message that says what is wrong with it."""

    def read() -> str:
        path = uploaded_file(value, uploads)
        return message(NO_IMAGE) if path is None else answer(reader.read(_opened(path)))

    return _read_or_say_why_not(read)


def read_sheet(reader: DigitReader, uploads: Path, value: dict[str, Any] | None) -> str:
    """Return the answer to an image of many digits, or a message that says what is wrong."""

    def read() -> str:
        path = uploaded_file(value, uploads)
        if path is None:
            return message(NO_SHEET)
        image = _opened(path)
        marks = reader.read_sheet(image)
        return sheet(image, marks) if marks else message(NO_INK)

    return _read_or_say_why_not(read)


def _opened(path: Path) -> Image.Image:
    try:
        return open_image(path)
    except UnreadableImageError as error:
        # The folder of uploads means nothing to a user.
        raise UnreadableImageError(str(error).replace(str(path), path.name)) from error


def _read_or_say_why_not(read: Callable[[], str]) -> str:
    try:
        return read()
    except EmptyImageError:
        return message(NO_INK)
    # UnreadableImageError, or pixels that are not numbers.
    except ValueError as error:
        return message(str(error).removeprefix("X[0] "))


def _lay_out(make_field: Callable[[], Any], read: Callable[[Any], str]) -> None:
    """Lay out a field with its answer beside it, or below it on a narrow screen."""
    with gr.Row():
        with gr.Column(min_width=320):
            field = make_field()
        with gr.Column(min_width=320):
            shown = gr.HTML(read(None), elem_classes="answer", apply_default_css=False)
    field.change(
        read,
        field,
        shown,
        preprocess=False,
        show_progress="hidden",
        # Of strokes that come faster than the answers, the last one counts.
        trigger_mode="always_last",
        # One network for all, one image at a time.
        concurrency_id="network",
        api_visibility="private",
    )
