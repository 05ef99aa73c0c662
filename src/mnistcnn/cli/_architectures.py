"""``mnistcnn architectures``: lists the names for the other commands."""

import inspect
from typing import TYPE_CHECKING, Any

import click

from mnistcnn.cli._options import json_option, quiet_option
from mnistcnn.cli._progress import AdvanceTo, progress_of_images
from mnistcnn.cli._tables import print_json, print_table

if TYPE_CHECKING:
    from mnistcnn.architectures import Architecture

IMAGE_SHAPE, N_CLASSES = (28, 28, 1), 10


@click.command()
@json_option
@quiet_option
def architectures(as_json: bool, quiet: bool) -> None:
    """List the architectures that can be trained.

    "Parameters" counts all of them, trained or not, for ten classes of 28x28 pixels; "smallest"
    is the smallest image in pixels.
    """
    with progress_of_images(quiet=quiet, what="architectures") as advance:
        rows = _rows(advance)
    (print_json if as_json else _print)(rows)


def _rows(advance: AdvanceTo) -> list[dict[str, Any]]:
    from mnistcnn.architectures import get_architecture, list_architectures

    names, rows = list_architectures(), list[dict[str, Any]]()
    for name in names:
        advance(len(rows), len(names))
        rows.append(_row(name, get_architecture(name)))
    return rows


def _row(name: str, architecture: "Architecture") -> dict[str, Any]:
    model = architecture.build(IMAGE_SHAPE, N_CLASSES)
    return {
        "architecture": name,
        "summary": (inspect.getdoc(architecture) or "").partition("\n")[0],
        "smallest_side": architecture.minimum_image_size,
        "parameters": model.count_params(),
    }


def _print(rows: list[dict[str, Any]]) -> None:
    print_table(
        ("architecture", "summary", "smallest", "parameters"),
        [
            (
                *(row["architecture"], row["summary"]),
                *("{0}x{0}".format(row["smallest_side"]), f"{row['parameters']:,}"),
            )
            for row in rows
        ],
        n_text_columns=2,
    )
