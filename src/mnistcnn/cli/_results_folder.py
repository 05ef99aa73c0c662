"""The folder that a comparison writes its results to."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from mnistcnn._wording import listed
from mnistcnn.cli._options import refuse_to_overwrite

if TYPE_CHECKING:
    from mnistcnn.evaluation import ComparisonResult

TABLE, DETAILS, CHART = "results.csv", "results.json", "comparison.png"
FILES = (DETAILS, TABLE, CHART)


class ResultsFolder:
    """Holds results.csv, results.json and, where matplotlib is installed, comparison.png.

    The folder is made where it does not exist. Results that are there are refused without `force`.
    The command's arguments stand in results.json.
    """

    def __init__(self, path: Path, arguments: dict[str, Any], *, force: bool = False) -> None:
        for name in FILES:
            refuse_to_overwrite(path / name, "--output", force=force)
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.arguments = {
            name: str(value) if isinstance(value, Path) else value
            for name, value in arguments.items()
        }
        self._progress = ""
        # Whoever is to leave the process after an interruption waits for the files.
        self._writing = Lock()

    def write(self, result: "ComparisonResult") -> None:
        """Replace the files by those of a newer result, so that all are of one result always.

        Several files cannot change in one step. So what is derived from results.json is taken
        away first and put back last: whoever looks in between, or after the process was killed,
        may miss a file but never finds two that disagree.
        """
        metadata = {**result.metadata, "arguments": self.arguments}
        with self._writing:
            self._replace_all(replace(result, metadata=metadata))
            n_asked = len(result.metadata["architectures"])
            self._progress = f"{len(result.table)} of {n_asked} architectures"

    def _replace_all(self, result: "ComparisonResult") -> None:
        from mnistcnn._safe_writing import replaced_at_the_end

        with ExitStack() as files:
            # The last one entered is the first to be put in its place.
            for name, write in _writers(result).items():
                write(files.enter_context(replaced_at_the_end(self.path / name)))
            for derived in (TABLE, CHART):
                (self.path / derived).resolve().unlink(missing_ok=True)

    def contents(self) -> str:
        """Say what the folder holds, once a write that is going on has ended."""
        names, hint = [TABLE, DETAILS, CHART], ""
        if not _matplotlib_is_installed():
            names, hint = [TABLE, DETAILS], "; pip install 'mnistcnn[plot]' for a chart"
        with self._writing:
            if not self._progress:
                return f"{self.path} {self._earlier_contents()}"
            return f"{self.path} holds {listed(names)} for {self._progress}{hint}"

    def _earlier_contents(self) -> str:
        names = [name for name in (TABLE, DETAILS, CHART) if (self.path / name).exists()]
        if not names:
            return "holds no results yet"
        return f"still holds {listed(names)} of an earlier comparison"


def _writers(result: "ComparisonResult") -> dict[str, Callable[[Path], None]]:
    """Return the function that writes each file; the file that the others derive from is last."""
    chart = {CHART: partial(_draw, result)} if _matplotlib_is_installed() else {}
    return {
        **chart,
        TABLE: partial(result.to_csv, overwrite=True),
        DETAILS: partial(result.to_json, overwrite=True),
    }


def _matplotlib_is_installed() -> bool:
    return find_spec("matplotlib") is not None


def _draw(result: "ComparisonResult", path: Path) -> None:
    import matplotlib

    # A file needs no window, and a server has none.
    matplotlib.use("agg")
    from matplotlib import pyplot

    from mnistcnn.plotting import ComparisonDisplay

    figure = ComparisonDisplay.from_result(result).figure_
    figure.savefig(path, dpi=150)
    pyplot.close(figure)
