"""The networks of An and colleagues: convolutions inside the image, and no pooling at all."""

from typing import Any

from mnistcnn.architectures._base import Architecture
from mnistcnn.architectures._constraints import COUNT, EachCount
from mnistcnn.architectures._layers import convolve, flatten, normalize, rectify, to_logits
from mnistcnn.architectures._windows import Window

# PyTorch's batch normalization, which the networks were published with.
_NORMALIZATION = {"momentum": 0.9, "epsilon": 1e-5}


class _Unpooled(Architecture):
    learning_rate = 3e-3
    _parameter_constraints = {"filters": [EachCount()], "kernel_size": [COUNT]}

    def __init__(self, filters: tuple[int, ...], *, kernel_size: int):
        self.filters = filters
        self.kernel_size = kernel_size

    def _windows(self) -> list[Window]:
        return [Window(self.kernel_size)] * len(self.filters)

    def _features(self, image: Any) -> Any:
        maps = image
        for filters in self.filters:
            maps = convolve(maps, filters, self.kernel_size, use_bias=False, activation=None)
            maps = rectify(normalize(maps, **_NORMALIZATION))
        return flatten(maps)

    def _logits(self, features: Any, n_classes: int) -> Any:
        products = to_logits(features, n_classes, use_bias=False, name="products")
        return normalize(products, dtype="float32", name="logits", **_NORMALIZATION)


class M3(_Unpooled):
    """Ten 3x3 convolutions without pooling.

    Conv32, 48, 64, ..., 176 3x3, each without bias and followed by batch normalization and ReLU;
    Flatten; a last layer without bias, batch normalization: 1,124,180 trainable parameters on
    28x28 images and 10 classes. Published with up to 0.9987 for `M3`, `M5` and `M7` voting together
    and 0.9991 for an ensemble of such ensembles, both selected on MNIST's test set [1]_.

    Parameters
    ----------
    filters : tuple of int, default=(32, 48, 64, 80, 96, 112, 128, 144, 160, 176)
        Filters of the convolutions, one or more.
    kernel_size : int, default=3
        Side of their kernels, in pixels.

    References
    ----------
    .. [1] Sanghyeon An, Minjun Lee, Sanglee Park, Heerin Yang and Jungmin So, "An Ensemble of
       Simple Convolutional Neural Network Models for MNIST Digit Recognition",
       arXiv:2008.10400, 2020.

    Examples
    --------
    >>> from mnistcnn.architectures import M3
    >>> M3(filters=(32, 48, 64)).minimum_image_size
    7
    """

    name = "m3"

    def __init__(
        self,
        filters: tuple[int, ...] = (32, 48, 64, 80, 96, 112, 128, 144, 160, 176),
        *,
        kernel_size: int = 3,
    ):
        super().__init__(filters, kernel_size=kernel_size)


class M5(_Unpooled):
    """Five 5x5 convolutions without pooling.

    Conv32, 64, 96, 128, 160 5x5, each without bias and followed by batch normalization and ReLU;
    Flatten; a last layer without bias, batch normalization: 1,128,180 trainable parameters on
    28x28 images and 10 classes. Published together with `M3` [1]_.

    Parameters
    ----------
    filters : tuple of int, default=(32, 64, 96, 128, 160)
        Filters of the convolutions, one or more.
    kernel_size : int, default=5
        Side of their kernels, in pixels.

    References
    ----------
    .. [1] Sanghyeon An, Minjun Lee, Sanglee Park, Heerin Yang and Jungmin So, "An Ensemble of
       Simple Convolutional Neural Network Models for MNIST Digit Recognition",
       arXiv:2008.10400, 2020.

    Examples
    --------
    >>> from mnistcnn.architectures import M5
    >>> M5().minimum_image_size
    21
    """

    name = "m5"

    def __init__(self, filters: tuple[int, ...] = (32, 64, 96, 128, 160), *, kernel_size: int = 5):
        super().__init__(filters, kernel_size=kernel_size)


class M7(_Unpooled):
    """Four 7x7 convolutions without pooling.

    Conv48, 96, 144, 192 7x7, each without bias and followed by batch normalization and ReLU;
    Flatten; a last layer without bias, batch normalization: 2,291,972 trainable parameters on
    28x28 images and 10 classes. Published together with `M3` [1]_.

    Parameters
    ----------
    filters : tuple of int, default=(48, 96, 144, 192)
        Filters of the convolutions, one or more.
    kernel_size : int, default=7
        Side of their kernels, in pixels.

    References
    ----------
    .. [1] Sanghyeon An, Minjun Lee, Sanglee Park, Heerin Yang and Jungmin So, "An Ensemble of
       Simple Convolutional Neural Network Models for MNIST Digit Recognition",
       arXiv:2008.10400, 2020.

    Examples
    --------
    >>> from mnistcnn.architectures import M7
    >>> M7().minimum_image_size
    25
    """

    name = "m7"

    def __init__(self, filters: tuple[int, ...] = (48, 96, 144, 192), *, kernel_size: int = 7):
        super().__init__(filters, kernel_size=kernel_size)
