"""How the networks of one comparison are trained."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Training:
    """What all peers of one comparison have in common.

    Parameters
    ----------
    architecture : str
        A name from `mnistcnn.list_architectures`.
    epochs : int
        Passes over the training images.
    batch_size : int, default=128
        Images per update (mini-batch size).
    learning_rate : float, default=0.001
        Adam's learning rate, which stays constant.
    precision : str, default="float32"
        What our hidden layers compute in; the peers compute in float32.
    augmentation : str or None, default=None
        Ours; the peers have none.
    """

    architecture: str
    epochs: int
    batch_size: int = 128
    learning_rate: float = 0.001
    precision: str = "float32"
    augmentation: str | None = None
