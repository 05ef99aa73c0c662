"""The folder that a comparison writes its results to."""

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mnistcnn.evaluation import ComparisonResult

TABLE, DETAILS, PICTURE = "results.csv", "results.json", "comparison.png"


class ResultsFolder:
    """Holds results.csv, results.json and, where matplotlib is installed, comparison.png.

    Parameters
    ----------
    path : Path
        Is made where it does not exist.
    arguments : dict of str to object
        Those of the command, which stand in results.json.
    """

    def __init__(self, path: Path, arguments: dict[str, Any]) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.arguments = {
            name: str(value) if isinstance(value, Path) else value
            for name, value in arguments.items()
        }
        self._progress = "no architecture yet"
        # Whoever is to leave the process after an interruption waits for the files.
        self._writing = Lock()

    def write(self, result: "ComparisonResult") -> None:
        """Replace each file, in one step, by that of a newer result."""
        metadata = {**result.metadata, "arguments": self.arguments}
        with self._writing:
            replace(result, metadata=metadata).to_json(self.path / DETAILS)
            result.to_csv(self.path / TABLE)
            if _matplotlib_is_installed():
                _draw(result, self.path / PICTURE)
            n_asked = len(result.metadata["architectures"])
            self._progress = f"{len(result.table)} of {n_asked} architectures"

    def contents(self) -> str:
        """Say what the folder holds, once a write that is going on has ended."""
        files, hint = f"{TABLE}, {DETAILS} and {PICTURE}", ""
        if not _matplotlib_is_installed():
            files, hint = f"{TABLE} and {DETAILS}", "; pip install 'mnistcnn[plot]' for a picture"
        with self._writing:
            return f"{self.path} holds {files} for {self._progress}{hint}"


def _matplotlib_is_installed() -> bool:
    return find_spec("matplotlib") is not None


def _draw(result: "ComparisonResult", path: Path) -> None:
    import matplotlib

    # A file needs no window, and a server has none.
    matplotlib.use("agg")
    from matplotlib import pyplot

    from mnistcnn._files import replaced_at_the_end
    from mnistcnn.plotting import ComparisonDisplay

    figure = ComparisonDisplay.from_result(result).figure_
    with replaced_at_the_end(path) as temporary:
        figure.savefig(temporary, dpi=150)
    pyplot.close(figure)
