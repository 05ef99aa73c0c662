"""Opening picture files that somebody else has made: checked first, then decoded."""

import os
import threading
import warnings
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageOps

from mnistcnn.exceptions import UnreadablePictureError

__all__ = ["FORMATS", "MOST_PIXELS", "PICTURE_SUFFIXES", "open_picture"]

# Pillow knows many more, some of which start other programs (EPS, PostScript) or are rarely tested.
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
PICTURE_SUFFIXES = (
    *(".bmp", ".gif", ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".pnm", ".ppm"),
    *(".tif", ".tiff", ".webp"),
)
# A3 at 600 dots per inch has 69.6 million.
MOST_PIXELS = 80_000_000

# The filters of `warnings` belong to the whole process, so no two threads may change them at once.
_WARNINGS_LOCK = threading.Lock()


def open_picture(source: str | os.PathLike[str] | bytes | BinaryIO) -> Image.Image:
    """Open a picture file, refusing what is broken, too large or no single picture.

    The number of pixels is read from the file's header and checked before anything is decoded, so
    that a small file which unpacks to gigabytes does no harm. A photograph is turned as its camera
    says (EXIF orientation).

    Parameters
    ----------
    source : str, path-like, bytes or binary file
        Where the file lies, its content, or the file itself, open for reading.

    Returns
    -------
    PIL.Image.Image
        The picture, wholly in memory, in the mode that it has in its file (``"L"``, ``"RGB"``,
        ``"P"``, ``"CMYK"``, ``"I;16"`` and so on).

    Raises
    ------
    UnreadablePictureError
        If the content is no picture in one of the formats BMP, GIF, JPEG, PNG, PPM, TIFF and WebP,
        is empty, truncated or damaged, holds more than 80,000,000 pixels, or several pictures
        (an animation, a TIFF file of many pages). Of a JPEG file that a phone has put further
        pictures into, the first is taken: that is the photograph.
    OSError
        If a path cannot be opened: FileNotFoundError, IsADirectoryError, PermissionError.

    Examples
    --------
    >>> from io import BytesIO
    >>> from PIL import Image
    >>> from mnistcnn.preprocessing import open_picture
    >>> file = BytesIO()
    >>> Image.new("L", (200, 100)).save(file, format="PNG")
    >>> open_picture(file).size
    (200, 100)
    >>> open_picture(file.getvalue()[:-30])
    Traceback (most recent call last):
        ...
    mnistcnn.exceptions.UnreadablePictureError: a file of ... bytes is damaged: image file is
    truncated
    """
    if isinstance(source, bytes):
        return _read(BytesIO(source), f"a file of {len(source)} bytes")
    if isinstance(source, str | os.PathLike):
        with Path(source).open("rb") as file:
            return _read(file, os.fspath(source))
    return _read(source, str(getattr(source, "name", "an open file")))


def _read(file: BinaryIO, name: str) -> Image.Image:
    picture = _identified(file, name)
    _check_size(picture, name)
    try:
        several = _holds_several(picture)
        upright = ImageOps.exif_transpose(picture)
    # Damaged bytes lead Pillow's decoders into errors of every kind.
    except Exception as error:
        raise UnreadablePictureError(f"{name} is damaged: {error}") from error
    if several:
        raise UnreadablePictureError(f"{name} must hold one picture, got several.")
    return upright


def _identified(file: BinaryIO, name: str) -> Image.Image:
    """Read the header alone."""
    try:
        with _WARNINGS_LOCK, warnings.catch_warnings():
            # Pillow warns of many pixels, which are refused here, and of odd metadata.
            warnings.simplefilter("ignore")
            return Image.open(file, formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise _too_large(name, str(error)) from error
    except Exception as error:
        reason = "is empty" if _is_empty(file) else f"is no whole {', '.join(FORMATS)} file"
        raise UnreadablePictureError(f"{name} {reason}.") from error


def _is_empty(file: BinaryIO) -> bool:
    if not file.seekable():
        return False
    file.seek(0)
    return not file.read(1)


def _check_size(picture: Image.Image, name: str) -> None:
    width, height = picture.size
    if width * height > MOST_PIXELS:
        raise _too_large(name, f"{width} x {height}")


def _too_large(name: str, size: str) -> UnreadablePictureError:
    return UnreadablePictureError(
        f"{name} must have at most {MOST_PIXELS:,} pixels to be decoded, got {size}."
    )


def _holds_several(picture: Image.Image) -> bool:
    # A phone's photograph brings maps of depth or light along, in the format MPO.
    return picture.format != "MPO" and bool(getattr(picture, "is_animated", False))
