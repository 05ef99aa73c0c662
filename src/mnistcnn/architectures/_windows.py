"""How far an image shrinks on its way through a network, without Keras."""

from collections.abc import Sequence
from typing import NamedTuple


class Window(NamedTuple):
    """The window that a convolution or a pooling layer slides over an image.

    Attributes
    ----------
    size : int
        Side in pixels.
    stride : int, default=1
        Pixels from one position to the next.
    padding : {"valid", "same"}, default="valid"
        Whether the window stays inside the image or the image is padded with zeros.
    """

    size: int
    stride: int = 1
    padding: str = "valid"

    def smallest_input(self, output_size: int) -> int:
        """Return the smallest side, in pixels, that gives an output of `output_size`."""
        inside = 1 if self.padding == "same" else self.size
        return (output_size - 1) * self.stride + inside


HALVING = Window(2, stride=2)


def smallest_input(windows: Sequence[Window]) -> int:
    """Return the smallest side, in pixels, that leaves one pixel after all windows.

    Examples
    --------
    >>> smallest_input([Window(5), HALVING])
    6
    """
    size = 1
    for window in reversed(windows):
        size = window.smallest_input(size)
    return size
