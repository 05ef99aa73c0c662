"""``mnistcnn architectures``: the names that the other commands take."""

import inspect
from typing import Any

import click

from mnistcnn.cli._tables import print_table

IMAGE_SHAPE, N_CLASSES = (28, 28, 1), 10


@click.command()
def architectures() -> None:
    """List the architectures that can be trained.

    "Parameters" counts all of them, trained or not, for ten classes of 28x28 pixels; "smallest"
    is the smallest image in pixels.
    """
    from mnistcnn.architectures import get_architecture, list_architectures

    print_table(
        ("architecture", "summary", "smallest", "parameters"),
        [_row(name, get_architecture(name)) for name in list_architectures()],
        n_text_columns=2,
    )


def _row(name: str, architecture: Any) -> tuple[str, str, str, str]:
    summary = (inspect.getdoc(architecture) or "").partition("\n")[0]
    size = architecture.minimum_image_size
    model = architecture.build(IMAGE_SHAPE, N_CLASSES)
    return name, summary, f"{size}x{size}", f"{model.count_params():,}"
