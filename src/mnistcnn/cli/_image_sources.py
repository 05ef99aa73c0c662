"""Reads the images named on the command line and stdin, in MNIST's form."""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mnistcnn.cli._messages import say

STDIN = "-"
SOME_UNREAD, MISSING = 1, 2

# The name of an image, and its pixels.
Named = tuple[str, Any]


class ErrorReporter:
    """Says at once what is wrong with an image, and remembers the worst as an exit status."""

    def __init__(self) -> None:
        self.status = 0

    def report(self, message: str, status: int = SOME_UNREAD) -> None:
        """Say what is wrong, and go on with the other images."""
        self.status = max(self.status, status)
        say(message)

    def report_error(self, error: Exception, name: str) -> None:
        """Say which error there was with the image of that name, unless the error says it."""
        status = MISSING if isinstance(error, FileNotFoundError) else SOME_UNREAD
        if isinstance(error, OSError) and error.strerror:
            self.report(f"{name}: {error.strerror}", status)
        else:
            self.report(str(error), status)


def images_named(
    names: Iterable[str], errors: ErrorReporter, not_these: Path | None
) -> Iterator[Named]:
    """Give the images of files, folders, patterns and tables, one after the other: 784 bytes each.

    ``"-"`` stands for what stdin names. `errors` gets what cannot be read; `not_these` is a file
    that will be written, and must be none of the images.
    """
    for path in _not_to_be_overwritten(files_named(names, errors), not_these):
        yield from (_rows_of_table if is_table(path) else _digit_of_image)(path, errors)


def files_named(names: Iterable[str], errors: ErrorReporter) -> Iterator[Path]:
    """Give the files of names, folders, patterns and, for ``"-"``, of what stdin names."""
    yield from _files(_with_piped(names, errors), errors)


def is_table(path: Path) -> bool:
    """Say whether a file's name is that of a table of pixels, packed or not."""
    return ".csv" in (suffix.lower() for suffix in path.suffixes)


def _with_piped(names: Iterable[str], errors: ErrorReporter) -> Iterator[str]:
    """Give what is named, reading stdin only when it is its turn."""
    for name in names:
        if name == STDIN:
            yield from _piped(errors)
        else:
            yield name


def _piped(errors: ErrorReporter) -> Iterator[str]:
    try:
        # Names of files are bytes to most systems, in whatever encoding.
        for line in sys.stdin.buffer:
            if name := line.rstrip(b"\r\n"):
                yield os.fsdecode(name)
    except OSError as error:
        errors.report_error(error, "stdin")


def _files(names: Iterable[str], errors: ErrorReporter) -> Iterator[Path]:
    from mnistcnn.images import find_image_files

    name = None
    for name in names:
        try:
            found = find_image_files(name)
        except (OSError, ValueError) as error:
            errors.report_error(error, name)
        else:
            yield from found
    if name is None:
        errors.report("no image was named.")


def _not_to_be_overwritten(paths: Iterable[Path], written: Path | None) -> Iterator[Path]:
    for path in paths:
        if written is not None and _are_the_same(path, written):
            raise ValueError(
                f"--show-normalized would overwrite {path}, which is one of the images; "
                "name another file."
            )
        yield path


def _are_the_same(path: Path, other: Path) -> bool:
    return path.exists() and other.exists() and path.samefile(other)


def _digit_of_image(path: Path, errors: ErrorReporter) -> Iterator[Named]:
    """Give the image in MNIST's form, if it can be read and is not blank."""
    from mnistcnn import UnreadableImageError
    from mnistcnn.handwriting import normalized
    from mnistcnn.images import grey_over_white, open_image

    try:
        # One after the other: photographs are large, and what is left of each is small.
        image = normalized(grey_over_white(open_image(path)))
    except (OSError, UnreadableImageError) as error:
        errors.report_error(error, str(path))
    except ValueError as error:
        errors.report(f"{path} {error}")
    else:
        if image is not None and image.any():
            yield str(path), image.ravel()
        else:
            errors.report(f"{path} shows no ink.")


def _rows_of_table(path: Path, errors: ErrorReporter) -> Iterator[Named]:
    """Give the rows as they are: their pixels are in MNIST's form already."""
    from mnistcnn.datasets import label_column, read_kaggle_csv

    try:
        rows = read_kaggle_csv(path, target=label_column(path)).data
    except (OSError, ValueError) as error:
        errors.report_error(error, str(path))
    else:
        yield from ((f"{path} image {number}", row) for number, row in enumerate(rows, start=1))
