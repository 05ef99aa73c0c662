"""How a sheet with many digits looks: the image, a box around each digit, and its label."""

from itertools import groupby
from operator import attrgetter

import numpy as np
from PIL import Image

from mnistcnn.app._answer import SURE_FROM, data_url, percent
from mnistcnn.app._reader import Mark
from mnistcnn.images import grey_over_white

# Screens show no more of a photograph than this, and larger ones would be long on their way.
LARGEST_SIDE = 1400
# The labels of digits that fill their drawing take this part of its height.
LABEL = 0.1
UNREAD = "?"


def sheet(image: Image.Image, marks: list[Mark]) -> str:
    """Return the digits of a sheet as text, and the image with a box around each of them."""
    return f'<div class="sheet">{_text(marks)}{_marked(image, marks)}{_legend(marks)}</div>'


def _text(marks: list[Mark]) -> str:
    lines = groupby(marks, key=attrgetter("line"))
    text = "<br>\n".join("".join(map(_sign, line)) for _, line in lines)
    return f'<p class="sheet-text">{text}</p>'


def _sign(mark: Mark) -> str:
    return UNREAD if mark.reading is None else str(mark.reading.ranking()[0][0])


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
    smaller = _in_colours(image)
    smaller.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    return data_url(smaller, "JPEG")


def _in_colours(image: Image.Image) -> Image.Image:
    """Return it as it was read: Pillow would show 16 bits as white, and transparency as black."""
    if image.mode in ("L", "RGB") and "transparency" not in image.info:
        return image.convert("RGB")
    return Image.fromarray(np.rint(255 * grey_over_white(image)).astype(np.uint8)).convert("RGB")


def _box(mark: Mark, largest: float) -> str:
    left, top, width, height = mark.box
    kind = "" if _is_sure(mark) else ' class="unsure"'
    size = max(12, min(0.45 * height, largest))
    return (
        f'<g{kind}><rect x="{left}" y="{top}" width="{width}" height="{height}"/>'
        f'<text x="{left}" y="{max(top, round(size))}" font-size="{size:.0f}">{_sign(mark)}</text>'
        f"<title>{_explanation(mark)}</title></g>"
    )


def _explanation(mark: Mark) -> str:
    if mark.reading is None:
        return "several that touch, or no digit"
    digit, probability = mark.reading.ranking()[0]
    return f"{digit}: {percent(probability)}"


def _legend(marks: list[Mark]) -> str:
    n_unsure = sum(not _is_sure(mark) for mark in marks)
    found = f"{len(marks)} digit{'s' if len(marks) != 1 else ''} found"
    unsure = (
        f"; dashed: {n_unsure} to check, a guess, several that touch or no digit"
        if n_unsure
        else ""
    )
    return f'<p class="sheet-legend">{found}{unsure}.</p>'
