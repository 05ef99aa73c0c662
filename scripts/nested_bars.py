"""The image of scikit-learn's nested progress bars in the documentation; `docs/conf.py` makes it.

python scripts/nested_bars.py FILE.svg
"""

import io
import re
import sys
from pathlib import Path

import rich

from mnistcnn import compare_architectures, load_sample_digits

COLUMNS = 118

# Pages ask no other server for fonts; readers' own serve.
WEB_FONT = re.compile(r"@font-face\s*\{[^}]*\}")


def draw_nested_bars(path: Path) -> None:
    """Compare two architectures under progress bars, and write what the terminal shows at the end.

    Parameters
    ----------
    path : Path
        The SVG file.
    """
    from sklearn.callback import ProgressBar

    # Bars that are not on a terminal are drawn once, when all is done.
    rich.reconfigure(record=True, file=io.StringIO(), width=COLUMNS, force_terminal=False)
    X, y = load_sample_digits(return_X_y=True)
    compare_architectures(
        X[:300],
        y[:300],
        architectures=["baseline", "fast"],
        cv=2,
        epochs=3,
        random_state=0,
        callbacks=ProgressBar(max_propagation_depth=None),
    )
    path.parent.mkdir(exist_ok=True)
    title = "compare_architectures(callbacks=ProgressBar(max_propagation_depth=None))"
    path.write_text(WEB_FONT.sub("", rich.get_console().export_svg(title=title)), "utf-8")


if __name__ == "__main__":
    draw_nested_bars(Path(sys.argv[1]))
