"""Reads the images named on the command line and stdin, in MNIST's form."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from mnistcnn.cli._messages import say
from mnistcnn.cli._progress import AdvanceTo

STDIN = "-"
# What a table may be packed with, by the ends of names.
PACKED = (".gz", ".bz2", ".xz", ".zip", ".tar")
SOME_UNREAD, MISSING = 1, 2
# Few enough for the first predictions to appear soon, many enough to run at full speed.
BATCH_SIZE = 128

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
    names: Sequence[str], errors: ErrorReporter, not_these: Path | None, advance: AdvanceTo
) -> Iterator[Named]:
    """Give the images of files, folders, patterns and tables, one after the other: 784 bytes each.

    ``"-"`` stands for what stdin names. `errors` gets what cannot be read; `not_these` is a file
    that will be written, and must be none of the images. `advance` is told how many images are
    done when the next one is asked for; of a table, whose rows are read together, once in a batch.
    """
    n_done = 0
    for path, n_others in files_to_count(names, errors):
        _check_is_not_overwritten(path, not_these)
        if is_table(path):
            # How many rows it has is not known yet.
            advance(n_done, None)
        images = (_rows_of_table if is_table(path) else _digit_of_image)(path, errors)
        # What cannot be read is done, too.
        n_here = len(images) or 1
        n_images = None if n_others is None else n_done + n_here + n_others
        for n_given, image in enumerate(images):
            # A single image is predicted before a bar can be seen.
            if n_given % BATCH_SIZE == 0 and n_images != 1:
                advance(n_done + n_given, n_images)
            yield image
        n_done += n_here


def files_to_count(
    names: Sequence[str], errors: ErrorReporter
) -> Iterator[tuple[Path, int | None]]:
    """Give the files of names, folders, patterns and, for ``"-"``, of what stdin names.

    With each comes how many images the files after it hold. None means that it is unknown, because
    stdin may go on, or tables follow.
    """
    if STDIN in names:
        yield from ((path, None) for path in _files(_with_piped(names, errors), errors))
        return
    paths = list(_files(names, errors))
    last_table = max((place for place, path in enumerate(paths) if is_table(path)), default=-1)
    for place, path in enumerate(paths):
        yield path, len(paths) - place - 1 if place >= last_table else None


def is_table(path: Path) -> bool:
    """Say whether a file's name is that of a table of pixels, packed or not."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    return ".csv" in suffixes and suffixes[-1] in (".csv", *PACKED)


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


def _check_is_not_overwritten(path: Path, written: Path | None) -> None:
    if written is not None and _are_the_same(path, written):
        raise ValueError(
            f"--show-normalized would overwrite {path}, which is one of the images; "
            "name another file."
        )


def _are_the_same(path: Path, other: Path) -> bool:
    return path.exists() and other.exists() and path.samefile(other)


def _digit_of_image(path: Path, errors: ErrorReporter) -> list[Named]:
    """Give the image in MNIST's form, if it can be read and is not blank."""
    from mnistcnn import UnreadableImageError
    from mnistcnn.handwriting import normalized
    from mnistcnn.images import gray_over_white, open_image

    try:
        # One after the other: photographs are large, and what is left of each is small.
        image = normalized(gray_over_white(open_image(path)))
    except (OSError, UnreadableImageError) as error:
        errors.report_error(error, str(path))
    except ValueError as error:
        errors.report(f"{path} {error}")
    else:
        if image is not None and image.any():
            return [(str(path), image.ravel())]
        errors.report(f"{path} shows no ink.")
    return []


def _rows_of_table(path: Path, errors: ErrorReporter) -> list[Named]:
    """Give the rows as they are: their pixels are in MNIST's form already."""
    from mnistcnn.datasets import label_column, read_kaggle_csv

    try:
        rows = read_kaggle_csv(path, target=label_column(path)).data
    except (OSError, ValueError) as error:
        errors.report_error(error, str(path))
        return []
    return [(f"{path} image {number}", row) for number, row in enumerate(rows, start=1)]
