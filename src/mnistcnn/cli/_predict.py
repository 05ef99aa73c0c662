"""``mnistcnn predict``: which digits pictures show."""

import csv
import os
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import click

from mnistcnn.cli._contact_sheet import write_contact_sheet
from mnistcnn.cli._model_files import MODEL_FILE, WARNING, load_classifier
from mnistcnn.cli._tables import in_one_line, print_table

SOME_UNREAD = 1
STDIN = "-"
# Few enough that the first answers come soon, many enough to be computed at full speed.
BATCH_SIZE = 128

Normalized = tuple[str, Any]


class _Problems:
    """Says at once what is wrong with a picture, and remembers that something was."""

    def __init__(self) -> None:
        self.any = False

    def report(self, message: str) -> None:
        self.any = True
        click.echo(f"mnistcnn: {in_one_line(message)}", err=True)


class Answer(NamedTuple):
    """What is said of one picture; the fields are the columns of the CSV."""

    file: str
    digit: Any
    probability: float
    second_digit: Any
    second_probability: float


@click.command()
@click.argument("pictures", nargs=-1, metavar="[PICTURE]...")
@click.option(
    "--model-file",
    type=MODEL_FILE,
    help="A classifier that `mnistcnn train` has written, in place of the pretrained one. "
    f"{WARNING}",
)
@click.option("--csv", "as_csv", is_flag=True, help="Print comma-separated values, not a table.")
@click.option(
    "--show-normalized",
    "sheet_file",
    metavar="PNG",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write a picture of what the network saw, in the order of the answers.",
)
def predict(
    pictures: tuple[str, ...], model_file: Path | None, as_csv: bool, sheet_file: Path | None
) -> int:
    """Say which digit each picture shows, how likely that is, and what comes second.

    A PICTURE is the file of a single digit, drawn, scanned or photographed, in dark or light ink;
    a folder or a quoted pattern like 'scans/**/*.png' stands for all pictures in it. The paths are
    read from stdin, one a line, in place of "-", or if they are piped and no PICTURE is given.

    Pictures that cannot be read or show no ink are named on stderr; the others are answered, and
    the exit status is 1.
    """
    _check_sheet_file(sheet_file)
    if not pictures and sys.stdin.isatty():
        raise click.UsageError("give the path of at least one picture, or - to read paths.")
    items = _with_piped(pictures)
    classifier = _classifier(model_file)
    problems = _Problems()
    paths = _none_to_be_overwritten(_files(items, problems), sheet_file)
    normalized = _normalized(paths, problems)
    seen: list[Any] = []
    if sheet_file is not None:
        normalized = _remembered(normalized, seen)
    answers = _answers(normalized, classifier)
    (_print_csv if as_csv else _print_table)(answers)
    if sheet_file is not None and seen:
        write_contact_sheet(seen, sheet_file)
    return SOME_UNREAD if problems.any else 0


def _check_sheet_file(sheet_file: Path | None) -> None:
    if sheet_file is None:
        return
    if sheet_file.suffix.lower() != ".png" or not sheet_file.parent.is_dir():
        raise click.BadParameter(
            f"must be a .png file in a folder that exists, got '{sheet_file}'.",
            param_hint="'--show-normalized'",
        )


def _with_piped(pictures: tuple[str, ...]) -> Iterator[str]:
    """Give what is named, reading stdin only when it is its turn."""
    for item in pictures or (STDIN,):
        if item == STDIN:
            # Names of files are bytes to most systems, in whatever encoding.
            lines = (os.fsdecode(line.rstrip(b"\r\n")) for line in sys.stdin.buffer)
            yield from filter(None, lines)
        else:
            yield item


def _classifier(model_file: Path | None) -> Any:
    if model_file is None:
        from mnistcnn import load_pretrained

        return load_pretrained()
    classifier = load_classifier(model_file)
    n_pixels = getattr(classifier, "n_features_in_", "any number of")
    n_classes = len(classifier.classes_)
    if n_pixels != 28 * 28 or n_classes < 2 or not hasattr(classifier, "predict_proba"):
        raise ValueError(
            "--model-file must be a classifier of 28x28 = 784 pixels and 2 or more classes with "
            f"predict_proba; {model_file} holds a {type(classifier).__name__} of {n_pixels} "
            f"pixels and {n_classes} classes."
        )
    return classifier


def _normalized(paths: Iterable[Path], problems: _Problems) -> Iterator[Normalized]:
    """Give name and pixels of each picture that can be read and is not blank."""
    from mnistcnn import DigitNormalizer, UnreadablePictureError
    from mnistcnn.preprocessing import open_picture

    normalizer = DigitNormalizer(empty="blank")
    for path in paths:
        try:
            # One after the other: photographs are large, and what is left of each is small.
            image = normalizer.transform([open_picture(path)])[0]
        except OSError as error:
            problems.report(f"{path}: {error.strerror or error}")
        except UnreadablePictureError as error:
            problems.report(str(error))
        except ValueError as error:
            problems.report(f"{path} {str(error).removeprefix('X[0] ')}")
        else:
            if image.any():
                yield str(path), image
            else:
                problems.report(f"{path} shows no ink.")


def _remembered(normalized: Iterable[Normalized], seen: list[Any]) -> Iterator[Normalized]:
    for name, image in normalized:
        seen.append(image)
        yield name, image


def _files(items: Iterable[str], problems: _Problems) -> Iterator[Path]:
    from mnistcnn.datasets._picture_paths import find_pictures

    item = None
    for item in items:
        try:
            found = find_pictures(item)
        except (OSError, ValueError) as error:
            problems.report(str(error))
        else:
            yield from found
    if item is None:
        problems.report("no picture was named.")


def _none_to_be_overwritten(paths: Iterable[Path], sheet_file: Path | None) -> Iterator[Path]:
    for path in paths:
        if sheet_file is not None and _are_the_same(path, sheet_file):
            raise ValueError(
                f"--show-normalized would overwrite {path}, which is one of the pictures; "
                "name another file."
            )
        yield path


def _are_the_same(path: Path, other: Path) -> bool:
    return path.exists() and other.exists() and path.samefile(other)


def _answers(normalized: Iterator[Normalized], classifier: Any) -> Iterator[Answer]:
    import numpy as np

    while batch := list(islice(normalized, BATCH_SIZE)):
        rows = np.stack([image.ravel() for _, image in batch])
        for (name, _), probabilities in zip(batch, classifier.predict_proba(rows), strict=True):
            first, second = np.argsort(-probabilities, kind="stable")[:2]
            yield Answer(
                click.format_filename(name),
                *(classifier.classes_[first], float(probabilities[first])),
                *(classifier.classes_[second], float(probabilities[second])),
            )


def _print_csv(answers: Iterable[Answer]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(Answer._fields)
    for answer in answers:
        writer.writerow(
            (
                *(answer.file, answer.digit, f"{answer.probability:.6f}"),
                *(answer.second_digit, f"{answer.second_probability:.6f}"),
            )
        )
    # A reader that has gone away is noticed here, rather than when Python ends.
    sys.stdout.flush()


def _print_table(answers: Iterable[Answer]) -> None:
    rows = [
        (
            *(answer.file, str(answer.digit), f"{100 * answer.probability:.2f}"),
            *(str(answer.second_digit), f"{100 * answer.second_probability:.2f}"),
        )
        for answer in answers
    ]
    if rows:
        print_table(("file", "digit", "%", "second choice", "%"), rows)
