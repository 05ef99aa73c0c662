"""``mnistcnn predict``: predicts the digits in images."""

import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from mnistcnn._types import Classifier
from mnistcnn.cli._answers import Answer, answers_for, print_as_csv, print_as_json, print_as_table
from mnistcnn.cli._contact_sheet import write_contact_sheet
from mnistcnn.cli._image_sources import STDIN, ErrorReporter, Named, images_named, is_table
from mnistcnn.cli._interruption import Interrupted, fate_of
from mnistcnn.cli._late_files import UNDER_ANOTHER_NAME, write_or_write_beside
from mnistcnn.cli._model_files import (
    MODEL_FILE,
    WRITTEN_BY,
    check_answers,
    labels_and_probabilities,
    load_bundled,
    load_digit_classifier,
    run_code_option,
)
from mnistcnn.cli._options import (
    NamedPath,
    check_is_not_read,
    force_option,
    json_option,
    quiet_option,
    refuse_to_overwrite,
)
from mnistcnn.cli._progress import READING, AdvanceTo, step, with_progress
from mnistcnn.cli._sheets import (
    ReadSheet,
    print_sheets_as_csv,
    print_sheets_as_json,
    print_sheets_as_table,
    sheets_named,
)
from mnistcnn.cli._submission import (
    check_order,
    check_submission,
    refuse_rejected,
    tables_named,
    write_submission,
)

if TYPE_CHECKING:
    from mnistcnn.reading import DigitReader

Show = Callable[[Iterable[Answer]], None]
ShowSheets = Callable[[Iterable[ReadSheet]], None]
Item = TypeVar("Item")


@click.command(short_help="Predict the digit in each image.")
@click.argument("images", nargs=-1, metavar="[IMAGE]...")
@click.option(
    "--model-file",
    type=MODEL_FILE,
    help=f"A classifier {WRITTEN_BY}, instead of the pretrained one.",
)
@run_code_option
@click.option(
    "--sheet",
    "is_sheet",
    is_flag=True,
    help="Read each IMAGE as a sheet with any number of lines of digits, and print each line.",
)
@click.option(
    "--csv", "as_csv", is_flag=True, help="Print comma-separated values instead of a table."
)
@json_option
@click.option(
    "--show-normalized",
    "contact_sheet_file",
    metavar="PNG",
    type=NamedPath(dir_okay=False, writable=True),
    help="Write an image of the inputs of the network, in the order of the predictions.",
)
@click.option(
    "--submission",
    "submission_file",
    metavar="CSV",
    type=NamedPath(dir_okay=False, writable=True),
    help="Write the predictions for one .csv file in Kaggle's form, with the columns ImageId and "
    "Label, instead of printing a table.",
)
@force_option
@quiet_option
def predict(
    images: tuple[str, ...],
    model_file: Path | None,
    runs_code: bool,
    is_sheet: bool,
    as_csv: bool,
    as_json: bool,
    contact_sheet_file: Path | None,
    submission_file: Path | None,
    force: bool,
    quiet: bool,
) -> int:
    """Predict the digit in each image, with its probability and the second choice.

    An IMAGE is a file with a single digit, drawn, scanned or photographed, in dark or light ink; a
    folder or a quoted pattern like 'scans/**/*.png' stands for all images in it. A .csv file has
    one image per row in MNIST's form, with 784 named columns of pixels, like Kaggle's test.csv.
    With "-", or if paths are piped and no IMAGE is given, paths are read from stdin, one per line.

    With --sheet, an IMAGE may show whole lines of digits, which may touch; anything else is left
    out.

    An image that the classifier rejects, as a RejectingClassifier does, is shown as rejected.

    Images that cannot be read or show no ink are named on stderr; the others are predicted, and the
    exit status is 1, or 2 if a file is missing.
    """
    _check_names(images)
    # A bar would break into names that are typed.
    quiet = quiet or (STDIN in images and sys.stdin.isatty())
    with_bar = partial(with_progress, quiet=quiet, are_printed=as_csv and sys.stdout.isatty())
    if is_sheet:
        _check_sheet_stands_alone(contact_sheet_file, submission_file)
        show_sheets = _form_of_sheets(as_csv, as_json)
        classifier = _classifier(model_file, runs_code, quiet=quiet)
        reader = _reader(classifier, model_file, quiet=quiet)
        return _read_sheets(images, reader, show_sheets, with_bar)
    _check_submission(images, submission_file, model_file, force=force, quiet=quiet)
    _check_contact_sheet_file(contact_sheet_file, (model_file, submission_file), force=force)
    show = _form(as_csv, as_json, submission_file)
    classifier = _classifier(model_file, runs_code, quiet=quiet)
    errors = ErrorReporter()
    seen: list[Named] = []
    answered: list[Answer] = []
    predict_labels = partial(labels_and_probabilities, classifier, model_file)

    def answers(advance: AdvanceTo) -> Iterator[Answer]:
        named = images_named(images or (STDIN,), errors, contact_sheet_file, advance)
        if contact_sheet_file is not None:
            named = _recorded(named, seen)
        return _recorded(answers_for(named, classifier, predict_labels), answered)

    try:
        with closing(with_bar(answers, what="images")) as watched:
            show(watched)
    except KeyboardInterrupt as interrupt:
        raise Interrupted(_interrupted(len(answered), submission_file)) from interrupt
    files = []
    if seen and contact_sheet_file is not None:
        files.append(_write_contact_sheet(seen, contact_sheet_file, force=force))
    if submission_file is not None and not errors.status:
        is_quiet = quiet or as_csv or as_json
        files.append(_write_answers(answered, submission_file, force=force, quiet=is_quiet))
    are_named_as_asked = set(files) <= {contact_sheet_file, submission_file}
    return errors.status if are_named_as_asked else max(errors.status, UNDER_ANOTHER_NAME)


