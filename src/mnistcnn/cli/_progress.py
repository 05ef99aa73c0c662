"""Progress of whatever a command does for seconds, on stderr."""

import os
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from math import inf
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from mnistcnn.cli._messages import in_one_line

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from mnistcnn.evaluation import ComparisonResult

Advance = Callable[[str, int, str], None]
Item = TypeVar("Item")
# Takes how many are done and how many there are, if that is known.
AdvanceTo = Callable[[int, int | None], None]

READING = "reading the images"


@contextmanager
def progress(n_steps: int, first: str, *, quiet: bool) -> Iterator[Advance]:
    """Show a bar with the time left while the block runs, and give what moves it.

    That takes a report of the step that is done, how many are done, and what comes next. Where
    stderr is not a terminal there are only the reports, one line each.
    """
    from rich.console import Console

    console = Console(stderr=True, quiet=quiet)
    with _updated_bar(quiet, console) as (update, _):
        _advance(update, first, 0, n_steps)

        def advance(report: str, n_done: int, following: str) -> None:
            # A terminal breaks it between words; a line that a pipe or a file gets stays whole.
            is_whole = not sys.stderr.isatty()
            console.print(report, highlight=False, markup=False, soft_wrap=is_whole)
            _advance(update, following, n_done, n_steps)

        yield advance


@contextmanager
def progress_of_images(*, quiet: bool, what: str = "images") -> Iterator[AdvanceTo]:
    """Show on a terminal how many images are done while the block runs, and the time left.

    It gives a function of the number so far and the total, or None where that is unknown. The bar
    appears when it is called for the first time.
    """
    with _updated_bar(quiet) as (update, _):
        yield partial(_advance, update, what)


def with_progress(
    items: Callable[[AdvanceTo], Iterable[Item]], *, quiet: bool, what: str, are_printed: bool
) -> Generator[Item, None, None]:
    """Give items as they are made, and show on a terminal how many are done, and the time left.

    Parameters
    ----------
    items : callable
        Makes the items. It takes a function of the number done so far and the total, or None where
        that is unknown. The bar appears when it is called for the first time.
    quiet : bool
        Whether to show nothing.
    what : str
        The items, in the plural.
    are_printed : bool
        Whether each item is printed on the terminal before the next is made; the bar is out of the
        way meanwhile. Otherwise it stays until the last item.
    """
    with _updated_bar(quiet) as (update, hide):
        for item in items(partial(_advance, update, what)):
            if are_printed:
                hide()
            yield item


@contextmanager
def progress_of_reading(*, quiet: bool) -> Iterator[AdvanceTo]:
    """Show on a terminal that images are read while the block runs, and how far a download is.

    It gives a function of the number of bytes so far and the total.
    """
    with _updated_bar(quiet) as (update, _):
        update(description=READING)

        def advance(n_bytes: int, total: int | None) -> None:
            is_done = n_bytes == total
            update(
                description=READING if is_done else "downloading",
                completed=n_bytes,
                total=total,
                count="" if is_done else _megabytes(n_bytes, total),
            )

        yield advance


@contextmanager
def step(description: str, *, quiet: bool) -> Iterator[None]:
    """Show on a terminal what is done while the block runs, and for how long.

    It is for work that does not tell how far it is, such as loading Keras.
    """
    with _updated_bar(quiet) as (update, _):
        update(description=description)
        yield


def _advance(update: Callable[..., None], what: str, n_done: int, total: int | None) -> None:
    update(description=what, completed=n_done, total=total, count=_count(n_done, total))


def _count(n_done: int, total: int | None) -> str:
    return f"{n_done:,}" if total is None else f"{n_done:,}/{total:,}"


def _megabytes(n_bytes: int, total: int | None) -> str:
    of_all = "" if total is None else f"/{total / 1e6:.1f}"
    return f"{n_bytes / 1e6:.1f}{of_all} MB"


@contextmanager
def _updated_bar(
    quiet: bool, console: "Console | None" = None
) -> Iterator[tuple[Callable[..., None], Callable[[], None]]]:
    """Give a function that shows and changes a bar, and one that hides it until the next change.

    They do nothing where there is no terminal. Nothing but the first loads Rich, which takes longer
    than a prediction.
    """
    # Ended in a file or a pipe, a bar would leave an empty line there.
    if quiet or not sys.stderr.isatty() or os.environ.get("TERM") in ("dumb", "unknown"):
        yield lambda **_: None, lambda: None
        return
    bar = _Bar(console)
    try:
        yield bar.update, bar.hide
    finally:
        bar.end()


class _Bar:
    """A bar that appears with its first change, and for which it can be too late.

    After Ctrl-C the thread that works goes on until the process is left; what it still reports must
    not bring the bar back, which has no end then and would leave the terminal without a cursor.
    """

    def __init__(self, console: "Console | None") -> None:
        self._console = console
        self._lock = Lock()
        self._bar: Progress | None = None
        self._is_over = False

    def update(self, **changes: Any) -> None:
        with self._lock:
            if self._is_over:
                return
            if self._bar is None:
                self._bar = _new_bar(self._console)
                self._bar.add_task("", total=None, count="")
            self._bar.update(self._bar.task_ids[0], **changes)
            self._bar.start()

    def hide(self) -> None:
        with self._lock:
            if self._bar is not None:
                self._bar.stop()

    def end(self) -> None:
        with self._lock:
            self._is_over = True
        self.hide()


def _new_bar(console: "Console | None") -> "Progress":
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        SpinnerColumn("line"),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[count]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True) if console is None else console,
        transient=True,
        # What is printed there are results.
        redirect_stdout=False,
        # Rich would forget steps of over half a minute, and know of no time left.
        speed_estimate_period=inf,
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
