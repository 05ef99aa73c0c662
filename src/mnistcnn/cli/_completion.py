"""Shell completion of the names that commands expect."""

import click
from click.shell_completion import CompletionItem

__all__ = ["complete_architecture", "complete_architectures", "complete_data", "complete_recipe"]

DATA = ("digits", "mnist", "fashion_mnist", "kmnist", "emnist-letters", "emnist-balanced")


def complete_architecture(
    context: click.Context,  # noqa: ARG001
    parameter: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[str]:
    """Return the architectures whose names begin so."""
    from mnistcnn import list_architectures

    return [name for name in list_architectures() if name.startswith(incomplete)]


def complete_architectures(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Return lists of architectures, separated by commas, of which the last one is completed."""
    before, comma, last = incomplete.rpartition(",")
    names = complete_architecture(context, parameter, last)
    # Alone it stands for all of them.
    names += ["all"] if not before and last and "all".startswith(last) else []
    return [f"{before}{comma}{name}" for name in names]


def complete_recipe(
    context: click.Context,  # noqa: ARG001
    parameter: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[str]:
    """Return the recipes whose names begin so."""
    from mnistcnn import list_recipes

    return [name for name in list_recipes() if name.startswith(incomplete)]


def complete_data(
    context: click.Context,  # noqa: ARG001
    parameter: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[CompletionItem]:
    """Return the data sets whose names begin so, and have the shell offer its files."""
    names = [CompletionItem(name) for name in DATA if name.startswith(incomplete)]
    return names or [CompletionItem(incomplete, type="file")]
