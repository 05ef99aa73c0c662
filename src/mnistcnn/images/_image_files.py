"""Opens untrusted image files: checked first, then decoded."""

import os
import stat
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageOps

from mnistcnn.exceptions import UnreadableImageError
from mnistcnn.images._modes import bytes_a_pixel, in_plain_mode
from mnistcnn.preprocessing import callers_level

__all__ = ["FORMATS", "IMAGE_SUFFIXES", "UNSUPPORTED_SUFFIXES", "damage_named", "name_of_file",
           "open_image", "upright_image"]  # fmt: skip

# Pillow knows many more, some of which start other programs (EPS, PostScript) or are rarely tested.
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
ALLOWED = f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}"
IMAGE_SUFFIXES = (
    *(".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".pnm"),
    *(".ppm", ".tif", ".tiff", ".webp"),
)
# Of photographs in formats that are told by these names, and by these brands within their files.
UNSUPPORTED_SUFFIXES = (".avif", ".heic", ".heif", ".hif")
UNSUPPORTED_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"hevc", b"mif1", b"msf1")
# A3 at 600 dots per inch has 69.6 million.
MAX_PIXELS = 80_000_000
# The same A3 in colors takes 278,400,000, of which decoding and looking need three times as many.
MAX_BYTES = 280_000_000
# Where files say how their images are turned.
ORIENTATION_KEYS = ("exif", "Raw profile type exif", "XML:com.adobe.xmp", "xmp")

ORIENTATION, TURNED = 0x0112, range(2, 9)

# The filters of `warnings` belong to the whole process, so no two threads may change them at once.
_WARNINGS_LOCK = threading.Lock()


def open_image(source: str | os.PathLike[str] | bytes | BinaryIO) -> Image.Image:
    """Open an image file; refuse files that are damaged, too large or hold several images.

    The number of pixels and of their bytes is read from the file's header and checked before
    anything is decoded, so that a small file that unpacks to gigabytes does no harm. A photograph
    is rotated by its EXIF orientation.

    Parameters
    ----------
    source : str, path-like, bytes or binary file
        The path of the file, its content, or the file itself, open for reading.

    Returns
    -------
    PIL.Image.Image
        The image, fully loaded into memory, in the mode of the file (``"L"``, ``"RGB"``, ``"P"``,
        ``"CMYK"``, ``"I;16"`` and so on).

    Raises
    ------
    UnreadableImageError
        If the content is not an image in BMP, GIF, JPEG, PNG, PPM, TIFF or WebP, is empty,
        truncated or damaged, holds several images (an animation, a TIFF file with several pages),
        more than 80,000,000 pixels, or pixels of more than 280,000,000 bytes: 70,000,000 pixels in
        color, 35,000,000 with transparency in 16 bits. From a JPEG file to which a phone has added
        further images, the first one is read: that is the photograph. Also if a path is a pipe, a
        socket or a device.
    OSError
        If a path cannot be opened: FileNotFoundError, IsADirectoryError, PermissionError.

    Examples
    --------
    >>> from io import BytesIO
    >>> from PIL import Image
    >>> from mnistcnn.images import open_image
    >>> file = BytesIO()
    >>> Image.new("L", (200, 100)).save(file, format="PNG")
    >>> open_image(file).size
    (200, 100)
    >>> open_image(file.getvalue()[:-30])
    Traceback (most recent call last):
        ...
    mnistcnn.exceptions.UnreadableImageError: a file of ... bytes is damaged: image file is
    truncated
    """
    name = name_of_file(source)
    if isinstance(source, bytes):
        return _read(BytesIO(source), name)
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        _check_regular(path)
        with path.open("rb") as file:
            return _read(file, name)
    return _read(source, name)


def name_of_file(source: str | os.PathLike[str] | bytes | BinaryIO) -> str:
    """Return what errors call a file: its path, if it is known.

    Examples
    --------
    >>> from mnistcnn.images._image_files import name_of_file
    >>> name_of_file("three.png"), name_of_file(b"GIF89a")
    ('three.png', 'a file of 6 bytes')
    """
    if isinstance(source, bytes):
        return f"a file of {len(source)} bytes"
    if isinstance(source, str | os.PathLike):
        return os.fspath(source)
    return str(getattr(source, "name", "an open file"))


@contextmanager
def damage_named(name: str) -> Iterator[None]:
    """Turn any error of Pillow into the library's own error, which names the image.

    Damaged bytes lead Pillow's decoders into errors of every kind: OSError, SyntaxError,
    struct.error, KeyError, TypeError, DecompressionBombError and more.
    """
    try:
        yield
    # The lack of memory is no fault of the file's.
    except (UnreadableImageError, MemoryError):
        raise
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise UnreadableImageError(f"{name} is damaged: {reason}") from error


