"""Networks without convolutions, to compare the CNNs with."""

from typing import Any

from mnistcnn.architectures._base import Architecture
from mnistcnn.architectures._constraints import COUNT, EachCount
from mnistcnn.architectures._layers import connect, connect_all, flatten


class Baseline(Architecture):
    """One hidden layer as wide as the image has pixels: the baseline of the tutorials.

    Flatten, Dense 784 (ReLU): 623,290 parameters on 28x28 images and 10 classes. Published with
    an error of 1.91 % on MNIST's test set after 10 epochs of Adam [1]_.

    Parameters
    ----------
    dense_units : int, default=784
        Width of the hidden layer.

    References
    ----------
    .. [1] Jason Brownlee, "Handwritten Digit Recognition Using Convolutional Neural Networks in
       Python with Keras", Machine Learning Mastery, 2016.

    Examples
    --------
    >>> from mnistcnn.architectures import Baseline
    >>> Baseline().build((8, 8, 1), 10).count_params()
    58810
    """

    name = "baseline"
    _parameter_constraints = {"dense_units": [COUNT]}

    def __init__(self, dense_units: int = 784):
        self.dense_units = dense_units

    def _features(self, image: Any) -> Any:
        return connect(flatten(image), self.dense_units)


class TwoLayerMLP(Architecture):
    """Two narrow hidden layers: a small multilayer perceptron.

    Flatten, Dense 50, Dense 50 (ReLU): 42,310 parameters on 28x28 images and 10 classes.
    Reported with an accuracy of 0.9699 and a loss of 0.1051 after 10 epochs of Adam in batches
    of 32. A network of introductory courses, without one paper to cite.

    Parameters
    ----------
    dense_units : tuple of int, default=(50, 50)
        Width of each of the two hidden layers.

    Examples
    --------
    >>> from mnistcnn.architectures import TwoLayerMLP
    >>> TwoLayerMLP((100, 50)).get_params()
    {'dense_units': (100, 50)}
    """

    name = "two_layer_mlp"
    _parameter_constraints = {"dense_units": [EachCount(2)]}

    def __init__(self, dense_units: tuple[int, int] = (50, 50)):
        self.dense_units = dense_units

    def _features(self, image: Any) -> Any:
        return connect_all(flatten(image), self.dense_units)
