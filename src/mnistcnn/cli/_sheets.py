"""``mnistcnn predict --sheet``: reads whole sheets, and prints a table, CSV or JSON."""

import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mnistcnn.cli._image_sources import ErrorReporter, files_to_count, is_table
from mnistcnn.cli._progress import AdvanceTo
from mnistcnn.cli._tables import plain_label, print_json, print_table

if TYPE_CHECKING:
    from mnistcnn.reading import DigitReader, Reading


class ReadSheet(NamedTuple):
    """The reading of one file."""

    file: str
    reading: "Reading"


def sheets_named(
    names: Sequence[str], reader: "DigitReader", errors: ErrorReporter, advance: AdvanceTo
) -> Iterator[ReadSheet]:
    """Read the sheets of files, folders and patterns, one after the other.

    `errors` gets what cannot be read, and what has no digits; `advance` how many are done.
    """
    for n_done, (path, n_others) in enumerate(files_to_count(names, errors)):
        advance(n_done, None if n_others is None else n_done + 1 + n_others)
        if is_table(path):
            errors.report(f"{path} is a table of single digits: leave --sheet out.")
            continue
        reading = _read(path, reader, errors)
        if reading is not None and not reading.lines:
            errors.report(f"{path} shows no digits.")
        elif reading is not None:
            yield ReadSheet(str(path), reading)


def _read(path: Path, reader: "DigitReader", errors: ErrorReporter) -> "Reading | None":
    from mnistcnn import UnreadableImageError
    from mnistcnn.images import open_image

    try:
        # One after the other: photographs are large.
        return reader.read([open_image(path)])[0]
    except (OSError, UnreadableImageError) as error:
        errors.report_error(error, str(path))
    except ValueError as error:
        errors.report(f"{path}: {str(error).removeprefix('images[0]: ')}")
    return None


def print_sheets_as_table(sheets: Iterable[ReadSheet]) -> None:
    """Print one row per line of digits; after an error or Ctrl-C, those read so far."""
    read: list[ReadSheet] = []
    try:
        read.extend(sheets)
    finally:
        if read:
            print_table(("file", "line", "digits", "least sure %"), _rows(read))


def _rows(sheets: Iterable[ReadSheet]) -> Iterator[tuple[str, ...]]:
    for sheet in sheets:
        for number, line in enumerate(sheet.reading.lines, start=1):
            lowest = min(digit.probability for digit in line)
            text = replace(sheet.reading, lines=(line,)).text
            yield sheet.file, str(number), text, f"{100 * lowest:.2f}"


def print_sheets_as_csv(sheets: Iterable[ReadSheet]) -> None:
    """Print one row per digit, as soon as its sheet is read."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("file", "line", "digit", "probability", "x", "y", "width", "height"))
    for sheet in sheets:
        for number, line in enumerate(sheet.reading.lines, start=1):
            for digit in line:
                label, probability = plain_label(digit.label), f"{digit.probability:.6f}"
                writer.writerow((sheet.file, number, label, probability, *digit.box))
        # Ctrl-C or a kill must not lose it.
        sys.stdout.flush()


def print_sheets_as_json(sheets: Iterable[ReadSheet]) -> None:
    """Print a list of one object per sheet; after an error or Ctrl-C, of those read so far."""
    read: list[ReadSheet] = []
    try:
        read.extend(sheets)
    finally:
        print_json(list(map(_as_object, read)))


def _as_object(sheet: ReadSheet) -> dict[str, Any]:
    lines = [
        [
            {
                "digit": plain_label(digit.label),
                "probability": digit.probability,
                "box": list(digit.box),
            }
            for digit in line
        ]
        for line in sheet.reading.lines
    ]
    rejected = [list(box) for box in sheet.reading.rejected]
    return {"file": sheet.file, "text": sheet.reading.text, "lines": lines, "rejected": rejected}
