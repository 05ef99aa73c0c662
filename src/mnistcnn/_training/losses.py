"""The loss: cross-entropy of integer targets, with or without label smoothing."""

from typing import Any

import keras

from mnistcnn._training.stored_as_keras import StoredAsKeras
from mnistcnn._training.tensors import Tensor


@keras.saving.register_keras_serializable(package="mnistcnn")
class SmoothedSparseCrossentropy(StoredAsKeras, keras.losses.Loss):  # type: ignore[misc]
    """Cross-entropy of integer targets whose one-hot form is smoothed.

    Keras smooths only one-hot targets; these are made inside the graph, so that the data keep one
    integer an image. Label smoothing: Szegedy et al. 2016, "Rethinking the Inception
    Architecture for Computer Vision".

    A file of Keras's holds it without the smoothing.
    """

    stored_as = keras.losses.SparseCategoricalCrossentropy

    def __init__(
        self,
        label_smoothing: float,
        *,
        from_logits: bool,
        name: str = "crossentropy",
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.label_smoothing = label_smoothing
        self.from_logits = from_logits

    def call(self, y_true: Tensor, y_pred: Tensor) -> Any:
        """Return one loss per image."""
        # Keras casts targets to the dtype of the loss.
        indices = keras.ops.cast(keras.ops.reshape(y_true, (-1,)), "int32")
        targets = keras.ops.one_hot(indices, y_pred.shape[-1], dtype=y_pred.dtype)
        return keras.losses.categorical_crossentropy(
            targets, y_pred, from_logits=self.from_logits, label_smoothing=self.label_smoothing
        )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor of Keras's class."""
        return {**super().get_config(), "from_logits": self.from_logits}


def crossentropy(label_smoothing: float, *, from_logits: bool) -> keras.losses.Loss:
    """Return the loss that a network with such scores is trained on."""
    if label_smoothing:
        return SmoothedSparseCrossentropy(label_smoothing, from_logits=from_logits)
    return keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits)