def _check_sheet_stands_alone(
    contact_sheet_file: Path | None, submission_file: Path | None
) -> None:
    for option, value in (
        ("--show-normalized", contact_sheet_file),
        ("--submission", submission_file),
    ):
        if value is not None:
            raise click.UsageError(f"{option} and --sheet cannot be combined.")


def _read_sheets(
    images: tuple[str, ...],
    reader: "DigitReader",
    show: ShowSheets,
    with_bar: "Callable[..., Generator[ReadSheet, None, None]]",
) -> int:
    errors = ErrorReporter()
    sheets = partial(sheets_named, images or (STDIN,), reader, errors)
    try:
        with closing(with_bar(sheets, what="sheets")) as watched:
            show(watched)
    except KeyboardInterrupt as interrupt:
        raise Interrupted("interrupted; the results so far are printed.") from interrupt
    return errors.status


def _reader(classifier: Classifier, model_file: Path | None, *, quiet: bool) -> "DigitReader":
    from mnistcnn.reading import DigitReader, load_reader

    if model_file is None:
        return DigitReader(classifier, part_classifier=load_bundled("parts", quiet=quiet))
    check_answers(classifier, model_file)
    return load_reader(classifier)


def _check_names(images: tuple[str, ...]) -> None:
    if "" in images:
        # As an empty variable in a shell gives it; a path of this name would be the current folder.
        raise click.UsageError("an IMAGE must have a name, got an empty one.")
    if not images and sys.stdin.isatty():
        raise click.UsageError("give the path of at least one image, or - to read paths.")


def _check_submission(
    images: tuple[str, ...],
    submission_file: Path | None,
    model_file: Path | None,
    *,
    force: bool,
    quiet: bool,
) -> None:
    if submission_file is None:
        return
    if len(images) != 1 or not is_table(Path(images[0])):
        raise click.UsageError("--submission needs one IMAGE, which must be a .csv file.")
    check_is_not_read(submission_file, "--submission", (model_file, *tables_named(images[0])))
    check_submission(submission_file, force=force)
    with step(READING, quiet=quiet):
        check_order(images[0])


def _check_contact_sheet_file(
    contact_sheet_file: Path | None, others: tuple[Path | None, Path | None], *, force: bool
) -> None:
    """Refuse a path of no image, and one of the model or the submission.

    Whether it is one of the images is seen when these are read.
    """
    if contact_sheet_file is None:
        return
    model_file, submission_file = others
    check_is_not_read(contact_sheet_file, "--show-normalized", (model_file,))
    if submission_file is not None and contact_sheet_file.resolve() == submission_file.resolve():
        raise click.UsageError(
            f"--show-normalized and --submission must be different files, got "
            f"{contact_sheet_file} twice."
        )
    if contact_sheet_file.suffix.lower() != ".png" or not contact_sheet_file.parent.is_dir():
        raise click.BadParameter(
            f"must be a .png file in a folder that exists, got '{contact_sheet_file}'.",
            param_hint="'--show-normalized'",
        )
    refuse_to_overwrite(contact_sheet_file, "--show-normalized", force=force)


def _form_of_sheets(as_csv: bool, as_json: bool) -> ShowSheets:
    _check_one_form(as_csv, as_json)
    if as_csv:
        return print_sheets_as_csv
    return print_sheets_as_json if as_json else print_sheets_as_table


def _check_one_form(as_csv: bool, as_json: bool) -> None:
    if as_csv and as_json:
        raise click.UsageError("--csv and --json cannot be combined.")


def _form(as_csv: bool, as_json: bool, submission_file: Path | None) -> Show:
    _check_one_form(as_csv, as_json)
    if as_csv:
        return print_as_csv
    if as_json:
        return print_as_json
    return print_as_table if submission_file is None else _print_nothing


def _print_nothing(answers: Iterable[Answer]) -> None:
    for _ in answers:
        pass


def _classifier(model_file: Path | None, runs_code: bool, *, quiet: bool) -> Classifier:
    if model_file is None:
        return load_bundled(quiet=quiet)
    return load_digit_classifier(model_file, runs_code=runs_code, quiet=quiet)


def _write_contact_sheet(seen: list[Named], path: Path, *, force: bool) -> Path:
    images = [image.reshape(28, 28) for _, image in seen]
    return write_or_write_beside(
        lambda file, overwrite: write_contact_sheet(images, file, overwrite=overwrite),
        path,
        force=force,
    )


def _write_answers(answered: list[Answer], path: Path, *, force: bool, quiet: bool) -> Path:
    refuse_rejected([answer.file for answer in answered if answer.rejected])
    labels = [answer.digit for answer in answered]
    return write_submission(labels, path, force=force, quiet=quiet)


def _recorded(items: Iterable[Item], into: list[Item]) -> Iterator[Item]:
    for item in items:
        into.append(item)
        yield item


def _interrupted(n_answers: int, submission_file: Path | None) -> str:
    kept = "" if submission_file is None else f"; {fate_of(submission_file)}"
    return f"interrupted after {n_answers:,} predictions{kept}."
