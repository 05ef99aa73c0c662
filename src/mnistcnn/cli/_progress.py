"""Progress of a comparison, a training or a measurement, on stderr."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from mnistcnn.cli._messages import in_one_line

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from mnistcnn.evaluation import ComparisonResult

Advance = Callable[[str, int, str], None]
AdvanceTo = Callable[[int, int], None]


@contextmanager
def progress(n_steps: int, first: str, *, quiet: bool) -> Iterator[Advance]:
    """Show a bar with the time left while the block runs, and give what moves it.

    That takes a report of the step that is done, how many are done, and what comes next. Where
    stderr is not a terminal there are only the reports, one line each.
    """
    from rich.console import Console

    console = Console(stderr=True, quiet=quiet)
    bar = _bar(console)
    task = bar.add_task(first, total=n_steps)

    def advance(report: str, n_done: int, following: str) -> None:
        # A line that a pipe or a file gets is not to be broken.
        console.print(report, highlight=False, markup=False, soft_wrap=True)
        bar.update(task, completed=n_done, description=following)

    # Ended in a file or a pipe, a bar would leave an empty line there.
    with bar if console.is_terminal else nullcontext():
        yield advance


@contextmanager
def progress_of_answers(*, quiet: bool) -> Iterator[AdvanceTo]:
    """Show on a terminal how many images are predicted while the block runs, and the time left.

    It gives a function of the number so far and the total.
    """
    from rich.console import Console

    console = Console(stderr=True, quiet=quiet)
    bar = _bar(console)
    task = bar.add_task("images", total=None)
    with bar if console.is_terminal else nullcontext():
        yield lambda n_answered, n_images: bar.update(task, completed=n_answered, total=n_images)


def _bar(console: "Console") -> "Progress":
    from rich.progress import (
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (SpinnerColumn("line"), *Progress.get_default_columns()[:2], MofNCompleteColumn())
    return Progress(
        *columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, transient=True
    )


def report_of_architecture(result: "ComparisonResult") -> str:
    """Describe the result of the architecture that was just compared."""
    table = result.table.set_index("architecture")
    name = result.records[-1]["architecture"]
    row = table.loc[name]
    done = f"({len(table)} of {len(result.parameters)})"
    if name in result.failures:
        return f"{name}: failed in {in_one_line(result.failures[name])} {done}"
    accuracy = f"accuracy {100 * row['accuracy_mean']:.2f} %"
    return f"{name}: {accuracy}, {row['fit_seconds']:.1f} s per fit {done}"


def report_of_epoch(epoch: int, n_epochs: int, logs: dict[str, Any], seconds_left: float) -> str:
    """Describe the progress of a training, its metrics, and the time left.

    Epochs are counted from 1; there are `n_epochs` at most.
    """
    figures = f"loss {logs['loss']:.4f}, accuracy {100 * logs['accuracy']:.2f} %"
    if "val_accuracy" in logs:
        figures += f", validation accuracy {100 * logs['val_accuracy']:.2f} %"
    time_left = f"; {seconds_left:.0f} s left" if epoch < n_epochs else ""
    return f"epoch {epoch} of {n_epochs}: {figures}{time_left}"