def upright_image(image: Image.Image) -> Image.Image:
    """Return a Pillow image, rotated by its EXIF orientation.

    Pillow keeps the orientation of a file in all images derived from it, turned by hand or not. So
    these are rotated with a warning.

    Parameters
    ----------
    image : PIL.Image.Image
        The image, which is left as it is.

    Examples
    --------
    >>> from PIL import Image
    >>> from mnistcnn.images import upright_image
    >>> upright_image(Image.new("L", (200, 100))).size
    (200, 100)
    """
    with damage_named(str(getattr(image, "filename", "") or "the image")):
        turned = _upright(image)
        # An image that Pillow has opened is of a format, and one derived from it is of none.
        orientation = _orientation_of(image) if image.format is None else None
    if orientation in TURNED:
        warnings.warn(
            f"A Pillow image derived from a photograph still has its EXIF orientation, "
            f"{orientation}, and is turned by it, as the file itself is. If you had turned it "
            "before, it is now turned twice: pass numpy.asarray(image). Otherwise pass "
            "PIL.ImageOps.exif_transpose(image), which also removes the orientation.",
            UserWarning,
            stacklevel=callers_level(),
        )
    return turned


def _orientation_of(image: Image.Image) -> object:
    # A small image takes no time, and the given one remembers nothing.
    probe = Image.new("L", (1, 1))
    probe.info = {key: image.info[key] for key in ORIENTATION_KEYS if key in image.info}
    with _without_warnings():
        return probe.getexif().get(ORIENTATION)


def _upright(image: Image.Image) -> Image.Image:
    """Decode an image, which Pillow does lazily, and rotate it by its EXIF orientation."""
    # TIFF files warn of odd metadata while they are decoded.
    with _without_warnings() if image.format == "TIFF" else nullcontext():
        image.load()
    with _without_warnings():
        # Pillow remembers damaged EXIF data as none at all; in a copy it looks again.
        turned = image.copy()
        ImageOps.exif_transpose(turned, in_place=True)
    for key in ORIENTATION_KEYS:
        turned.info.pop(key, None)
    return turned


def _read(file: BinaryIO, name: str) -> Image.Image:
    image = _identified(file, name)
    _check_size(image, name)
    with damage_named(name):
        if _holds_several(image):
            raise UnreadableImageError(f"{name} must hold one image, got several.")
        turned = _upright(image)
        # Damage to color tables and transparency shows here, where the name is known.
        in_plain_mode(turned.crop((0, 0, 1, 1)))
    return turned


def _check_regular(path: Path) -> None:
    """Refuse what would block or never end; a folder is refused when it is opened."""
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise UnreadableImageError(f"{path} must be a file, got a pipe, a socket or a device.")


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Ignore Pillow's warnings: of many pixels, which are refused here, and of odd metadata."""
    with _WARNINGS_LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _identified(file: BinaryIO, name: str) -> Image.Image:
    """Read the header alone."""
    try:
        with _without_warnings():
            return Image.open(file, formats=FORMATS)
    except MemoryError:
        raise
    except Image.DecompressionBombError as error:
        raise _too_large(name, str(error)) from error
    except Exception as error:
        raise UnreadableImageError(f"{name} {_fault_of(_first_bytes(file))}.") from error


def _fault_of(start: bytes | None) -> str:
    """Say why a file cannot be read, by its first bytes if it has any."""
    if start == b"":
        return "is empty"
    if start and start[4:8] == b"ftyp" and start[8:12] in UNSUPPORTED_BRANDS:
        return "is an image in HEIF or AVIF, which cannot be read; convert it to JPEG or PNG"
    return f"is not a complete {ALLOWED} file"


def _first_bytes(file: BinaryIO) -> bytes | None:
    try:
        file.seek(0)
        return file.read(12)
    # Pipes cannot go back, and files in text mode fail over bytes.
    except (AttributeError, OSError, ValueError):
        return None


def _check_size(image: Image.Image, name: str) -> None:
    width, height = image.size
    size = bytes_a_pixel(image)
    if width * height > MAX_PIXELS or width * height * size > MAX_BYTES:
        raise _too_large(name, f"{width} x {height} pixels of {size} bytes")


def _too_large(name: str, size: str) -> UnreadableImageError:
    return UnreadableImageError(
        f"{name} must have at most {MAX_PIXELS:,} pixels and {MAX_BYTES:,} bytes to be decoded, "
        f"got {size}."
    )


def _holds_several(image: Image.Image) -> bool:
    # A phone's photograph brings maps of depth or light along, in the format MPO.
    if image.format == "MPO":
        return False
    with _without_warnings():
        return bool(getattr(image, "is_animated", False))
