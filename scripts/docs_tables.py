"""The tables of the documentation that follow from the code; `docs/conf.py` puts them in.

    python scripts/docs_tables.py

prints those of the architectures.
"""

import ast
from collections.abc import Iterable
from pathlib import Path

import mnistcnn
from mnistcnn import get_recipe, list_recipes
from mnistcnn.architectures import Architecture, get_architecture, list_architectures

DATA = {"mnist": "MNIST", "kaggle": "Kaggle's split", "four_fifths": "a fifth of MNIST"}
STUB = Path(mnistcnn.__file__).with_suffix(".pyi")


def architectures_table() -> str:
    """Return the registered architectures as a table in Markdown."""
    columns = "name", "class", "layers", "parameters", "smallest image", "learning rate", "source"
    rows = []
    for name in list_architectures():
        architecture = get_architecture(name)
        published = architecture.published
        rows.append(
            (
                *(f"`{name}`", f"`{type(architecture).__name__}`", published.layers),
                *(f"{published.n_parameters:,}", architecture.minimum_image_size),
                *(architecture.learning_rate, published.source),
            )
        )
    return markdown_table(columns, rows)


def reported_table() -> str:
    """Return what is reported of each architecture as a table in Markdown."""
    published = {name: get_architecture(name).published for name in list_architectures()}
    rows = [(f"`{name}`", each.reported, each.source) for name, each in published.items()]
    return markdown_table(("name", "reported", "source"), rows)


def recipes_table() -> str:
    """Return the published trainings as a table in Markdown."""
    rows = []
    for name in list_recipes():
        recipe = get_recipe(name)
        settings = ", ".join(f"{key}={value!r}" for key, value in recipe.parameters.items())
        reported = "-" if recipe.reported is None else f"{100 * recipe.reported:.2f}"
        source = get_architecture(name).published.source
        rows.append(
            (f"`{name}`", f"`{settings}`" if settings else "the defaults", reported)
            + (DATA[recipe.data], source, recipe.differences)
        )
    columns = "name", "parameters", "reported %", "on", "source", "what differs"
    return markdown_table(columns, rows)


def facts(architecture: type[Architecture]) -> str:
    """Return what is published of an architecture as a sentence."""
    published = architecture.published
    counted = "trainable parameters" if published.only_trainable else "parameters"
    return (
        f"{published.n_parameters:,} {counted} on images of 28x28x1 pixels with 10 classes. "
        f"Reported by {published.source}: {published.reported}."
    )


def markdown_table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a table in Markdown."""
    columns = list(columns)
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def public_names(*modules: str) -> list[str]:
    """Return the names that the package takes from some of its modules, or from all.

    Parameters
    ----------
    *modules : str
        Their names in the package, such as ``"datasets"``, with all that is in them; their order
        is that of the names.
    """
    nodes = ast.parse(STUB.read_text("utf-8")).body
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    rooms = [str(node.module).partition(".")[0] for node in imports]
    return [
        f"mnistcnn.{alias.name}"
        for asked in modules or dict.fromkeys(rooms)
        for room, node in zip(rooms, imports, strict=True)
        if room == asked
        for alias in node.names
    ]


if __name__ == "__main__":
    print(architectures_table(), reported_table(), recipes_table(), sep="\n\n")
