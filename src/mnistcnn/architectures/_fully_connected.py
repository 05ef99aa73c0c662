"""Networks without convolutions, to compare the CNNs with."""

from mnistcnn.architectures._base import Published, RegisteredArchitecture
from mnistcnn.architectures._constraints import COUNT, EachCount
from mnistcnn.architectures._layers import Tensor, dense, dense_stack, flatten


class Baseline(RegisteredArchitecture):
    """One hidden layer with as many units as a 28x28 image has pixels: the baseline of tutorials.

    Flatten, Dense 784 (ReLU). From a tutorial [1]_.

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
    published = Published(
        n_parameters=623_290,
        layers="Dense 784",
        source="Brownlee 2016",
        reported="error 1.91 % after 10 epochs of Adam, batches of 200",
    )
    _parameter_constraints = {"dense_units": [COUNT]}

    def __init__(self, dense_units: int = 784):
        self.dense_units = dense_units

    def _features(self, image: Tensor) -> Tensor:
        return dense(flatten(image), self.dense_units)


class TwoLayerMLP(RegisteredArchitecture):
    """Two narrow hidden layers: a small multilayer perceptron.

    Flatten, Dense 50, Dense 50 (ReLU). A network from introductory courses, without a single source
    to cite.

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
    published = Published(
        n_parameters=42_310,
        layers="Dense 50, 50",
        source="introductory courses",
        reported="accuracy 0.9699, loss 0.1051 after 10 epochs of Adam, batches of 32",
    )
    _parameter_constraints = {"dense_units": [EachCount(2)]}

    def __init__(self, dense_units: tuple[int, int] = (50, 50)):
        self.dense_units = dense_units

    def _features(self, image: Tensor) -> Tensor:
        return dense_stack(flatten(image), self.dense_units)
