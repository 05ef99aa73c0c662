"""Deeper networks from Kaggle's Digit Recognizer competition, regularized by dropout."""

from mnistcnn.architectures._base import Published, RegisteredArchitecture
from mnistcnn.architectures._constraints import FRACTION, EachCount
from mnistcnn.architectures._layers import (
    Tensor,
    convolve,
    convolve_and_max_pool,
    dense_stack,
    dropout,
    flatten,
    normalize,
)


class Deep(RegisteredArchitecture):
    """Four padded convolutions and two very wide hidden layers.

    Twice Conv32 5x5, max pooling, dropout; twice Conv64 3x3, max pooling, dropout; Flatten, Dense
    8192, dropout, Dense 2048, dropout (ReLU, dropout 0.5 throughout). From Kaggle's Digit
    Recognizer [1]_; an earlier version used a dropout of 0.25 between the convolutions.

    Parameters
    ----------
    filters : tuple of int, default=(32, 64)
        Filters of the first and of the second pair of convolutions.
    kernel_sizes : tuple of int, default=(5, 3)
        Sides of the kernels in the first and in the second pair, in pixels.
    convolution_dropout : float, default=0.5
        Fraction of the values that is dropped after each pooling in training.
    dense_units : tuple of int, default=(8192, 2048)
        Widths of the hidden layers, one or more.
    dense_dropout : float, default=0.5
        Fraction of the values that is dropped after each hidden layer in training.

    References
    ----------
    .. [1] Greg Surma, "Digit Recognizer - Introduction to Kaggle Competitions with Image
       Classification Task (0.995)", 2018, https://github.com/gsurma/digit_recognizer

    Examples
    --------
    >>> from mnistcnn.architectures import Deep
    >>> Deep(dense_units=(1024, 256)).build((28, 28, 1), 10).count_params()
    3559146
    """

    name = "deep"
    published = Published(
        n_parameters=42_579_946,
        layers="2 Conv32 5x5, pool, 2 Conv64 3x3, pool, Dense 8192, 2048",
        source="Surma 2018",
        reported="accuracy 0.995 on Kaggle after 100 epochs of RMSprop, augmented",
    )
    learning_rate = 5e-4
    _parameter_constraints = {
        "filters": [EachCount(2)],
        "kernel_sizes": [EachCount(2)],
        "convolution_dropout": [FRACTION],
        "dense_units": [EachCount()],
        "dense_dropout": [FRACTION],
    }

    def __init__(
        self,
        filters: tuple[int, int] = (32, 64),
        *,
        kernel_sizes: tuple[int, int] = (5, 3),
        convolution_dropout: float = 0.5,
        dense_units: tuple[int, ...] = (8192, 2048),
        dense_dropout: float = 0.5,
    ):
        self.filters = filters
        self.kernel_sizes = kernel_sizes
        self.convolution_dropout = convolution_dropout
        self.dense_units = dense_units
        self.dense_dropout = dense_dropout

    def _features(self, image: Tensor) -> Tensor:
        maps = image
        for filters, kernel_size in zip(self.filters, self.kernel_sizes, strict=True):
            maps = convolve(maps, filters, kernel_size, padding="same")
            maps = convolve_and_max_pool(maps, filters, kernel_size, padding="same")
            maps = dropout(maps, self.convolution_dropout)
        return dense_stack(flatten(maps), self.dense_units, dropout_rate=self.dense_dropout)


