"""Runs one training, and reports its progress."""

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeAlias

from mnistcnn._types import Array
from mnistcnn.cli._interruption import interruptible
from mnistcnn.cli._progress import Advance, progress, report_of_epoch

if TYPE_CHECKING:
    from mnistcnn import DigitCNNClassifier, DigitEnsembleClassifier

NetworkOrEnsemble: TypeAlias = "DigitCNNClassifier | DigitEnsembleClassifier"
MakeClassifier: TypeAlias = "Callable[[], NetworkOrEnsemble]"

AUGMENTATIONS = ("light", "mnist", "strong", "handwriting")


class Training:
    """One fit and its progress.

    Parameters
    ----------
    n_epochs : int
        Their maximum number.
    n_members : int, default=1
        The number of networks, trained one after another, each for so many epochs.
    """

    def __init__(self, n_epochs: int, n_members: int = 1) -> None:
        self.n_epochs = n_epochs * n_members
        self._of_each = n_epochs
        self.n_done = 0
        self.seconds = 0.0

    def place(self) -> str:
        """Describe the progress, as the end of a sentence."""
        if not self.n_done:
            return "before the first epoch ended"
        return f"after epoch {self.n_done} of {self.n_epochs}"

    def fit(
        self, make: MakeClassifier, X: Array, y: Array, *, quiet: bool, **validation: Array
    ) -> NetworkOrEnsemble:
        """Return a fitted classifier.

        Parameters
        ----------
        make : callable
            Makes the classifier.
        X, y : ndarray
            The training images.
        quiet : bool
            Whether to show no progress.
        **validation : ndarray
            `X_val` and `y_val` of `DigitCNNClassifier.fit`, or nothing.
        """
        with progress(self.n_epochs, "epoch 1", quiet=quiet) as advance:
            return interruptible(lambda: self._fit(make, X, y, advance, validation))

    def _fit(
        self,
        make: MakeClassifier,
        X: Array,
        y: Array,
        advance: Advance,
        validation: dict[str, Array],
    ) -> NetworkOrEnsemble:
        from keras.callbacks import LambdaCallback

        start = perf_counter()

        def note(epoch: int, logs: dict[str, Any]) -> None:
            # A network that has stopped early leaves out what it had left.
            n_before = (self.n_done - epoch + self._of_each - 1) // self._of_each * self._of_each
            self.n_done = n_before + epoch + 1
            seconds_left = (perf_counter() - start) / self.n_done * (self.n_epochs - self.n_done)
            report = report_of_epoch(self.n_done, self.n_epochs, logs, seconds_left)
            advance(report, self.n_done, f"epoch {min(self.n_done + 1, self.n_epochs)}")

        classifier = make()
        for network in networks_of(classifier):
            network.callbacks = [LambdaCallback(on_epoch_end=note)]
        classifier.fit(X, y, **validation)
        self.seconds = perf_counter() - start
        fitted = [network for network in networks_of(classifier) if hasattr(network, "n_iter_")]
        self.n_done = sum(network.n_iter_ for network in fitted)
        # What reports to this terminal does not belong to the model.
        for network in networks_of(classifier):
            network.callbacks, network.callbacks_ = None, []
        return classifier


def networks_of(classifier: NetworkOrEnsemble) -> "list[DigitCNNClassifier]":
    """Return the classifier itself, or of an ensemble its template and its members."""
    if not hasattr(classifier, "estimator"):
        return [classifier]
    return [classifier.estimator, *vars(classifier).get("estimators_", [])]
