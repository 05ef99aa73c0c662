"""Segments the ink of a sheet into digits by recognition."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mnistcnn.handwriting import bounding_box
from mnistcnn.reading._inks import INK_THRESHOLD, Ink
from mnistcnn.reading._judges import Judge, Judged, Verdicts
from mnistcnn.reading._parts import Line, Part, cut_line, full_crop, part_between, parts_of
from mnistcnn.reading._readings import Box
from mnistcnn.reading._search import most_likely_parts

__all__ = ["Character", "Segmented", "segmented"]

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]


class Character(NamedTuple):
    """A part of a line that is taken for one digit, or for something else that is whole.

    Attributes
    ----------
    crop : ndarray of shape (h, w), uint8
        Light ink on black, without an empty border.
    box : tuple of 4 int
        x and y of the upper left corner, width and height, in pixels of the image.
    single : float
        The probability that it is one digit.
    known : float
        The probability that it is one digit whose label the classifier of labels knows.
    labels : ndarray of shape (n_labels,)
        The probability of each label, if known.
    is_of_pair : bool
        Whether it was recognized together with another one that it touches, which `crop` has some
        ink of.
    """

    crop: Pixels
    box: Box
    single: float
    known: float
    labels: Floats
    is_of_pair: bool = False


class Segmented(NamedTuple):
    """A line taken apart, and the boxes of what belongs to none of its characters."""

    characters: list[Character]
    rest: list[Box]


def segmented(lines: Sequence[Sequence[Ink]], judge: Judge) -> list[Segmented]:
    """Take lines of ink apart into what are most likely their digits.

    Ink that is surely one digit stays whole; where a line has other ink, all ways to cut that and
    to join it to its neighbors are judged.

    Parameters
    ----------
    lines : sequence of sequence of Ink
        From the left to the right.
    judge : Judge
        It judges the parts.
    """
    wholes = [_judged(inks, range(len(inks)), ()) for inks in lines]
    first = judge.verdicts(wholes) if wholes else []
    doubtful = [
        number
        for number, (whole, verdicts) in enumerate(zip(wholes, first, strict=True))
        # What is too broad for one digit is none of the parts.
        if verdicts.are_sure.sum() < len(whole.line.inks)
    ]
    cut = [_cut(wholes[number], first[number], judge.joins) for number in doubtful]
    second = judge.verdicts(cut) if cut else []
    results = list(zip(wholes, first, strict=True))
    for number, judged, verdicts in zip(doubtful, cut, second, strict=True):
        results[number] = judged, verdicts
    return [_segmented(judged, verdicts, judge) for judged, verdicts in results]


def _judged(inks: Sequence[Ink], uncut: Collection[int], joined: Collection[int]) -> Judged:
    line = cut_line(inks, uncut)
    return Judged(line, parts_of(line, joined))


def _cut(judged: Judged, verdicts: Verdicts, joins: bool) -> Judged:
    """Cut what is not surely one digit, and let it be joined to its neighbors."""
    inks = judged.line.inks
    are_sure = np.zeros(len(inks), dtype=bool)
    for part, is_sure in zip(judged.parts, verdicts.are_sure, strict=True):
        are_sure[judged.line.places[part.first].ink] = is_sure
    uncut = np.flatnonzero(are_sure).tolist()
    doubtful = ~(are_sure[:-1] & are_sure[1:])
    return _judged(inks, uncut, np.flatnonzero(doubtful).tolist() if joins else ())


def _segmented(judged: Judged, verdicts: Verdicts, judge: Judge) -> Segmented:
    line, parts = judged
    chosen = most_likely_parts(line, parts, verdicts.scores, judge.costs)
    characters = [
        character for number in chosen for character in _characters(judged, verdicts, number)
    ]
    return Segmented(
        characters, [_box(line, part, full_crop(line, part)) for part in _rest(line, parts, chosen)]
    )


def _rest(line: Line, parts: Sequence[Part], chosen: Sequence[int]) -> list[Part]:
    """Return the ink that no chosen part covers."""
    used = {k for number in chosen for k in range(parts[number].first, parts[number].last)}
    left = (k for k in range(len(line.places) - 1) if k not in used)
    return [part for k in left if (part := part_between(line, k, k + 1)) is not None]


def _characters(judged: Judged, verdicts: Verdicts, number: int) -> list[Character]:
    line, part = judged.line, judged.parts[number]
    halves = _halves(judged, verdicts, number) if verdicts.are_pairs[number] else None
    if halves is None:
        single, known = verdicts.singles[number], verdicts.known[number]
        return [_character(line, part, single, known, verdicts.labels[number])]
    return [
        _character(line, half, labels.sum(), labels.sum(), labels, is_of_pair=True)
        for half, labels in zip(halves, verdicts.pairs[number], strict=True)
    ]


def _halves(judged: Judged, verdicts: Verdicts, number: int) -> tuple[Part, Part] | None:
    """Cut a pair where its parts look most like what it was recognized as, if it has a cut."""
    pair, likely = judged.parts[number], verdicts.pairs[number]
    first_label, second_label = likely.argmax(axis=1)
    numbers = {(part.first, part.last): k for k, part in enumerate(judged.parts)}
    ways: list[tuple[float, tuple[Part, Part]]] = []
    for place in range(pair.first + 1, pair.last):
        halves = [(pair.first, place), (place, pair.last)]
        if all(half in numbers for half in halves):
            left, right = (numbers[half] for half in halves)
            fit = verdicts.labels[left, first_label] * verdicts.labels[right, second_label]
            ways.append((float(fit), (judged.parts[left], judged.parts[right])))
    return max(ways, key=lambda way: way[0])[1] if ways else None


def _character(
    line: Line,
    part: Part,
    single: float,
    known: float,
    labels: Floats,
    *,
    is_of_pair: bool = False,
) -> Character:
    crop = full_crop(line, part)
    return Character(crop, _box(line, part, crop), float(single), float(known), labels, is_of_pair)


def _box(line: Line, part: Part, crop: Pixels) -> Box:
    """Return x, y, width and height in the image of a part that has a border of one cell."""
    ink = line.inks[0]
    scale = ink.found.scale
    around = bounding_box(crop > INK_THRESHOLD)
    # No part is without ink.
    assert around is not None
    rows, columns = around
    x, y = ink.factor * (part.left - 1) + columns.start, ink.factor * (part.top - 1) + rows.start
    width, height = columns.stop - columns.start, rows.stop - rows.start
    return x * scale, y * scale, width * scale, height * scale
