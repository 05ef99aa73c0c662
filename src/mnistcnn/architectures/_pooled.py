"""Small networks of convolutions, each followed by pooling."""

from mnistcnn._scikit_learn import StrOptions
from mnistcnn.architectures._base import Published, RegisteredArchitecture
from mnistcnn.architectures._constraints import COUNT, FRACTION, EachCount
from mnistcnn.architectures._layers import (
    Tensor,
    average_pool,
    convolve,
    convolve_and_max_pool,
    dense,
    dense_stack,
    dropout,
    flatten,
    max_pool,
)

_POOLING = {"average": average_pool, "max": max_pool}


class Simple(RegisteredArchitecture):
    """One convolution and one hidden layer: the first CNN of many tutorials.

    Conv32 5x5, max pooling, dropout 0.2, Flatten, Dense 128 (ReLU). From a tutorial [1]_.

    Parameters
    ----------
    filters : int, default=32
        Filters of the convolution.
    kernel_size : int, default=5
        Side of the convolution's kernel, in pixels.
    dropout : float, default=0.2
        Fraction of the pooled values that is dropped in training.
    dense_units : int, default=128
        Width of the hidden layer.

    References
    ----------
    .. [1] Jason Brownlee, "Handwritten Digit Recognition Using Convolutional Neural Networks in
       Python with Keras", Machine Learning Mastery, 2016.

    Examples
    --------
    >>> from mnistcnn.architectures import Simple
    >>> Simple(kernel_size=3, dropout=0.2)
    Simple(kernel_size=3)
    >>> Simple().minimum_image_size, Simple(kernel_size=3).minimum_image_size
    (6, 4)
    """

    name = "simple"
    published = Published(
        n_parameters=592_074,
        layers="Conv32 5x5, pool, Dense 128",
        source="Brownlee 2016",
        reported="error 1.03 % after 10 epochs of Adam, batches of 200",
    )
    _parameter_constraints = {
        "filters": [COUNT],
        "kernel_size": [COUNT],
        "dropout": [FRACTION],
        "dense_units": [COUNT],
    }

    def __init__(
        self,
        filters: int = 32,
        *,
        kernel_size: int = 5,
        dropout: float = 0.2,
        dense_units: int = 128,
    ):
        self.filters = filters
        self.kernel_size = kernel_size
        self.dropout = dropout
        self.dense_units = dense_units

    def _features(self, image: Tensor) -> Tensor:
        maps = convolve_and_max_pool(image, self.filters, self.kernel_size)
        return dense(flatten(dropout(maps, self.dropout)), self.dense_units)


class Larger(RegisteredArchitecture):
    """Two convolutions and two hidden layers: the larger CNN of many tutorials.

    Conv30 5x5, max pooling, Conv15 3x3, max pooling, dropout 0.2, Flatten, Dense 128, Dense 50
    (ReLU). From a tutorial [1]_.

    Parameters
    ----------
    filters : tuple of int, default=(30, 15)
        Filters of the two convolutions.
    kernel_sizes : tuple of int, default=(5, 3)
        Sides of their kernels, in pixels.
    dropout : float, default=0.2
        Fraction of the pooled values that is dropped in training.
    dense_units : tuple of int, default=(128, 50)
        Widths of the hidden layers, one or more.

    References
    ----------
    .. [1] Jason Brownlee, "Handwritten Digit Recognition Using Convolutional Neural Networks in
       Python with Keras", Machine Learning Mastery, 2016.

    Examples
    --------
    >>> from mnistcnn.architectures import Larger
    >>> Larger().set_params(dense_units=(64,))
    Larger(dense_units=(64,))
    """

    name = "larger"
    published = Published(
        n_parameters=59_933,
        layers="Conv30 5x5, pool, Conv15 3x3, pool, Dense 128, 50",
        source="Brownlee 2016",
        reported="error 0.82 to 0.89 % after 10 epochs of Adam, batches of 200",
    )
    _parameter_constraints = {
        "filters": [EachCount(2)],
        "kernel_sizes": [EachCount(2)],
        "dropout": [FRACTION],
        "dense_units": [EachCount()],
    }

    def __init__(
        self,
        filters: tuple[int, int] = (30, 15),
        *,
        kernel_sizes: tuple[int, int] = (5, 3),
        dropout: float = 0.2,
        dense_units: tuple[int, ...] = (128, 50),
    ):
        self.filters = filters
        self.kernel_sizes = kernel_sizes
        self.dropout = dropout
        self.dense_units = dense_units

    def _features(self, image: Tensor) -> Tensor:
        maps = image
        for filters, kernel_size in zip(self.filters, self.kernel_sizes, strict=True):
            maps = convolve_and_max_pool(maps, filters, kernel_size)
        return dense_stack(flatten(dropout(maps, self.dropout)), self.dense_units)


