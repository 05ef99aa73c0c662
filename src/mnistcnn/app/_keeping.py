"""Keeps corrected digits, and says so on the page."""

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

from PIL import Image

from mnistcnn.app._corrections import Corrections
from mnistcnn.app._reader import PageReader
from mnistcnn.app._replies import Drawn, digits_drawn, drawn_image, uploaded_image
from mnistcnn.exceptions import EmptyImageError

NOTHING = "There is no digit to keep."
SEVERAL = "These are several digits: only a single one can be kept."
NO_LABEL = "Choose what it is first."


def keep_drawing(
    reader: PageReader, value: str | None, label: object, *, corrections: Corrections
) -> str:
    """Keep what is drawn with a label; say so, or why not."""
    return _said(lambda: _kept(reader, drawn_image(value), label, corrections))


def keep_image(
    reader: PageReader,
    value: dict[str, Any] | None,
    label: object,
    *,
    corrections: Corrections,
    uploads: Path,
) -> str:
    """Keep the digit of an uploaded image with a label; say so, or why not."""
    return _said(lambda: _kept(reader, uploaded_image(value, uploads), label, corrections))


def _kept(
    reader: PageReader, image: Image.Image | None, label: object, corrections: Corrections
) -> str:
    if image is None:
        return NOTHING
    if digits_drawn(reader, image) is Drawn.SEVERAL:
        return SEVERAL
    if label is None:
        return NO_LABEL
    # Browsers send labels as the page shows them.
    labels = {str(known): known for known in reader.classifier.classes_.tolist()}
    if not isinstance(label, str) or label not in labels:
        raise ValueError(f"{label!r} is not a label of this network.")
    (digit,) = reader.normalizer.transform([image])
    n_images = corrections.add(digit, labels[label])
    return f"Kept as {label}. Digits to train on: {n_images:,}."


def _said(keep: Callable[[], str]) -> str:
    try:
        said = keep()
    except EmptyImageError:
        said = NOTHING
    except ValueError as error:
        said = f"Not kept: {error}"
    except OSError as error:
        said = f"Not kept: the file cannot be written ({error.strerror})."
    return f'<p class="kept" role="status">{escape(said)}</p>'
