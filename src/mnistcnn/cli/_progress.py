"""Progress of a comparison, on stderr."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mnistcnn.evaluation import ComparisonResult


@contextmanager
def comparison_progress(names: list[str]) -> Iterator[Callable[["ComparisonResult"], None]]:
    """Show a bar while the block runs, and give what reports each architecture that is done.

    Where stderr is no terminal there are the reports only, a line each.
    """
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (SpinnerColumn("line"), *Progress.get_default_columns()[:2])
    bar = Progress(
        *columns, MofNCompleteColumn(), TimeElapsedColumn(), console=console, transient=True
    )
    task = bar.add_task(names[0], total=len(names))

    def advance(result: "ComparisonResult") -> None:
        n_done = len(result.table)
        console.print(_report(result), highlight=False, markup=False)
        bar.update(task, completed=n_done, description=(*names, "")[n_done])

    # Ended in a file or a pipe, a bar would leave an empty line there.
    with bar if console.is_terminal else nullcontext():
        yield advance


def _report(result: "ComparisonResult") -> str:
    table = result.table.set_index("architecture")
    name = result.records[-1]["architecture"]
    row = table.loc[name]
    return (
        f"{name}: accuracy {100 * row['accuracy_mean']:.2f} %, "
        f"{row['fit_seconds']:.1f} s a fit ({len(table)} of {len(result.parameters)})"
    )