class ConvNet(RegisteredArchitecture):
    """Keras's own example for MNIST: two convolutions and strong dropout.

    Conv32 3x3, max pooling, Conv64 3x3, max pooling, Flatten, dropout 0.5 (ReLU). From Keras's
    examples [1]_.

    Parameters
    ----------
    filters : tuple of int, default=(32, 64)
        Filters of the two convolutions.
    kernel_size : int, default=3
        Side of their kernels, in pixels.
    dropout : float, default=0.5
        Fraction of the pooled values that is dropped in training.

    References
    ----------
    .. [1] François Chollet, "Simple MNIST convnet", https://keras.io/examples/vision/mnist_convnet/

    Examples
    --------
    >>> from mnistcnn.architectures import ConvNet
    >>> ConvNet(dropout=0.3).get_params()
    {'dropout': 0.3, 'filters': (32, 64), 'kernel_size': 3}
    """

    name = "convnet"
    published = Published(
        n_parameters=34_826,
        layers="Conv32, pool, Conv64, pool, all 3x3",
        source="Chollet, Keras's examples",
        reported="accuracy 0.989, loss 0.0374 after 20 epochs, on a fifth of the images",
    )
    _parameter_constraints = {
        "filters": [EachCount(2)],
        "kernel_size": [COUNT],
        "dropout": [FRACTION],
    }

    def __init__(
        self, filters: tuple[int, int] = (32, 64), *, kernel_size: int = 3, dropout: float = 0.5
    ):
        self.filters = filters
        self.kernel_size = kernel_size
        self.dropout = dropout

    def _features(self, image: Tensor) -> Tensor:
        maps = image
        for filters in self.filters:
            maps = convolve_and_max_pool(maps, filters, self.kernel_size)
        return dropout(flatten(maps), self.dropout)


class Sketchpad(RegisteredArchitecture):
    """Two wide convolutions and one hidden layer, the network behind many drawing pages.

    Conv64 3x3, max pooling, Conv64 3x3, max pooling, Flatten, Dense 128 (ReLU). The layers are
    those of Laurence Moroney's introduction to convolutions [1]_; the reported result is that of a
    page to draw on.

    Parameters
    ----------
    filters : tuple of int, default=(64, 64)
        Filters of the two convolutions.
    kernel_size : int, default=3
        Side of their kernels, in pixels.
    dense_units : int, default=128
        Width of the hidden layer.

    References
    ----------
    .. [1] Laurence Moroney, "Introduction to TensorFlow for Artificial Intelligence, Machine
       Learning, and Deep Learning", DeepLearning.AI, 2019.

    Examples
    --------
    >>> from mnistcnn.architectures import Sketchpad
    >>> Sketchpad().minimum_image_size
    10
    """

    name = "sketchpad"
    published = Published(
        n_parameters=243_786,
        layers="Conv64, pool, Conv64, pool, all 3x3, Dense 128",
        source="Moroney 2019",
        reported="accuracy 0.992, loss 0.0241 by Adam at a rate of 0.001",
    )
    _parameter_constraints = {
        "filters": [EachCount(2)],
        "kernel_size": [COUNT],
        "dense_units": [COUNT],
    }

    def __init__(
        self, filters: tuple[int, int] = (64, 64), *, kernel_size: int = 3, dense_units: int = 128
    ):
        self.filters = filters
        self.kernel_size = kernel_size
        self.dense_units = dense_units

    def _features(self, image: Tensor) -> Tensor:
        maps = image
        for filters in self.filters:
            maps = convolve_and_max_pool(maps, filters, self.kernel_size)
        return dense(flatten(maps), self.dense_units)


class LeNet5(RegisteredArchitecture):
    """LeNet-5, by default with ReLU.

    Conv6 5x5 padded, pooling, Conv16 5x5, pooling, Dense 120, Dense 84. LeCun and colleagues [1]_
    used tanh, trainable pooling and a partly connected second convolution, which this version
    leaves out, as is usual.

    Parameters
    ----------
    filters : tuple of int, default=(6, 16)
        Filters of the two convolutions.
    kernel_size : int, default=5
        Side of their kernels, in pixels.
    dense_units : tuple of int, default=(120, 84)
        Widths of the hidden layers, one or more.
    activation : {"relu", "tanh"}, default="relu"
        Activation of all layers but the last.
    pooling : {"average", "max"}, default="average"
        The kind of pooling: the mean or the maximum of each 2x2 square.

    References
    ----------
    .. [1] Yann LeCun, Léon Bottou, Yoshua Bengio and Patrick Haffner, "Gradient-Based Learning
       Applied to Document Recognition", Proceedings of the IEEE 86(11), 1998.

    Examples
    --------
    >>> from mnistcnn.architectures import LeNet5
    >>> LeNet5(activation="tanh")
    LeNet5(activation='tanh')
    """

    name = "lenet5"
    published = Published(
        n_parameters=61_706,
        layers="Conv6, pool, Conv16, pool, all 5x5, Dense 120, 84",
        source="LeCun et al. 1998",
        reported="error 0.95 %",
    )
    _parameter_constraints = {
        "filters": [EachCount(2)],
        "kernel_size": [COUNT],
        "dense_units": [EachCount()],
        "activation": [StrOptions({"relu", "tanh"})],
        "pooling": [StrOptions(set(_POOLING))],
    }

    def __init__(
        self,
        filters: tuple[int, int] = (6, 16),
        *,
        kernel_size: int = 5,
        dense_units: tuple[int, ...] = (120, 84),
        activation: str = "relu",
        pooling: str = "average",
    ):
        self.filters = filters
        self.kernel_size = kernel_size
        self.dense_units = dense_units
        self.activation = activation
        self.pooling = pooling

    def _features(self, image: Tensor) -> Tensor:
        maps = image
        for filters, padding in zip(self.filters, ("same", "valid"), strict=True):
            maps = convolve(
                maps, filters, self.kernel_size, padding=padding, activation=self.activation
            )
            maps = _POOLING[self.pooling](maps)
        return dense_stack(flatten(maps), self.dense_units, activation=self.activation)
