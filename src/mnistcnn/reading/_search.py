"""Finds the most likely segmentation of the ink into digits."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mnistcnn.reading._parts import Line, Part

__all__ = ["LABEL_COSTS", "PART_COSTS", "MIN_PROBABILITY", "Costs", "most_likely_parts"]

# No probability counts as less, and what lies between two cuts and is of no digit counts as this.
MIN_PROBABILITY = 1e-6
# Of its width a part counts so much as its size.
WIDTH_COUNTS = 0.8
# What is lower than this fraction of the ink may be a piece of a digit; what is broader than this
# multiple of its own height may be several.
SMALL, WIDE = 0.7, 1.8


class Costs(NamedTuple):
    """The penalties of a part beside its probability, in logarithms of probabilities.

    Attributes
    ----------
    of_a_digit : float
        Of each one, so that one is preferred to two or, where less than 0, two to one.
    of_cut_ink : float
        Of the ink that a cut goes through, for as much of it as the ink is high.
    of_being_small, of_being_wide : float
        Of each part of the height that a part is too small by, and too broad by.
    """

    of_a_digit: float
    of_cut_ink: float
    of_being_small: float
    of_being_wide: float


# Both were chosen on lines composed of MNIST's training images 40,000 to 50,000: those where
# probabilities are of labels alone, and those where pieces and several digits are told apart.
LABEL_COSTS = Costs(0.05, 4.0, 5.0, 3.0)
PART_COSTS = Costs(-0.3, 0.5, 0.0, 0.0)


def most_likely_parts(
    line: Line,
    parts: Sequence[Part],
    probabilities: NDArray[np.float64],
    costs: Costs,
) -> list[int]:
    """Return the numbers of the parts that a line consists of, from left to right.

    Of all ways the one with the highest sum of log-probabilities is found by dynamic programming,
    as in Matan, Burges, LeCun and Denker's "Multi-Digit Recognition Using a Space Displacement
    Neural Network" (NeurIPS 1991) and in LeCun et al.'s segmentation graph (1998). What is in none
    of the parts is left out.

    Parameters
    ----------
    line : Line
        With its cuts.
    parts : sequence of Part
        The candidate parts.
    probabilities : ndarray of shape (n_parts,)
        The probability that each is a digit.
    costs : Costs
        The penalties of a part.
    """
    scores = np.log(np.maximum(probabilities, MIN_PROBABILITY))
    scores -= np.array([_cost(line, part, costs) for part in parts])
    beginning: dict[int, list[int]] = {}
    for number, part in enumerate(parts):
        beginning.setdefault(part.first, []).append(number)
    # The best way to each place, as its score and the parts on it.
    best: list[tuple[float, list[int]]] = [(0.0, [])]
    best += [(-np.inf, [])] * (len(line.places) - 1)
    for place in range(len(line.places) - 1):
        score, way = best[place]
        following = [(place + 1, float(np.log(MIN_PROBABILITY)), way)]
        following += [
            (parts[number].last, float(scores[number]), [*way, number])
            for number in beginning.get(place, [])
        ]
        for end, more, longer in following:
            if best[end][0] < score + more:
                best[end] = score + more, longer
    return best[-1][1]


def _cost(line: Line, part: Part, costs: Costs) -> float:
    height, width = part.crop.shape
    size = max(height, WIDTH_COUNTS * width) / part.ink_height
    smallness, breadth = max(0.0, SMALL - size), max(0.0, width / height - WIDE)
    cut = line.places[part.last].cut
    of_shape = costs.of_being_small * smallness + costs.of_being_wide * breadth
    return float(costs.of_a_digit + costs.of_cut_ink * (cut.ink if cut else 0.0) + of_shape)
