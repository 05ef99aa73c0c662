"""The fields that take a drawing or an image file, and what they hand over."""

import base64
import binascii
from importlib.resources import files
from pathlib import Path
from typing import Any

import gradio as gr

from mnistcnn.exceptions import UnreadableImageError

DRAWING_PREFIX = "data:image/png;base64,"
# A drawing of 280x280 pixels takes about 5,000.
MAX_CHARACTERS = 500_000
# In pixels. The drawing pad's own is 280; the bytes of a file could unpack to millions.
MAX_SIDE = 1_000


def drawing_pad() -> gr.HTML:
    """Return a square to draw on, with undo and clear, for mouse, finger, pen and keyboard.

    Its value is a PNG file, black on white, as a data URL, or an empty string where nothing is
    drawn; it changes after each stroke, undo and clear. Gradio's `Sketchpad` brings a WebGL engine
    along, which takes seconds to start on a machine without a graphics card, and has no way to
    draw by keyboard.
    """
    return gr.HTML(
        value="",
        html_template=_resource("drawing_pad.html"),
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
        buttons=[],
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
    """Return where the file of an image field lies, or None where there is none.

    The browser says its ``"path"`` on the server. One that does not lie in the folder of uploads is
    refused: nobody may read the other files of this machine.
    """
    if value is None:
        return None
    path = Path(str(value.get("path"))).resolve()
    if not path.is_relative_to(uploads.resolve()):
        raise UnreadableImageError("the image was not uploaded.")
    return path


def _resource(name: str) -> str:
    return files("mnistcnn.app").joinpath(name).read_text(encoding="utf-8")
