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


POOLING = Window(2, stride=2)


def smallest_input(windows: Sequence[Window]) -> int:
    """Return the smallest side, in pixels, that leaves one pixel after all windows.

    Examples
    --------
    >>> smallest_input([Window(5), POOLING])
    6
    """
    size = 1
    for window in reversed(windows):
        size = window.smallest_input(size)
    return size


class TracedImage(NamedTuple):
    """An image of no pixels, that the functions of `_layers` take in place of a Keras tensor.

    Attributes
    ----------
    windows : tuple of Window, default=()
        What has been slid over it, in order.
    shape : tuple of int, default=(1, 1, 1, 1)
        That of the smallest image there is.
    """

    windows: tuple[Window, ...] = ()
    shape: tuple[int, ...] = (1, 1, 1, 1)

    @property
    def smallest_input(self) -> int:
        """Smallest side, in pixels, of which one pixel is left."""
        return smallest_input(self.windows)

    def through(self, window: Window) -> "TracedImage":
        """Return the image after one more window."""
        return TracedImage((*self.windows, window))


def narrowest(branches: Sequence[TracedImage]) -> TracedImage:
    """Return the one of several branches that needs the largest image."""
    return max(branches, key=lambda branch: branch.smallest_input)
