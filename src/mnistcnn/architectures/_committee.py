"""Several networks that answer together."""

from typing import Any

from mnistcnn.architectures._base import Architecture

Member = str | Architecture


class Committee(Architecture):
    """Networks side by side, whose logits are averaged.

    Networks that make different mistakes make fewer together than each alone, at the price of the
    time of all [1]_, [2]_. Those papers train each member by itself; here the committee is one
    network, so that `fit` trains all members together, by the loss of the mean. Three of `fast`
    have 441,870 parameters on 28x28 images and 10 classes.

    Parameters
    ----------
    members : tuple of (str or Architecture), default=("fast", "fast", "fast")
        Names or objects of architectures, alike or of different kinds, but no functions. Each
        member begins with weights of its own. A search takes whole tuples of members.

    Attributes
    ----------
    learning_rate : float
        The lowest of the members' rates.
    adam_betas : tuple of (float, float)
        Those of the member with that rate.

    References
    ----------
    .. [1] L. K. Hansen and P. Salamon, "Neural Network Ensembles", IEEE Transactions on Pattern
       Analysis and Machine Intelligence 12(10), 1990.
    .. [2] D. Ciresan, U. Meier and J. Schmidhuber, "Multi-column Deep Neural Networks for Image
       Classification", arXiv:1202.2745, 2012.

    Examples
    --------
    >>> from mnistcnn.architectures import Committee, Simple
    >>> committee = Committee(("fast", Simple(filters=16)))
    >>> committee.minimum_image_size, committee.learning_rate
    (6, 0.001)
    >>> committee.build((28, 28, 1), 10).count_params()
    444036
    """

    name = "committee"
    _parameter_constraints = {"members": [tuple, list]}

    def __init__(self, members: tuple[Member, ...] = ("fast", "fast", "fast")):
        self.members = members

    @property
    def learning_rate(self) -> float:  # type: ignore[override]
        """A good rate for Adam."""
        return self._slowest.learning_rate

    @property
    def adam_betas(self) -> tuple[float, float]:  # type: ignore[override]
        """Decay rates of Adam's two moments that go with `learning_rate`."""
        return self._slowest.adam_betas

    @property
    def minimum_image_size(self) -> int:
        """Smallest height and width, in pixels, that all members accept."""
        return max(member.minimum_image_size for member in self._architectures())

    def _validate_params(self) -> None:
        super()._validate_params()
        for member in self._architectures():
            member._validate_params()

    @property
    def _slowest(self) -> Architecture:
        return min(self._architectures(), key=lambda member: member.learning_rate)

    def _architectures(self) -> list[Architecture]:
        # The registry holds this class too.
        from mnistcnn.architectures import get_architecture

        members = self.members
        if not (isinstance(members, tuple | list) and members and all(map(_is_member, members))):
            raise ValueError(
                "The 'members' parameter of Committee must be a tuple of one or more names or "
                f"objects of architectures. Got {members!r} instead."
            )
        return [get_architecture(each) if isinstance(each, str) else each for each in members]

    def _features(self, image: Any) -> Any:
        # Each member looks at the picture itself.
        return image

    def _logits(self, features: Any, n_classes: int) -> Any:
        from keras import layers

        answers = [
            _numbered(number, member, features, n_classes)
            for number, member in enumerate(self._architectures(), start=1)
        ]
        return layers.Average(dtype="float32", name="logits")(answers)


def _is_member(member: Any) -> bool:
    return isinstance(member, str | Architecture)


def _numbered(number: int, member: Architecture, image: Any, n_classes: int) -> Any:
    """Build a member and apply it; Keras wants the parts of a model to have different names."""
    import keras

    network = member.build(tuple(image.shape[1:]), n_classes)
    return keras.Model(network.input, network.output, name=f"{member.name}_{number}")(image)
