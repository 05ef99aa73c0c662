"""The fields for drawings and image files, and the files that they receive."""

import base64
import binascii
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mnistcnn._html import data_url
from mnistcnn.app._examples import transparent
from mnistcnn.exceptions import UnreadableImageError

DRAWING_PREFIX = "data:image/png;base64,"
# A drawing of 280x280 pixels takes about 5,000.
MAX_CHARACTERS = 500_000
# In pixels. The drawing pad's own is 280; the bytes of a file could unpack to millions.
MAX_SIDE = 1_000
# Where the examples stand in drawing_pad.html.
EXAMPLES = "<!-- examples -->"
# In pixels.
THUMBNAIL = 160


def drawing_pad(examples: Sequence[NDArray[np.uint8]] = ()) -> gr.HTML:
    """Return a square to draw on, with undo and clear, for mouse, finger, pen and keyboard.

    Its value is a PNG file, black on white, as a data URL, or an empty string where nothing is
    drawn; after each stroke, undo and clear it has the event `input`. Gradio's `Sketchpad` brings
    a WebGL engine along, which takes seconds to start on a machine without a graphics card, and
    has no way to draw by keyboard.

    The `examples`, digits in MNIST's form in the order of their labels, lie below it as buttons.
    """
    return gr.HTML(
        value="",
        html_template=_resource("drawing_pad.html").replace(EXAMPLES, _strip(examples)),
        js_on_load=_resource("drawing_pad.js"),
        apply_default_css=False,
    )


def image_field(label: str) -> gr.Image:
    """Return a field that takes an image from a file, the camera or the clipboard.

    Its value is what Gradio knows of the uploaded file. Gradio would open the file to preprocess
    it, which is left to `mnistcnn.images.open_image`: that refuses what is too large
    before it is decoded, and says what is wrong with a file.
    """
    return gr.Image(
        label=label,
        type="filepath",
        sources=["upload", "webcam", "clipboard"],
        height=340,
        # Of examples; what is uploaded stays as it is.
        format="png",
        buttons=[],
    )


def example_button(image: Image.Image) -> gr.HTML:
    """Return a button that shows an image, to take it as an example; it has the event `click`."""
    smaller = image.copy()
    smaller.thumbnail((THUMBNAIL, THUMBNAIL))
    return gr.HTML(
        value="",
        html_template=f'<button type="button" class="example"><img src="{data_url(smaller)}" '
        'alt=""><span>Try an example</span></button>',
        js_on_load=_resource("example.js"),
        apply_default_css=False,
    )


def head_of_page(html: str) -> gr.HTML:
    """Return the head of the page, which also makes Gradio's parts usable by keyboard."""
    return gr.HTML(html, js_on_load=_resource("accessibility.js"), apply_default_css=False)


def answer_field(html: str) -> gr.HTML:
    """Return the field for a reply, whose buttons copy their text."""
    return gr.HTML(
        html,
        elem_classes="answer",
        js_on_load=_resource("answer.js"),
        apply_default_css=False,
    )


def drawn_file(value: str | None) -> bytes | None:
    r"""Return the PNG file that a drawing pad holds, or None where nothing is drawn.

    No page of ours sends anything but a small PNG file in a data URL; others are refused.

    Examples
    --------
    >>> from mnistcnn.app._fields import drawn_file
    >>> drawn_file("data:image/png;base64,iVBORw==")
    b'\x89PNG'
    """
    if not value:
        return None
    if not value.startswith(DRAWING_PREFIX) or len(value) > MAX_CHARACTERS:
        raise UnreadableImageError("the drawing is not a small PNG file.")
    try:
        drawing = base64.b64decode(value.removeprefix(DRAWING_PREFIX), validate=True)
    except binascii.Error as error:
        raise UnreadableImageError("the drawing is not a PNG file in base64.") from error
    # Width and height stand there in every PNG file.
    if any(int.from_bytes(drawing[at : at + 4]) > MAX_SIDE for at in (16, 20)):
        raise UnreadableImageError("the drawing has too many pixels.")
    return drawing


def uploaded_file(value: dict[str, Any] | None, uploads: Path) -> Path | None:
    """Return the path of the file of an image field, or None if there is none.

    The browser says its ``"path"`` on the server. One that does not lie in the folder of uploads is
    refused: nobody may read the other files of this machine.
    """
    if value is None:
        return None
    path = Path(str(value.get("path"))).resolve()
    if not path.is_relative_to(uploads.resolve()):
        raise UnreadableImageError("the image was not uploaded.")
    return path


def _strip(examples: Sequence[NDArray[np.uint8]]) -> str:
    if not examples:
        return ""
    buttons = "".join(
        f'<button type="button" aria-label="Example: {label}">'
        f'<img src="{data_url(transparent(digit))}" alt=""></button>'
        for label, digit in enumerate(examples)
    )
    return (
        '<div class="pad-examples" role="group" aria-label="Examples"><p>Or try one of these:</p>'
        f"<div>{buttons}</div></div>"
    )


def _resource(name: str) -> str:
    return files("mnistcnn.app").joinpath(name).read_text(encoding="utf-8")
