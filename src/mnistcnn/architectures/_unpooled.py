"""The networks of An and colleagues: convolutions inside the image, and no pooling at all."""

from mnistcnn.architectures._base import Published, RegisteredArchitecture
from mnistcnn.architectures._constraints import COUNT, EachCount
from mnistcnn.architectures._layers import Tensor, convolve, flatten, normalize, relu, to_logits

# PyTorch's batch normalization, which the networks were published with.
_NORMALIZATION = {"momentum": 0.9, "epsilon": 1e-5}


class _Unpooled(RegisteredArchitecture):
    learning_rate = 3e-3
    _parameter_constraints = {"filters": [EachCount()], "kernel_size": [COUNT]}

    def __init__(self, filters: tuple[int, ...], *, kernel_size: int):
        self.filters = filters
        self.kernel_size = kernel_size

    def _features(self, image: Tensor) -> Tensor:
        maps = image
        for filters in self.filters:
            maps = convolve(maps, filters, self.kernel_size, use_bias=False, activation=None)
            maps = relu(normalize(maps, **_NORMALIZATION))
        return flatten(maps)

    def _logits(self, features: Tensor, n_classes: int) -> Tensor:
        products = to_logits(features, n_classes, use_bias=False, name="products")
        return normalize(products, dtype="float32", name="logits", **_NORMALIZATION)


class M3(_Unpooled):
    """Ten 3x3 convolutions without pooling.

    Conv32, 48, 64, ..., 176 3x3, each without bias and followed by batch normalization and ReLU;
    Flatten; a last layer without bias, batch normalization. Published [1]_ in ensembles with `M5`
    and `M7`, which were selected on MNIST's test set.

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
    published = Published(
        n_parameters=1_124_180,
        layers="10 Conv 3x3, 32 to 176 filters, no pooling",
        source="An et al. 2020",
        reported="up to 0.9987 for `m3`, `m5`, `m7` together, 0.9991 for several trios",
        only_trainable=True,
    )

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
    Flatten; a last layer without bias, batch normalization. Published together with `M3` [1]_.

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
    published = Published(
        n_parameters=1_128_180,
        layers="5 Conv 5x5, 32 to 160 filters, no pooling",
        source="An et al. 2020",
        reported="with `m3`",
        only_trainable=True,
    )

    def __init__(self, filters: tuple[int, ...] = (32, 64, 96, 128, 160), *, kernel_size: int = 5):
        super().__init__(filters, kernel_size=kernel_size)


class M7(_Unpooled):
    """Four 7x7 convolutions without pooling.

    Conv48, 96, 144, 192 7x7, each without bias and followed by batch normalization and ReLU;
    Flatten; a last layer without bias, batch normalization. Published together with `M3` [1]_.

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
    published = Published(
        n_parameters=2_291_972,
        layers="4 Conv 7x7, 48 to 192 filters, no pooling",
        source="An et al. 2020",
        reported="with `m3`",
        only_trainable=True,
    )

    def __init__(self, filters: tuple[int, ...] = (48, 96, 144, 192), *, kernel_size: int = 7):
        super().__init__(filters, kernel_size=kernel_size)
