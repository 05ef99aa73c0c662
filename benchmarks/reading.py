"""How many characters of composed lines are read right, and how many lines a second."""

import operator
import time
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from benchmarks._benchmark import Benchmark, Case
from benchmarks._data import Labels, Pixels, load_images, source
from benchmarks._glyphs import word
from benchmarks._lines import KINDS, TOUCHING, Kind, Line, Writing
from benchmarks._results import Figure, Measurement, Results, combined
from benchmarks._tesseract import PROGRAM, texts_of

RIGHT, SPEED, INVENTED = "characters_right_percent", "lines_per_second", "invented"
BARS = {
    "clean sheets, isolated digits": 99.7,
    "touching and overlapping": 97.0,
    "framed, boxed, barred, on a dark desk": 99.3,
    "ruled, squared, underlined": 99.0,
    "broken, thin, blurred": 98.0,
}
EMPTY = "pages without digits"
# Of images without digits, one in so many may have digits read into it.
MAX_INVENTED = 1 / 50
PAGE = (300, 500)
# Cuts as judged by how sure a classifier of digits is of a label, and by a classifier of parts that
# knows no pairs; tried on what touches.
LABELS_ALONE, CUTS_ALONE = DESIGNS = ("labels alone", "cuts alone")
# It reads the first of the same lines: all would take an hour.
TESSERACT, TENTH = "Tesseract", 10


@dataclass(frozen=True)
class Sizes:
    """How many lines of each kind, of how many of the last training images."""

    n_lines: int
    n_last_images: int


