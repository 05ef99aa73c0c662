"""Computes how far an image shrinks on its way through a network, without Keras."""

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


class TracedImage(NamedTuple):
    """An image of no pixels, that the functions of `_layers` take in place of a Keras tensor.

    Attributes
    ----------
    windows : tuple of Window, default=()
        The windows that were applied to it, in order.
    shape : tuple of int, default=(1, 1, 1, 1)
        That of the smallest image there is.

    Examples
    --------
    >>> TracedImage().through(Window(5)).through(POOLING).smallest_input
    6
    """

    windows: tuple[Window, ...] = ()
    shape: tuple[int, ...] = (1, 1, 1, 1)

    @property
    def smallest_input(self) -> int:
        """Smallest side, in pixels, of which one pixel is left."""
        size = 1
        for window in reversed(self.windows):
            size = window.smallest_input(size)
        return size

    def through(self, window: Window) -> "TracedImage":
        """Return the image after one more window."""
        return TracedImage((*self.windows, window))
