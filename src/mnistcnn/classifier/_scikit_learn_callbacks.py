"""scikit-learn's callbacks (experimental, from version 1.9 on), called at each epoch."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import keras

from mnistcnn._scikit_learn import fit_context
from mnistcnn._types import Images, Labels

if TYPE_CHECKING:
    from mnistcnn._scikit_learn import CallbackContext
    from mnistcnn.classifier._estimator import DigitCNNClassifier


def epoch_callbacks(
    estimator: "DigitCNNClassifier",
    X: Images,
    y: Labels,
    fitted_attributes: Callable[[], dict[str, Any]],
) -> list[Any]:
    """Return the Keras callbacks that report each epoch to scikit-learn's, if there are any.

    `fitted_attributes` returns the estimator's, of the network as it is now and with no history.
    """
    context = fit_context(estimator, estimator.epochs)
    if context is None:
        return []
    return [ReportedEpochs(estimator, X, y, context, fitted_attributes)]


def report_without_epochs(
    estimator: "DigitCNNClassifier",
    X: Images,
    y: Labels,
    fitted_attributes: Callable[[], dict[str, Any]],
) -> None:
    """Report a fit that ran no epoch."""
    for report in epoch_callbacks(estimator, X, y, fitted_attributes):
        report.on_train_begin()
        report.on_train_end()


class ReportedEpochs(keras.callbacks.Callback):  # type: ignore[misc]
    """Reports the begin and end of the fit and of each epoch to scikit-learn's context."""

    def __init__(
        self,
        estimator: "DigitCNNClassifier",
        X: Images,
        y: Labels,
        context: "CallbackContext",
        fitted_attributes: Callable[[], dict[str, Any]],
    ) -> None:
        super().__init__()
        self._task = {"estimator": estimator, "X": X, "y": y}
        self._context = context
        self._fitted_attributes = fitted_attributes

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Begin the fit."""
        self._context.call_on_fit_task_begin(**self._task)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Begin an epoch."""
        self._epoch_context = self._context.subcontext(task_name="epoch")
        self._epoch_context.call_on_fit_task_begin(**self._task)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """End an epoch, and the fit if a callback requests it."""
        if self._epoch_context.call_on_fit_task_end(
            **self._task, reconstruction_attributes=self._fitted_attributes
        ):
            self.model.stop_training = True

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """End the fit."""
        self._context.call_on_fit_task_end(
            **self._task, reconstruction_attributes=self._fitted_attributes
        )
