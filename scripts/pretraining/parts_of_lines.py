"""What a reader has to judge on lines: single digits, pieces of them, several, and other things.

Lines are composed of MNIST's digits as in the benchmark of reading, with more variety, and
taken apart as `mnistcnn.DigitReader` does. Since it is known which ink is of which digit, so is
what each part is.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from benchmarks._glyphs import other_glyph, word
from benchmarks._lines import INK as STROKE
from benchmarks._lines import KINDS, Kind, Writing, Written
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from mnistcnn import FoundDigit, find_digits
from mnistcnn.reading._inks import INK_THRESHOLD, inks_of
from mnistcnn.reading._parts import Part, cut_line, parts_of
from mnistcnn.reading._views import views_of

Images = NDArray[np.uint8]
Labels = NDArray[np.int64]
Generator = np.random.Generator

DIGIT, PAIR, PIECE, SEVERAL, OTHER = "digit", "pair", "piece", "several", "other"
# A part is a digit, or a pair, if it has this fraction of its ink and no more than that of other
# ink, a piece if it has less than this fraction, and several digits if it has that fraction of two;
# what is between them is left out.
MIN_OF_DIGIT, MAX_OF_OTHERS, MAX_OF_PIECE, MIN_OF_EACH = 0.88, 0.15, 0.75, 0.6
# How many parts of each sort a line gives at most.
MOST = {DIGIT: 6, PAIR: 5, PIECE: 5, SEVERAL: 3, OTHER: 3}
# So many of the characters between digits are letters, signs and scribbles.
OTHERS_PER_CHARACTER = 0.05
# Of all lines, this part is photographed and found on paper; elsewhere connected ink is no smaller
# than this part of the sheet's height.
ON_PAPER, MIN_CONNECTED = 0.4, 0.05
# Of all lines, this part is of letters only.
# A single l would be a 1.
WORDS, LETTERS_OF_WORD = 0.1, 3
# Of the ones, this part is a straight stroke, so many pixels long and broad, which may lean.
STRAIGHT, LENGTHS, BREADTHS = 0.25, (15, 21), (1, 4.5)
# Of the digits, this part is in coarse pixels, so many of MNIST's wide, and this part is parted by
# a gap that runs across, so wide.
COARSE, COARSE_PIXELS = 0.2, (1.2, 2.4)
PARTED, GAPS = 0.1, (0.8, 1.6)
# A turn in degrees, a slant and a change of size, each up or down.
TURN, SLANT, SIZE = 8, 0.15, 0.15

# What is turned or framed as a whole would have its ink in other places than the digits'.
SHEETS = [kind for kind in KINDS if kind.around is None]


class Judged(NamedTuple):
    """Views of parts, and what each is."""

    views: Images
    labels: NDArray[np.str_]


@dataclass(frozen=True)
class Lines:
    """Lines of some digits."""

    images: Images
    target: Labels

    def judged(self, rng: Generator) -> Judged:
        """Compose a line, take it apart, and judge some of its parts."""
        names, written, kind = self._composed(rng)
        if rng.random() < ON_PAPER:
            found = find_digits(kind.photographed(written.ink, rng))
        else:
            found = _connected(written.ink)
        return _judged(found, written, names, rng)

    def _characters(self, n_characters: int, rng: Generator) -> tuple[Images, NDArray[np.str_]]:
        if n_characters >= LETTERS_OF_WORD and rng.random() < WORDS:
            return word(n_characters, rng), np.full(n_characters, OTHER)
        chosen = rng.integers(len(self.images), size=n_characters)
        is_other = rng.random(n_characters) < OTHERS_PER_CHARACTER
        glyphs = [
            other_glyph(rng) if other else self._digit(int(number), rng)
            for number, other in zip(chosen, is_other, strict=True)
        ]
        return np.stack(glyphs), np.where(is_other, OTHER, self.target[chosen].astype(str))

    def _digit(self, number: int, rng: Generator) -> Images:
        is_straight = self.target[number] == 1 and rng.random() < STRAIGHT
        digit = _varied(_stroke(rng) if is_straight else self.images[number], rng)
        if rng.random() < COARSE:
            digit = _in_coarse_pixels(digit, rng)
        return _parted(digit, rng) if rng.random() < PARTED else digit

    def _composed(self, rng: Generator) -> tuple[NDArray[np.str_], Written, Kind]:
        glyphs, names = self._characters(int(rng.integers(1, 10)), rng)
        kind = SHEETS[rng.integers(len(SHEETS))]
        written = _writing(kind, rng).written(glyphs, rng)
        # A thin stroke that was made thinner may be gone.
        is_seen = (written.ink > STROKE).any()
        return (names, written, kind) if is_seen else self._composed(rng)


def _writing(kind: Kind, rng: Generator) -> Writing:
    """Vary how the digits of a kind of lines are written."""
    thin, broken, blur = (
        rng.uniform(0, most) * (rng.random() < often)
        for most, often in [(1.3, 0.25), (0.8, 0.25), (1.5, 0.2)]
    )
    return Writing(
        scale=(2, 4),
        gap=(0.05, rng.uniform(0.2, 1.0)),
        touching=rng.choice([0.0, 0.5, 0.9]),
        most_in_a_row=3,
        overlap=(0.0, rng.uniform(0.02, 0.2)),
        up_and_down=rng.uniform(0.0, 0.2),
        thin=max(kind.writing.thin, thin),
        broken=max(kind.writing.broken, broken),
        blur=max(kind.writing.blur, blur),
    )


def _stroke(rng: Generator) -> Images:
    """Draw a straight stroke upright."""
    canvas = np.zeros((28, 28), dtype=np.uint8)
    length, breadth = round(rng.uniform(*LENGTHS)), round(rng.uniform(*BREADTHS))
    top, left = 14 - length // 2, 14 - breadth // 2
    canvas[top : top + length, left : left + breadth] = 255
    return canvas


def _in_coarse_pixels(image: Images, rng: Generator) -> Images:
    """Return a digit in black and white, in fewer pixels."""
    whole = Image.fromarray(image)
    side = round(len(image) / rng.uniform(*COARSE_PIXELS))
    small = np.asarray(whole.resize((side, side), Image.Resampling.BOX))
    coarse = np.where(small > rng.uniform(0.2, 0.5) * small.max(), 255, 0).astype(np.uint8)
    return np.asarray(Image.fromarray(coarse).resize(whole.size, Image.Resampling.NEAREST))


def _parted(image: Images, rng: Generator) -> Images:
    """Take a straight gap out of a digit, which runs through its middle somehow."""
    rows, columns = np.ogrid[: len(image), : len(image)]
    angle, middle = rng.uniform(0, np.pi), len(image) / 2 + rng.uniform(-5, 5)
    away = (rows - middle) * np.sin(angle) + (columns - middle) * np.cos(angle)
    return np.where(np.abs(away) < rng.uniform(*GAPS) / 2, 0, image).astype(np.uint8)


def _varied(image: Images, rng: Generator) -> Images:
    """Turn and slant a digit a little, and make it larger or smaller."""
    angle = np.radians(rng.uniform(-TURN, TURN))
    turned = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    matrix = turned @ [[1, rng.uniform(-SLANT, SLANT)], [0, 1]] / rng.uniform(1 - SIZE, 1 + SIZE)
    side = 40
    middle = side / 2
    (a, b), (c, d) = matrix
    shift = (middle - a * middle - b * middle, middle - c * middle - d * middle)
    padded = Image.fromarray(np.pad(image, (side - len(image)) // 2))
    changed = padded.transform(
        (side, side),
        Image.Transform.AFFINE,
        (a, b, shift[0], c, d, shift[1]),
        Image.Resampling.BICUBIC,
    )
    varied = np.asarray(changed)
    return varied if varied.max() > 127 else np.pad(image, (side - len(image)) // 2)


def _connected(ink: NDArray[np.float32]) -> list[FoundDigit]:
    """Return the connected ink of a line as if it had been found on paper, which takes longer."""
    labels, _ = ndimage.label(ink > STROKE / 2, np.ones((3, 3)))
    gray = np.rint(255 * ink).astype(np.uint8)
    found = []
    for number, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1):
        crop = np.where(labels[rows, columns] == number, gray[rows, columns], 0).astype(np.uint8)
        if max(crop.shape) >= MIN_CONNECTED * len(ink):
            box = columns.start, rows.start, crop.shape[1], crop.shape[0]
            found.append(FoundDigit(box, 0, 1, np.pad(crop, 1), 1, 1))
    return sorted(found, key=lambda each: each.box[0])


def _judged(
    found: list[FoundDigit], written: Written, names: NDArray[np.str_], rng: Generator
) -> Judged:
    views, labels = [], []
    for inks in inks_of(found):
        line = cut_line(inks)
        parts = parts_of(line, range(len(inks)))
        # The line may have been shrunk.
        factor = inks[0].factor
        owners = written.owners[factor // 2 :: factor, factor // 2 :: factor]
        totals = np.bincount(owners.ravel(), minlength=len(names) + 1)[1:]
        sorts = np.array([_name_of(part, owners, totals, names) for part in parts] or [""])
        kept = _some_of_each(sorts, rng)
        views.append(views_of(line, [parts[number] for number in kept]))
        labels.append(sorts[kept])
    if not views:
        return Judged(np.zeros((0, 32, 32, 3), np.uint8), np.zeros(0, str))
    return Judged(np.concatenate(views), np.concatenate(labels))


def _some_of_each(found: NDArray[np.str_], rng: Generator) -> list[int]:
    kept: list[int] = []
    sorts = np.array([_sort_of(name) for name in found])
    for sort, most in MOST.items():
        numbers = rng.permutation(np.flatnonzero(sorts == sort))
        kept += numbers[:most].tolist()
    return kept


def _sort_of(name: str) -> str:
    return (DIGIT, PAIR)[len(name) - 1] if name.isdigit() else name


def _name_of(
    part: Part,
    owners: NDArray[np.uint8],
    totals: NDArray[np.int64],
    names: NDArray[np.str_],
) -> str:
    """Say what a part is; nothing if it is neither one thing nor the other."""
    ink = part.crop > INK_THRESHOLD
    height, width = ink.shape
    place = owners[part.top : part.top + height, part.left : part.left + width]
    counts = np.bincount(place[ink[: place.shape[0], : place.shape[1]]], minlength=len(names) + 1)
    nobodys, counts = int(counts[0]), counts[1:]
    # Edges of strokes are nobody's, too.
    if nobodys > 0.7 * ink.sum():
        return OTHER
    covered = counts / np.maximum(totals, 1)
    order = np.argsort(-covered, kind="stable")
    n_most = int(np.count_nonzero(covered >= MIN_OF_EACH))
    own = order[: max(n_most, 1)]
    others = 1 - counts[own].sum() / max(counts.sum(), 1)
    is_clean = others <= MAX_OF_OTHERS and covered[own].min() >= MIN_OF_DIGIT
    if n_most > 2 or (n_most == 2 and OTHER in names[own]):
        return SEVERAL
    if n_most == 2:
        return "".join(names[np.sort(own)]) if is_clean else SEVERAL
    if others > MAX_OF_OTHERS:
        return ""
    if names[own[0]] == OTHER:
        return OTHER
    if is_clean:
        return str(names[own[0]])
    return PIECE if covered[own[0]] < MAX_OF_PIECE else ""
