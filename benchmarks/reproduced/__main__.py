"""Write the page of the documentation that has reported beside reproduced results.

python -m benchmarks.reproduced benchmarks/results docs/results.md

Reads the records in the folder `reproduced` and below it, those of `time_to_target`, and those in
`tried`. Images and writers come from MNIST, whose folder MNISTCNN_DATA names.
"""

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.reproduced.figures import (
    draw_accuracy_against_time,
    draw_confusion_matrix,
    draw_images,
)
from benchmarks.reproduced.page import (
    document,
    most_accurate,
    runs_by_recipe,
    still_wrong,
)
from mnistcnn import fetch_mnist

Record = dict[str, Any]


def main(results: Path, page: Path) -> None:
    """Read all records of a folder, and write the page and its figures."""
    everything = _read(results.joinpath("reproduced").rglob("*.json"))
    ensembles = [each for each in everything if "n_members" in each]
    records = [each for each in everything if "n_members" not in each]
    targets = _read(results.glob("time_to_target*.json"))
    mnist = fetch_mnist(subset="test")
    text = document(
        records,
        ensembles=ensembles,
        targets=targets,
        tried=_read(results.joinpath("tried").glob("*.json")),
        writers=mnist.writers,
    )
    page.write_text(text, "utf8")
    _draw(records, mnist, page.parent / "images" / "results")


def _read(paths: Any) -> list[Record]:
    return [json.loads(path.read_text("utf8")) for path in sorted(paths)]


def _draw(records: list[Record], mnist: Any, folder: Path) -> None:
    best = most_accurate(records)
    if best is None:
        return
    on_mnist = runs_by_recipe([each for each in records if each["data"] == "mnist"])
    draw_accuracy_against_time(on_mnist, folder / "accuracy-against-time.svg")
    draw_confusion_matrix(on_mnist[best], mnist.target, folder / "confusion-matrix.svg")
    wrong = still_wrong(records)
    if wrong:
        titles = [
            f"{each.image}: label {each.label}\ntaken for {each.answers.most_common(1)[0][0]}"
            + ("\nlabel doubtful" if each.is_doubtful else "\n")
            for each in wrong
        ]
        images = mnist.data[[each.image for each in wrong]].reshape(-1, 28, 28)
        draw_images(images, titles, folder / "still-wrong.png")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
