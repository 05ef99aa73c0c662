"""The replies of the page to a drawing, an image or a sheet: HTML, or a message."""

from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any

from PIL import Image

from mnistcnn.app._answer import answer, explanation, message
from mnistcnn.app._fields import drawn_file, uploaded_file
from mnistcnn.app._occlusion import coarse_occlusion
from mnistcnn.app._reader import PageReader
from mnistcnn.app._sheet import sheet
from mnistcnn.exceptions import EmptyImageError, UnreadableImageError
from mnistcnn.handwriting import are_apart, may_be_a_digit
from mnistcnn.images import open_image

NOTHING_DRAWN = (
    "The canvas is empty. Draw a digit from 0 to 9, or choose an example: the prediction appears "
    "at once."
)
NO_IMAGE = "Choose, drop, paste or take a photo of one digit."
NO_SHEET = "Choose, drop, paste or take a photo of a sheet with several digits."
NO_DIGIT = "Not a digit: this is a dot, or does not look like a digit."
NO_INK = "There is nothing to read: no ink was found on the paper."


class Drawn(Enum):
    """The number of digits in a drawing: none, one or several."""

    NONE = 0
    ONE = 1
    SEVERAL = 2


def read_drawing(reader: PageReader, value: str | None) -> str:
    """Return the reply to a drawing of one digit or several, or a message if there is none."""

    def read() -> str:
        image = drawn_image(value)
        return message(NOTHING_DRAWN) if image is None else _answer_to(reader, image)

    return read_or_say_why_not(read)


def _answer_to(reader: PageReader, image: Image.Image) -> str:
    match digits_drawn(reader, image):
        case Drawn.NONE:
            return message(NO_DIGIT, "may-be-wrong")
        case Drawn.ONE:
            return answer(reader.read(image))
        case Drawn.SEVERAL:
            return sheet(image, reader.read_sheet(image))


def read_image(reader: PageReader, value: dict[str, Any] | None, *, uploads: Path) -> str:
    """Return the reply to an image of one digit, or a message that says what is wrong with it."""

    def read() -> str:
        image = uploaded_image(value, uploads)
        return message(NO_IMAGE) if image is None else answer(reader.read(image))

    return read_or_say_why_not(read)


def read_sheet(reader: PageReader, value: dict[str, Any] | None, *, uploads: Path) -> str:
    """Return the reply to an image of many digits, or a message that says what is wrong."""

    def read() -> str:
        image = uploaded_image(value, uploads)
        if image is None:
            return message(NO_SHEET)
        marks = reader.read_sheet(image)
        return sheet(image, marks) if marks else message(NO_INK)

    return read_or_say_why_not(read)


def explain_drawing(reader: PageReader, value: str | None) -> str:
    """Return the decisive regions of a drawing of one digit; nothing for any other."""

    def explain() -> str:
        image = drawn_image(value)
        if image is None or digits_drawn(reader, image) is not Drawn.ONE:
            return ""
        return _explanation_of(reader, image)

    return _explained(explain)


def explain_image(reader: PageReader, value: dict[str, Any] | None, *, uploads: Path) -> str:
    """Return the decisive regions of an image of one digit; nothing if it was not read."""

    def explain() -> str:
        image = uploaded_image(value, uploads)
        return "" if image is None else _explanation_of(reader, image)

    return _explained(explain)


def _explanation_of(reader: PageReader, image: Image.Image) -> str:
    reading = reader.read(image)
    return explanation(reading, coarse_occlusion(reader.classifier, reading.image))


def _explained(explain: Callable[[], str]) -> str:
    try:
        return explain()
    # The answer says what is wrong.
    except ValueError:
        return ""


def drawn_image(value: str | None) -> Image.Image | None:
    """Return the drawing that a drawing pad holds, or None where nothing is drawn."""
    drawing = drawn_file(value)
    return None if drawing is None else open_image(drawing)


def uploaded_image(value: dict[str, Any] | None, uploads: Path) -> Image.Image | None:
    """Return the image that an image field holds, or None where there is none."""
    path = uploaded_file(value, uploads)
    if path is None:
        return None
    try:
        return open_image(path)
    except UnreadableImageError as error:
        # The folder of uploads means nothing to a user.
        raise UnreadableImageError(str(error).replace(str(path), path.name)) from error


def digits_drawn(reader: PageReader, image: Image.Image) -> Drawn:
    """Say whether a drawing looks like no digit, like one, or like several apart."""
    found = reader.digits_in(image)
    if found and not any(may_be_a_digit(digit.crop) for digit in found):
        return Drawn.NONE
    return Drawn.SEVERAL if are_apart([digit.box for digit in found]) else Drawn.ONE


def read_or_say_why_not(read: Callable[[], str]) -> str:
    """Return the result of a function, or a message that says what is wrong with the image."""
    try:
        return read()
    except EmptyImageError:
        return message(NO_INK)
    # UnreadableImageError, or pixels that are not numbers.
    except ValueError as error:
        return message(str(error).removeprefix("X[0] "))
