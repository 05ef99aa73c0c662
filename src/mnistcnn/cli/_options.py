"""The options that several commands share, and their validation."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from mnistcnn._safe_writing import check_can_be_written
from mnistcnn._types import Array
from mnistcnn.cli._completion import complete_data
from mnistcnn.cli._messages import say
from mnistcnn.cli._progress import progress_of_reading

DIGITS_PARTS = {
    "comparison": slice(None),
    "training": slice(None, 1500),
    "test": slice(1500, None),
}

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class NamedPath(click.Path):
    """A path that has a name: an empty one, as from an unset variable, means the current folder.

    Parameters
    ----------
    **options
        Those of `click.Path`.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(path_type=Path, **options)

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:
        """Return the path, or refuse an empty name."""
        if value == "":
            self.fail("must be the name of a file or folder, got an empty one.", param, ctx)
        return super().convert(value, param, ctx)


def named_data(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """Say which data are taken where a file or folder has the name of a data set, too."""
    is_default = context.get_parameter_source(str(parameter.name)) is ParameterSource.DEFAULT
    if context.resilient_parsing or is_default or not os.path.exists(value):
        return value
    from mnistcnn.datasets import is_other_than_named

    if is_other_than_named(value):
        kind = "folder" if os.path.isdir(value) else "file"
        say(
            f"--data {value} is the data set of that name, not the {kind} {value} that is here; "
            f"write .{os.sep}{value} for the {kind}."
        )
    return value


data_option: Decorator = click.option(
    "--data",
    callback=named_data,
    default="digits",
    show_default=True,
    metavar="NAME|PATH",
    shell_complete=complete_data,
    help="The images: digits (1,797 bundled ones), mnist, fashion_mnist, kmnist, emnist-letters "
    "or another split of EMNIST, a .csv file with a label column, an .npz file, or a folder "
    "of IDX files.",
)

limit_option: Decorator = click.option(
    "--limit",
    type=click.IntRange(min=1),
    help="Use a stratified random sample of this many images.",
)

random_state_option: Decorator = click.option(
    "--random-state",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    show_default=True,
    help="Seed of samples, folds and training.",
)

epochs_option: Decorator = click.option(
    "--epochs",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="Number of passes over the training images.",
)

force_option: Decorator = click.option("--force", is_flag=True, help="Overwrite existing files.")

json_option: Decorator = click.option(
    "--json", "as_json", is_flag=True, help="Print the result as JSON, for other programs to read."
)

quiet_option: Decorator = click.option(
    "-q", "--quiet", is_flag=True, help="Print no progress and no notes, only results and errors."
)


def check_suffix(path: Path, option: str, suffix: str) -> None:
    """Stop where a file is to be written under a name that ends in something else.

    Parameters
    ----------
    path : Path
        The path that the command is about to write.
    option : str
        The option or argument that named it.
    suffix : str
        The required end of the name.
    """
    if path.suffix != suffix:
        raise click.BadParameter(f"must end in {suffix}, got '{path}'.", param_hint=f"'{option}'")


def check_folder(path: Path, option: str) -> None:
    """Stop where a file is to be written into a folder that is not there.

    Parameters
    ----------
    path : Path
        The path that the command is about to write.
    option : str
        The option or argument that named it.
    """
    if not path.parent.is_dir():
        raise click.BadParameter(
            f"folder '{path.parent}' does not exist.", param_hint=f"'{option}'"
        )


def refuse_to_overwrite(path: Path | None, option: str, *, force: bool) -> None:
    """Stop where a file would be overwritten without --force.

    Parameters
    ----------
    path : Path or None
        The path that the command is about to write; None writes nothing.
    option : str
        The option or argument that named it.
    force : bool
        Whether to overwrite an existing file.
    """
    # Devices and pipes are written to; nothing in them is lost.
    if path is not None and path.is_file() and not force:
        raise click.UsageError(
            f"{option} would overwrite {path}; name another file, or add --force."
        )


def check_output_file(path: Path, option: str, *, force: bool) -> None:
    """Stop before the work where a file could not be written after it.

    Parameters
    ----------
    path : Path
        The path that the command is about to write.
    option : str
        The option or argument that named it.
    force : bool
        Whether to overwrite an existing file.
    """
    check_folder(path, option)
    refuse_to_overwrite(path, option, force=force)
    try:
        check_can_be_written(path)
    except OSError as error:
        raise click.BadParameter(
            f"{path} cannot be written: {error.strerror}.", param_hint=f"'{option}'"
        ) from error


def check_is_not_read(path: Path, option: str, read: Iterable[Path | None]) -> None:
    """Stop where a command would write over what it reads, also with --force."""
    for other in read:
        if other is not None and path.exists() and other.exists() and path.samefile(other):
            raise click.UsageError(
                f"{option} would overwrite {other}, which is read; name another file."
            )


def load_images(
    source: str, *, part: str, limit: int | None, random_state: int, quiet: bool
) -> tuple[Array, Array]:
    """Return the images and labels that ``--data`` and ``--limit`` name.

    Parameters
    ----------
    source : str
        As ``--data`` takes it.
    part : {"comparison", "training", "test"}
        Their use. MNIST's test images are for tests alone. The bundled digits have no
        split of their own: all are there for comparisons, the first 1,500 for training and the
        others for tests.
    limit : int or None
        The size of a random sample in which every class keeps its share; None takes all.
    random_state : int
        Seeds the sample.
    quiet : bool
        Whether to show no progress.
    """
    if not source:
        raise click.BadParameter("must not be empty.", param_hint="'--data'")
    from mnistcnn.datasets import load_labeled

    subset = "test" if part == "test" else "train"
    with progress_of_reading(quiet=quiet) as advance:
        X, y = load_labeled(source, subset=subset, on_progress=advance)
    if source == "digits":
        X, y = X[DIGITS_PARTS[part]], y[DIGITS_PARTS[part]]
    if limit is None or limit >= len(y):
        return X, y
    from sklearn.utils import resample

    X, y = resample(X, y, replace=False, n_samples=limit, stratify=y, random_state=random_state)
    return X, y
