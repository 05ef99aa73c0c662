"""``mnistcnn architectures``: lists the names for the other commands."""

import inspect
from typing import TYPE_CHECKING, Any

import click

from mnistcnn.cli._options import json_option, quiet_option
from mnistcnn.cli._tables import print_json, print_table

if TYPE_CHECKING:
    from mnistcnn.architectures import Architecture

IMAGE_SHAPE, N_CLASSES = (28, 28, 1), 10


@click.command()
@json_option
@quiet_option
def architectures(as_json: bool, quiet: bool) -> None:  # noqa: ARG001
    """List the architectures that can be trained.

    "Parameters" counts all of them, trained or not, for ten classes of 28x28 pixels; "smallest"
    is the smallest image in pixels.
    """
    from mnistcnn.architectures import get_architecture, list_architectures

    rows = [_row(name, get_architecture(name)) for name in list_architectures()]
    (print_json if as_json else _print)(rows)


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
