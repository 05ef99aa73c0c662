"""Finds the separate digits of a sheet: their boxes, their order, and the ink of each."""

from dataclasses import dataclass, field
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from mnistcnn._scikit_learn import StrOptions, validate_params
from mnistcnn.handwriting._background import ink_over_background, shrunk
from mnistcnn.handwriting._components import Boxes, Gray, Labels, Mask, slices_of
from mnistcnn.handwriting._ink_levels import InkLevels, measured_levels
from mnistcnn.handwriting._paper import written_ground_alone
from mnistcnn.handwriting._reading_order import lines_of_text
from mnistcnn.handwriting._segmentation import digits_on, n_digits_in
from mnistcnn.handwriting._sheet_lines import without_rules
from mnistcnn.handwriting._underlines import without_underlines
from mnistcnn.images import ReadableImage, gray_over_white

__all__ = ["FoundDigit", "find_digits"]

# Photographs of more pixels than a square of this side are shrunk: their digits have enough.
MAX_SIDE = 2400
# Less contrast than this, as a fraction of white's, is the paper's own.
MIN_CONTRAST = 0.05
# At an edge of the image, what is narrower than this fraction of it, and so many times as long, is
# no digit but what the paper lies on.
MAX_SLIVER, SLIVER_ASPECT = 0.008, 4
# A rule that ends at the top or bottom edge is so many times as long as it is thick. One from edge
# to edge is longer than the digits, which take less than this fraction of the image's height.
RULE_ASPECT, MAX_DIGIT_HEIGHT = 3, 0.7
# The background is the median in a square of so many cells each way, of which the sheet's shorter
# side has this many.
MEDIAN_WINDOW, CELLS_PER_SIDE = 7, 40
# The empty border of a crop, as a fraction of the digit's longer side, and in pixels.
CROP_MARGIN, MIN_CROP_MARGIN = 0.2, 2


@dataclass(frozen=True)
class FoundDigit:
    """The ink of one digit on a sheet, of several digits that touch, or of something else.

    Attributes
    ----------
    box : tuple of 4 int
        x and y of the upper left corner, width and height, in pixels of the image.
    line : int
        The number of its line of writing, from 0 at the top.
    n_digits : int
        How many digits its size suggests; a single wide digit may look like two.
    crop : ndarray of shape (h, w), dtype uint8
        The digit alone, light ink on black with a border around it, as input for `DigitNormalizer`.
    margin : int
        Width of the border on each side of the crop, in pixels.
    scale : int
        Number of image pixels for each pixel of the crop along a side, more than 1 on large sheets.

    See Also
    --------
    find_digits : Find the digits of a sheet.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn import find_digits
    >>> page = np.full((100, 200), 230, dtype=np.uint8)
    >>> page[30:70, 50:54] = page[30:70, 120:124] = 20
    >>> [(digit.line, digit.touching) for digit in find_digits(page)]
    [(0, False), (0, False)]
    """

    box: tuple[int, int, int, int]
    line: int
    n_digits: int
    crop: NDArray[np.uint8] = field(repr=False, compare=False)
    margin: int = field(default=0, repr=False, compare=False)
    scale: int = field(default=1, repr=False, compare=False)

    @property
    def touching(self) -> bool:
        """Whether its size suggests several digits that touch."""
        return self.n_digits > 1