class Deep256(Deep):
    """The convolutions of `Deep` with one hidden layer of 256 units: a fiftieth of its parameters.

    Twice Conv32 5x5, max pooling, dropout 0.25; twice Conv64 3x3, max pooling, dropout 0.25;
    Flatten, Dense 256, dropout 0.5 (ReLU). From Kaggle's digit recognizer [1]_.

    Parameters
    ----------
    filters : tuple of int, default=(32, 64)
        Filters of the first and of the second pair of convolutions.
    kernel_sizes : tuple of int, default=(5, 3)
        Sides of the kernels in the first and in the second pair, in pixels.
    convolution_dropout : float, default=0.25
        Fraction of the values that is dropped after each pooling in training.
    dense_units : tuple of int, default=(256,)
        Widths of the hidden layers, one or more.
    dense_dropout : float, default=0.5
        Fraction of the values that is dropped after each hidden layer in training.

    References
    ----------
    .. [1] Yassine Ghouzam, "Introduction to CNN Keras - 0.997 (top 6%)", Kaggle, 2017.

    Examples
    --------
    >>> from mnistcnn.architectures import Deep256
    >>> Deep256(dense_dropout=0.3)
    Deep256(dense_dropout=0.3)
    """

    name = "deep_256"
    published = Published(
        n_parameters=887_530,
        layers="2 Conv32 5x5, pool, 2 Conv64 3x3, pool, Dense 256",
        source="Ghouzam 2017",
        reported="accuracy 0.9967 on Kaggle after 30 epochs of RMSprop, augmented",
    )
    learning_rate = 1e-3

    def __init__(
        self,
        filters: tuple[int, int] = (32, 64),
        *,
        kernel_sizes: tuple[int, int] = (5, 3),
        convolution_dropout: float = 0.25,
        dense_units: tuple[int, ...] = (256,),
        dense_dropout: float = 0.5,
    ):
        super().__init__(
            filters,
            kernel_sizes=kernel_sizes,
            convolution_dropout=convolution_dropout,
            dense_units=dense_units,
            dense_dropout=dense_dropout,
        )


class Deotte(RegisteredArchitecture):
    """Convolutions with strides instead of pooling, batch normalization after each.

    Conv32 3x3, Conv32 3x3, Conv32 5x5 with stride 2, dropout 0.4; the same with 64 filters;
    Conv128 4x4, Flatten, dropout 0.4 (ReLU, then batch normalization, after each convolution).
    From an ensemble on Kaggle [1]_.

    Parameters
    ----------
    filters : tuple of int, default=(32, 64, 128)
        Filters of the first stage, of the second stage and of the last convolution.
    kernel_sizes : tuple of int, default=(3, 5, 4)
        Sides of the kernels with stride 1, of those with stride 2 and of the last kernel, in
        pixels.
    dropout : float, default=0.4
        Fraction of the values that is dropped after each stage in training.

    References
    ----------
    .. [1] Chris Deotte, "25 Million Images! [0.99757] MNIST", Kaggle, 2018,
       https://github.com/cdeotte/MNIST-CNN-99.75

    Examples
    --------
    >>> from mnistcnn.architectures import Deotte
    >>> Deotte().minimum_image_size
    25
    """

    name = "deotte"
    published = Published(
        n_parameters=327_242,
        layers="2 Conv32 3x3, Conv32 5x5 stride 2, the same with 64, Conv128 4x4",
        source="Deotte 2018",
        reported="mean accuracy 0.99641 of 1,500; 0.99745 for 15 together",
    )
    learning_rate = 3e-3
    _parameter_constraints = {
        "filters": [EachCount(3)],
        "kernel_sizes": [EachCount(3)],
        "dropout": [FRACTION],
    }

    def __init__(
        self,
        filters: tuple[int, int, int] = (32, 64, 128),
        *,
        kernel_sizes: tuple[int, int, int] = (3, 5, 4),
        dropout: float = 0.4,
    ):
        self.filters = filters
        self.kernel_sizes = kernel_sizes
        self.dropout = dropout

    def _features(self, image: Tensor) -> Tensor:
        maps = image
        for filters in self.filters[:2]:
            maps = dropout(self._stage(maps, filters), self.dropout)
        maps = normalize(convolve(maps, self.filters[2], self.kernel_sizes[2]))
        return dropout(flatten(maps), self.dropout)

    def _stage(self, maps: Tensor, filters: int) -> Tensor:
        plain, strided, _ = self.kernel_sizes
        for _ in range(2):
            maps = normalize(convolve(maps, filters, plain))
        return normalize(convolve(maps, filters, strided, strides=2, padding="same"))