class WithoutPairs(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier of parts that knows no pairs, so that all that touches has to be cut.

    Parameters
    ----------
    part_classifier : classifier
        With the classes of the package's.
    """

    def __init__(self, part_classifier: Any) -> None:
        self.part_classifier = part_classifier
        names = part_classifier.classes_.tolist()
        self.is_pair = np.array([len(name) == 2 for name in names])
        self.classes_ = part_classifier.classes_[~self.is_pair]

    def fit(self, X: Pixels, y: Labels) -> "WithoutPairs":  # noqa: ARG002
        """Do nothing: it is fitted."""
        return self

    def predict_proba(self, X: Pixels) -> NDArray[np.float64]:
        """Return the probabilities, those of pairs as several digits'."""
        given = self.part_classifier.predict_proba(X)
        without = given[:, ~self.is_pair]
        without[:, self.classes_ == "several"] += given[:, self.is_pair].sum(axis=1, keepdims=True)
        return without


@cache
def _reader(design: str) -> Any:
    """Return the reader, or one of the simpler designs that it is compared with."""
    from mnistcnn import load_reader

    reader = load_reader()
    if design == LABELS_ALONE:
        reader.set_params(part_classifier=None)
    elif design == CUTS_ALONE:
        reader.set_params(part_classifier=WithoutPairs(reader.part_classifier))
    return reader


def read_lines(*, kind: str, sizes: Sizes, repeat: int, design: str = "") -> Measurement:
    """Read lines of one kind, and count the edits that would make them right."""
    (found,) = (each for each in KINDS if each.name == kind)
    lines = _lines(found, sizes.n_lines, sizes, repeat)
    started = time.perf_counter()
    texts = [reading.text.replace("\n", "") for reading in _reader(design).read(_images(lines))]
    return _measured(lines, texts, time.perf_counter() - started)


def read_by_tesseract(*, kind: str, sizes: Sizes, repeat: int) -> Measurement:
    """Read the first of the same lines by Tesseract."""
    (found,) = (each for each in KINDS if each.name == kind)
    lines = _lines(found, max(1, sizes.n_lines // TENTH), sizes, repeat)
    started = time.perf_counter()
    texts = texts_of(_images(lines))
    return _measured(lines, texts, time.perf_counter() - started)


def _measured(lines: list[Line], texts: list[str], seconds: float) -> Measurement:
    measured = {SPEED: len(lines) / seconds}
    if source() == "MNIST":
        n_wrong = sum(edits(text, line.text) for text, line in zip(texts, lines, strict=True))
        n_characters = sum(len(line.text) for line in lines)
        measured[RIGHT] = 100 * (1 - n_wrong / n_characters)
    return measured


def read_empty_pages(*, sizes: Sizes, repeat: int) -> Measurement:
    """Read pages on which no digit is, and tell in what part of them one is found."""
    pages = [_without_digits(np.random.default_rng([repeat, n])) for n in range(sizes.n_lines)]
    started = time.perf_counter()
    texts = [reading.text for reading in _reader("").read(pages)]
    seconds = time.perf_counter() - started
    return {SPEED: len(pages) / seconds, INVENTED: sum(map(bool, texts)) / len(pages)}


def edits(text: str, right: str) -> int:
    """Return the fewest insertions, deletions and replacements from one to the other.

    Examples
    --------
    >>> edits("1234", "124"), edits("", "12"), edits("19", "17")
    (1, 2, 1)
    """
    costs = list(range(len(right) + 1))
    for row, character in enumerate(text, start=1):
        before, costs[0] = costs[0], row
        for column, other in enumerate(right, start=1):
            before, costs[column] = (
                costs[column],
                min(costs[column] + 1, costs[column - 1] + 1, before + (character != other)),
            )
    return costs[-1]


def _lines(kind: Kind, n_lines: int, sizes: Sizes, repeat: int) -> list[Line]:
    images, labels = _last_images(sizes.n_last_images)
    rng = np.random.default_rng([repeat, KINDS.index(kind)])
    return [kind.line(images, labels, rng) for _ in range(n_lines)]


def _images(lines: list[Line]) -> list[NDArray[np.uint8]]:
    return [line.image for line in lines]


def _last_images(n_images: int) -> tuple[Pixels, Labels]:
    X, y = load_images(60_000) if source() == "MNIST" else load_images(n_images)
    return X[-n_images:].reshape(-1, 28, 28), y[-n_images:]


def _without_digits(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return paper: empty, ruled, with a blot, a few dots, a wave of a pen, or a word."""
    rows, columns = np.indices(PAGE)
    page = np.full(PAGE, rng.uniform(0.7, 1.0))
    kind = rng.integers(6)
    if kind == 1:
        page[int(rng.integers(5, 40)) :: 45] *= 0.6
    elif kind == 2:
        middle = rng.uniform(60, 240), rng.uniform(60, 440)
        page[np.hypot(rows - middle[0], columns - middle[1]) < rng.uniform(8, 30)] = 0.1
    elif kind == 3:
        for _ in range(int(rng.integers(1, 6))):
            middle = rng.uniform(20, 280), rng.uniform(20, 480)
            page[np.hypot(rows - middle[0], columns - middle[1]) < rng.uniform(2, 5)] = 0.2
    elif kind == 4:
        wave = PAGE[0] / 2 + rng.uniform(15, 40) * np.sin(columns / rng.uniform(6, 20))
        page[abs(rows - wave) < rng.uniform(2, 5)] = 0.1
    elif kind == 5:
        page = page[:1, :1] * (
            1 - 0.9 * Writing().written(word(int(rng.integers(1, 13)), rng), rng).ink
        )
    noisy = page + 0.02 * rng.standard_normal(page.shape)
    return np.round(255 * np.clip(noisy, 0, 1)).astype(np.uint8)


def cases(sizes: Sizes) -> list[Case]:
    """Return each kind of lines, and pages without any."""
    return [
        *(
            Case(kind.name, read_lines, {"kind": kind.name, "sizes": sizes}, process="reader")
            for kind in KINDS
        ),
        *(
            Case(
                f"{kind.name}, {design}",
                read_lines,
                {"kind": kind.name, "sizes": sizes, "design": design},
                process="reader",
            )
            for kind in KINDS
            if kind.group == TOUCHING
            for design in DESIGNS
        ),
        Case(EMPTY, read_empty_pages, {"sizes": sizes}, process="reader"),
        *(
            Case(
                f"{kind.name}, {TESSERACT}",
                read_by_tesseract,
                {"kind": kind.name, "sizes": sizes},
                process="reader",
                programs=(PROGRAM,),
            )
            for kind in KINDS
        ),
    ]


def figures(results: Results, sizes: Sizes) -> list[Figure]:  # noqa: ARG001
    """Return what is right in the mean over the kinds of each group, and what is invented."""
    names = [kind.name for kind in KINDS]
    groups = {group: [kind.name for kind in KINDS if kind.group == group] for group in BARS}
    return [
        *(
            Figure(group, _mean(results, cases), "%", at_least=BARS[group])
            for group, cases in groups.items()
        ),
        *(
            Figure(f"{TOUCHING}, {design}", _mean(results, _by(design, groups[TOUCHING])), "%")
            for design in DESIGNS
        ),
        Figure(
            f"{EMPTY}: some digit read", results.mean(EMPTY, INVENTED), "", at_most=MAX_INVENTED
        ),
        *(
            Figure(f"{group}, {TESSERACT}", _mean(results, _by(TESSERACT, cases)), "%")
            for group, cases in groups.items()
        ),
        Figure(
            f"lines a second: ours / {TESSERACT}",
            combined(
                operator.truediv,
                _mean(results, names, SPEED),
                _mean(results, _by(TESSERACT, names), SPEED),
            ),
        ),
    ]


def _by(reader: str, kinds: list[str]) -> list[str]:
    return [f"{kind}, {reader}" for kind in kinds]


def _mean(results: Results, cases: list[str], quantity: str = RIGHT) -> float | None:
    means = [mean for case in cases if (mean := results.mean(case, quantity)) is not None]
    return sum(means) / len(means) if means else None


BENCHMARK = Benchmark(
    summary="characters read right, of lines composed of MNIST's last 10,000 training images",
    full=Sizes(2_000, 10_000),
    quick=Sizes(2, 30),
    cases=cases,
    figures=figures,
)
