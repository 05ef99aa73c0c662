"""Renders a sheet with many digits: the image, and a box and label for each digit."""

import base64
import csv
from html import escape
from io import StringIO
from itertools import chain, groupby
from operator import itemgetter

import numpy as np
from PIL import Image

from mnistcnn._html import data_url, percent
from mnistcnn.app._answer import SURE_FROM
from mnistcnn.app._reader import Mark
from mnistcnn.images import gray_over_white
from mnistcnn.reading import text_of_label, text_of_lines

# Screens show no more of a photograph than this, and larger ones would be long on their way.
MAX_SIDE = 1400
# The labels of digits that fill their drawing take this part of its height.
LABEL = 0.1
COLUMNS = ("line", "digit", "probability", "x", "y", "width", "height")


def sheet(image: Image.Image, marks: list[Mark]) -> str:
    """Return the digits of a sheet as text, and the image with a box around each of them."""
    text = escape(_text(marks)).replace("\n", "<br>\n")
    return (
        f'<div class="sheet"><p class="sheet-text">{text}</p>{_marked(image, marks)}'
        f"{_legend(marks)}{_tools(marks)}</div>"
    )


def table(marks: list[Mark], dialect: str = "unix") -> str:
    """Return one line per digit, with its box and probability, as ``mnistcnn predict`` prints it.

    Parameters
    ----------
    marks : list of Mark
        The reading; marks that are not digits are left out.
    dialect : str, default="unix"
        One of those of `csv`.
    """
    file = StringIO()
    writer = csv.writer(file, dialect, quoting=csv.QUOTE_MINIMAL, lineterminator="\n")
    writer.writerow(COLUMNS)
    for mark in marks:
        if mark.reading is not None and mark.line is not None:
            label, probability = mark.reading.ranking()[0]
            writer.writerow((mark.line + 1, label, f"{probability:.6f}", *mark.box))
    return file.getvalue()


def _text(marks: list[Mark]) -> str:
    read = [(mark.line, mark.reading) for mark in marks if mark.reading is not None]
    lines = groupby(read, key=itemgetter(0))
    labels = chain(*(reading.labels for _, reading in read))
    return text_of_lines(
        ([reading.ranking()[0][0] for _, reading in line] for _, line in lines), labels
    )


def _tools(marks: list[Mark]) -> str:
    """Return buttons that copy the digits and the table, and a link that saves the table."""
    text = _text(marks)
    if not text:
        return ""
    file = base64.b64encode(table(marks).encode()).decode("ascii")
    return (
        '<div class="sheet-tools">'
        f'<button type="button" class="copy" data-text="{escape(text)}">Copy digits</button>'
        f'<button type="button" class="copy" data-text="{escape(table(marks, "excel-tab"))}">'
        "Copy table</button>"
        f'<a download="digits.csv" href="data:text/csv;charset=utf-8;base64,{file}">Save CSV</a>'
        '<span class="copied" role="status"></span></div>'
    )


def _sign(mark: Mark) -> str:
    return "" if mark.reading is None else text_of_label(mark.reading.ranking()[0][0])


def _is_sure(mark: Mark) -> bool:
    return mark.reading is not None and mark.reading.ranking()[0][1] >= SURE_FROM


def _marked(image: Image.Image, marks: list[Mark]) -> str:
    width, height = image.size
    boxes = "".join(_box(mark, LABEL * height) for mark in marks)
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="The sheet with a box around '
        f'each digit"><image href="{_shown(image)}" width="{width}" height="{height}"/>'
        f"{boxes}</svg>"
    )


def _shown(image: Image.Image) -> str:
    smaller = _in_colors(image)
    smaller.thumbnail((MAX_SIDE, MAX_SIDE))
    return data_url(smaller, "JPEG")


def _in_colors(image: Image.Image) -> Image.Image:
    """Return it as it was read: Pillow would show 16 bits as white, and transparency as black."""
    if image.mode in ("L", "RGB") and "transparency" not in image.info:
        return image.convert("RGB")
    return Image.fromarray(np.rint(255 * gray_over_white(image)).astype(np.uint8)).convert("RGB")


def _box(mark: Mark, largest: float) -> str:
    left, top, width, height = mark.box
    kind = "" if _is_sure(mark) else ' class="unsure"'
    size = max(12, min(0.45 * height, largest))
    return (
        f'<g{kind}><rect x="{left}" y="{top}" width="{width}" height="{height}"/>'
        f'<text x="{left}" y="{max(top, round(size))}" font-size="{size:.0f}">'
        f"{escape(_sign(mark))}</text>"
        f"<title>{escape(_explanation(mark))}</title></g>"
    )


def _explanation(mark: Mark) -> str:
    if mark.reading is None:
        return "no digit"
    digit, probability = mark.reading.ranking()[0]
    return f"{text_of_label(digit)}: {percent(probability)}"


def _legend(marks: list[Mark]) -> str:
    n_digits = sum(mark.reading is not None for mark in marks)
    n_unsure = sum(not _is_sure(mark) for mark in marks)
    found = f"{n_digits} digit{'s' if n_digits != 1 else ''} read"
    unsure = f"; dashed: {n_unsure} to check, a guess or no digit" if n_unsure else ""
    return f'<p class="sheet-legend">{found}{unsure}.</p>'
