"""Several networks in parallel, combined into one."""

from mnistcnn.architectures._base import Architecture, Published, RegisteredArchitecture
from mnistcnn.architectures._layers import Tensor

Column = str | Architecture


class MultiColumn(RegisteredArchitecture):
    """Several networks in parallel, whose logits are averaged.

    Networks that make different mistakes make fewer together than any one of them alone, at the
    cost of the time for all of them [1]_. A multi-column network [2]_ is such an ensemble. In that
    paper each column is trained separately; here the columns are one network, so that `fit` trains
    all of them together, with the loss of the averaged logits.

    Parameters
    ----------
    columns : tuple of (str or Architecture), default=("fast", "fast", "fast")
        Names or objects of architectures, of the same or of different kinds, but not functions.
        Each column starts from its own weights. In a search, the candidates are whole tuples of
        columns.

    Attributes
    ----------
    learning_rate : float
        The lowest learning rate of the columns.
    adam_betas : tuple of (float, float)
        The decay rates of the column with that learning rate.

    References
    ----------
    .. [1] L. K. Hansen and P. Salamon, "Neural Network Ensembles", IEEE Transactions on Pattern
       Analysis and Machine Intelligence 12(10), 1990.
    .. [2] D. Ciresan, U. Meier and J. Schmidhuber, "Multi-column Deep Neural Networks for Image
       Classification", arXiv:1202.2745, 2012.

    Examples
    --------
    >>> from mnistcnn.architectures import MultiColumn, Simple
    >>> two_columns = MultiColumn(("fast", Simple(filters=16)))
    >>> two_columns.minimum_image_size, two_columns.learning_rate
    (6, 0.001)
    >>> two_columns.build((28, 28, 1), 10).count_params()
    444036
    """

    name = "multi_column"
    published = Published(
        n_parameters=441_870,
        layers="3 of `fast` side by side, logits averaged; any others by `columns`",
        source="Ciresan et al. 2012",
        reported="error 0.23 %, with 35 columns of other layers",
    )
    _parameter_constraints = {"columns": [tuple, list]}

    def __init__(self, columns: tuple[Column, ...] = ("fast", "fast", "fast")):
        self.columns = columns

    @property
    def learning_rate(self) -> float:  # type: ignore[override]
        """A good learning rate for Adam."""
        return self._slowest.learning_rate

    @property
    def adam_betas(self) -> tuple[float, float]:  # type: ignore[override]
        """Decay rates of Adam's two moments that go with `learning_rate`."""
        return self._slowest.adam_betas

    @property
    def minimum_image_size(self) -> int:
        """Smallest height and width, in pixels, that all columns accept."""
        return max(column.minimum_image_size for column in self._architectures())

    def _validate_params(self) -> None:
        super()._validate_params()
        for column in self._architectures():
            column._validate_params()

    @property
    def _slowest(self) -> Architecture:
        return min(self._architectures(), key=lambda column: column.learning_rate)

    def _architectures(self) -> list[Architecture]:
        # The registry holds this class too.
        from mnistcnn.architectures import get_architecture

        columns = self.columns
        if not (isinstance(columns, tuple | list) and columns and all(map(_is_column, columns))):
            raise ValueError(
                "The 'columns' parameter of MultiColumn must be a tuple of one or more names or "
                f"objects of architectures. Got {columns!r} instead."
            )
        return [get_architecture(each) if isinstance(each, str) else each for each in columns]

    def _features(self, image: Tensor) -> Tensor:
        # Each column looks at the image itself.
        return image

    def _logits(self, features: Tensor, n_classes: int) -> Tensor:
        from keras import layers

        of_columns = [
            _numbered(number, column, features, n_classes)
            for number, column in enumerate(self._architectures(), start=1)
        ]
        return layers.Average(dtype="float32", name="logits")(of_columns)


def _is_column(column: object) -> bool:
    return isinstance(column, Column)


def _numbered(number: int, column: Architecture, image: Tensor, n_classes: int) -> Tensor:
    """Build a column and apply it; Keras wants the parts of a model to have different names."""
    import keras

    height, width, channels = image.shape[1:]
    network = column.build((height, width, channels), n_classes)
    return keras.Model(network.input, network.output, name=f"{column.name}_{number}")(image)
