"""``mnistcnn export``: writes a classifier to a file that needs no Keras and no TensorFlow."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mnistcnn.cli._interruption import Interrupted, fate_of
from mnistcnn.cli._late_files import UNDER_ANOTHER_NAME, write_or_write_beside
from mnistcnn.cli._model_files import LOADING, PRETRAINED, load_model_file, run_code_option
from mnistcnn.cli._options import (
    NamedPath,
    check_folder,
    check_is_not_read,
    force_option,
    json_option,
    quiet_option,
    refuse_to_overwrite,
)
from mnistcnn.cli._progress import step
from mnistcnn.cli._tables import plain_label, print_facts, print_json

if TYPE_CHECKING:
    from mnistcnn import DigitCNNClassifier, DigitEnsembleClassifier
    from mnistcnn._types import Classifier


@click.command(short_help="Write a classifier to an ONNX or LiteRT file.")
@click.argument("model_file", type=NamedPath(dir_okay=False), metavar="MODEL_FILE")
@click.argument("output", type=NamedPath(dir_okay=False, writable=True), metavar="OUTPUT")
@run_code_option
@force_option
@json_option
@quiet_option
def export(
    model_file: Path,
    output: Path,
    runs_code: bool,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Write a classifier to an ONNX or LiteRT file, for programs without TensorFlow.

    MODEL_FILE is a classifier written by `mnistcnn train` or `save_classifier`, or the word
    "pretrained" for the network that comes with mnistcnn. OUTPUT ends in .onnx or .tflite. The
    shape of the images and the classes are printed and stored in the file.
    """
    check_is_not_read(output, "OUTPUT", (model_file,))
    check_folder(output, "OUTPUT")
    refuse_to_overwrite(output, "OUTPUT", force=force)
    try:
        classifier = _classifier(model_file, runs_code=runs_code, quiet=quiet)
        with step(f"writing {output.name}", quiet=quiet):
            file = _write(classifier, output, model_file, force=force)
    except KeyboardInterrupt as interrupt:
        raise Interrupted(f"interrupted; {fate_of(output)}.") from interrupt
    (print_json if as_json else _print)(_summary(classifier, file))
    return 0 if file == output else UNDER_ANOTHER_NAME


def _classifier(model_file: Path, *, runs_code: bool, quiet: bool) -> Any:
    # A file of that name is meant where there is one.
    if str(model_file) == PRETRAINED and not model_file.exists():
        with step(LOADING, quiet=quiet):
            from mnistcnn import load_pretrained

            return load_pretrained()
    if not model_file.exists():
        raise click.BadParameter(
            f"must be the file of a classifier or the word {PRETRAINED}; {model_file} does not "
            "exist.",
            param_hint="'MODEL_FILE'",
        )
    return load_model_file(model_file, runs_code=runs_code, quiet=quiet, argument="MODEL_FILE")


def _write(classifier: "Classifier", output: Path, model_file: Path, *, force: bool) -> Path:
    if not hasattr(classifier, "export"):
        raise ValueError(
            "MODEL_FILE must hold a DigitCNNClassifier, or a DigitEnsembleClassifier with "
            f"voting='soft'; {model_file} holds a {type(classifier).__name__}."
        )
    try:
        return write_or_write_beside(
            lambda path, overwrite: classifier.export(path, overwrite=overwrite),
            output,
            force=force,
        )
    except (ImportError, RuntimeError) as error:
        raise click.ClickException(str(error)) from error


def _summary(
    classifier: "DigitCNNClassifier | DigitEnsembleClassifier", output: Path
) -> dict[str, Any]:
    return {
        "file": str(output),
        "bytes": output.stat().st_size,
        "image_shape": list(classifier.image_shape_),
        "classes": [plain_label(label) for label in classifier.classes_],
    }


def _print(summary: dict[str, Any]) -> None:
    shape = ", ".join(map(str, summary["image_shape"]))
    print_facts(
        f"{summary['file']} ({summary['bytes'] / 1e6:.1f} MB) takes images of shape (n, {shape}) "
        f"and gives the probabilities of {len(summary['classes'])} classes."
    )