@validate_params(
    {"polarity": [StrOptions({"auto", "dark_on_light", "light_on_dark"})]},
    prefer_skip_nested_validation=True,
)  # type: ignore[untyped-decorator]
def find_digits(image: ReadableImage, *, polarity: str = "auto") -> list[FoundDigit]:
    """Find the ink of each digit on a scanned, photographed or drawn sheet.

    Uneven light and shadows are evened out. Everything beside the paper, ruled lines, squared
    paper, frames and specks are left out. Strokes of one digit that do not touch, such as the bar
    of a 5, are kept together. This function does not decide whether some ink is one digit, several
    that touch or none: `DigitReader` does, by recognition.

    Parameters
    ----------
    image : array-like, PIL image, str, path-like, bytes, binary file or dict
        The sheet: an array of shape (h, w), (h, w, 3) or (h, w, 4) in any unit, a Pillow image, a
        file, or anything else that `DigitNormalizer` accepts as one image. Fractions of up to 2 are
        taken for values from 0 to 1, and those above 1 for white.
    polarity : {"auto", "dark_on_light", "light_on_dark"}, default="auto"
        Whether ink is darker or lighter than its background; ``"auto"`` detects this.

    Returns
    -------
    list of FoundDigit
        The digits in reading order, lines from the top and each line from the left; empty if there
        is no ink.

    Raises
    ------
    ValueError
        If `image` is not an image, or contains values that are negative or not finite.
    UnreadableImageError
        If a file cannot be read as an image.

    See Also
    --------
    DigitReader : Reads a sheet, including digits that touch.
    DigitNormalizer : Brings the digits found to MNIST's form.
    read_images : Reads image files.

    Notes
    -----
    Letters are found, too; dashes, such as a minus, and dots are left out. Digits should be at
    least about 15 pixels high and the sheet roughly upright; lines of writing may rise or fall by a
    few degrees. Images with more pixels than 2,400 by 2,400 are shrunk for the search by a whole
    factor; boxes are then exact to this number of pixels.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn import find_digits, load_sample_digits
    >>> digits = load_sample_digits().images
    >>> sheet = np.full((100, 140), 255, dtype=np.uint8)
    >>> for digit, (x, y) in zip(digits, [(10, 12), (50, 15), (95, 11), (12, 60), (60, 58)]):
    ...     sheet[y : y + 28, x : x + 28] = np.where(digit > 127, 0, 255)
    >>> found = find_digits(sheet)
    >>> [(digit.box, digit.line) for digit in found[:2]]
    [((19, 18, 11, 18), 0), ((58, 20, 10, 19), 0)]
    >>> [digit.line for digit in found], any(digit.touching for digit in found)
    ([0, 0, 0, 1, 1], False)
    """
    gray = gray_over_white(image)
    factor = max(1, ceil(sqrt(gray.size) / MAX_SIDE))
    sheet = written_ground_alone(shrunk(gray, factor), polarity)
    ink = _levelled(ink_over_background(sheet, polarity, True))
    levels = measured_levels(ink)
    if levels is None or levels.full < MIN_CONTRAST:
        return []
    cleaned = without_underlines(without_rules(ink, levels), levels)
    labels, boxes = digits_on(cleaned, levels)
    lines = lines_of_text(boxes)
    left_out = _slivers_of_what_is_beyond(boxes, ink.shape)
    left_out |= _rests_of_rules(boxes, lines, len(ink))
    return [
        FoundDigit(
            _in_pixels_of(gray.shape, boxes[number], factor),
            line,
            n_digits_in(boxes, number),
            _crop(cleaned, labels, number, boxes[number], levels),
            _margin(boxes[number]),
            factor,
        )
        for line, numbers in enumerate(lines)
        for number in numbers
        if not left_out[number]
    ]


def _slivers_of_what_is_beyond(boxes: Boxes, shape: tuple[int, ...]) -> Mask:
    """Say which boxes lie along an edge of the image, as a desk's does beside the paper."""
    heights, widths = (boxes[:, 2:] - boxes[:, :2]).T
    at_side = (boxes[:, 1] == 0) | (boxes[:, 3] == shape[1])
    at_end = (boxes[:, 0] == 0) | (boxes[:, 2] == shape[0])
    upright = at_side & (widths < MAX_SLIVER * shape[1]) & (heights > SLIVER_ASPECT * widths)
    across = at_end & (heights < MAX_SLIVER * shape[0]) & (widths > SLIVER_ASPECT * heights)
    return np.asarray(upright | across)


def _rests_of_rules(boxes: Boxes, lines: list[list[int]], height: int) -> Mask:
    """Say which boxes are of upright rules: they go on beyond the image, and the digits do not.

    A rest goes from one edge to the other, or from an edge to a digit that it ends at, above or
    below. A 1 that the edge cuts off has digits beside it.
    """
    at_top, at_bottom = boxes[:, 0] == 0, boxes[:, 2] == height
    are_cut = at_top | at_bottom
    are_rests = np.zeros(len(boxes), dtype=bool)
    if are_cut.all():
        return are_rests
    heights, widths = (boxes[:, 2:] - boxes[:, :2]).T
    are_upright = are_cut & (heights > RULE_ASPECT * widths)
    for line in lines:
        are_rests[line] = are_upright[line].all()
    if np.median(heights[~are_cut]) < MAX_DIGIT_HEIGHT * height:
        are_rests |= are_upright & at_top & at_bottom
    return are_rests


def _levelled(ink: Gray) -> Gray:
    """Bring the background to 0 in the far corners of a large sheet, too."""
    levels = measured_levels(ink)
    if levels is None:
        return ink
    cells = shrunk(ink, max(1, min(ink.shape) // CELLS_PER_SIDE))
    background = np.clip(ndimage.median_filter(cells, MEDIAN_WINDOW), -levels.faint, levels.faint)
    height, width = ink.shape
    smooth = Image.fromarray(background).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(ink - np.asarray(smooth), dtype=np.float32)


def _in_pixels_of(shape: tuple[int, ...], box: Boxes, factor: int) -> tuple[int, int, int, int]:
    """Return x, y, width and height in the original image."""
    top, left, bottom, right = (int(side) * factor for side in box)
    bottom, right = min(bottom, shape[0]), min(right, shape[1])
    return left, top, right - left, bottom - top


def _crop(
    ink: Gray, labels: Labels, number: int, box: Boxes, levels: InkLevels
) -> NDArray[np.uint8]:
    place = slices_of(box)
    strength = (ink[place] - levels.floor) / (levels.full - levels.floor)
    alone = np.where(labels[place] == number + 1, np.clip(strength, 0, 1), 0)
    return np.pad(np.rint(255 * alone).astype(np.uint8), _margin(box))


def _margin(box: Boxes) -> int:
    return max(MIN_CROP_MARGIN, round(CROP_MARGIN * int((box[2:] - box[:2]).max())))
