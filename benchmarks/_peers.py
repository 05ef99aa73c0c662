"""Every way to train that is measured, as something with `fit` and `predict`.

All Keras peers train the library's own architecture, with the same optimizer, rate, batches and
epochs. Frameworks are imported where they are used, so that each process holds those of its own.
"""

import os
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.util import find_spec
from shutil import which
from typing import Any

from benchmarks._data import FORMS, Pixels
from benchmarks._settings import Training


@dataclass(frozen=True)
class Peer:
    """One way to train.

    Parameters
    ----------
    make : callable
        Returns an unfitted estimator, from a `Training` and a seed.
    form : str
        The form of `benchmarks._data.FORMS` in which people hand it images.
    packages : tuple of str, default=()
        What must be installed beside the library.
    backend : str or None, default=None
        The only Keras backend that it runs on.
    """

    make: Callable[[Training, int], Any]
    form: str
    packages: tuple[str, ...] = ()
    backend: str | None = None

    def reason_for_absence(self) -> str | None:
        """Return why it cannot be measured here, or None if it can."""
        return reason_against_packages(self.packages) or reason_against_backend(self.backend)

    def convert(self, X: Pixels) -> Pixels:
        """Return `uint8` images in the form that it takes."""
        return FORMS[self.form](X)


def reason_against_packages(packages: tuple[str, ...]) -> str | None:
    """Return why what needs packages cannot be measured, or None if they are here."""
    absent = (f"{package} is not installed" for package in packages if find_spec(package) is None)
    return next(absent, None)


def reason_against_programs(programs: tuple[str, ...]) -> str | None:
    """Return why what calls programs cannot be measured, or None if they are here."""
    absent = (f"{program} is not installed" for program in programs if which(program) is None)
    return next(absent, None)


def reason_against_backend(wanted: str | None) -> str | None:
    """Return why what runs on one Keras backend only cannot be measured, or None if it can."""
    is_wanted = wanted in (None, os.environ.get("KERAS_BACKEND", "tensorflow"))
    return None if is_wanted else f"runs on {wanted} only"


def network(
    architecture: str, image_shape: tuple[int, int, int], first_layers: list[Any], **settings: Any
) -> Any:
    """Return a Keras model from some first layers to softmax, as people write it."""
    import keras

    from mnistcnn import get_architecture

    body = get_architecture(architecture).set_params(**settings).build(image_shape, 10)
    return keras.Sequential([*first_layers, body, keras.layers.Softmax()])


def compiled(model: Any, learning_rate: float, loss: str) -> Any:
    """Compile a Keras model as people write it, and return it."""
    import keras

    model.compile(keras.optimizers.Adam(learning_rate), loss=loss, metrics=["accuracy"])
    return model


class KerasNetwork:
    """Keras's own `fit` and `predict` on arrays: floats, or `uint8` scaled inside the network."""

    def __init__(self, training: Training) -> None:
        self.training = training

    def fit(self, X: Pixels, y: Pixels) -> "KerasNetwork":
        """Build, compile and train a model."""
        import keras

        image_shape = X.shape[1:]
        layers = [keras.Input(image_shape, dtype=X.dtype.name)]
        if X.dtype.name == "uint8":
            layers.append(keras.layers.Rescaling(1 / 255))
        model = network(self.training.architecture, image_shape, layers)
        rate, loss = self.training.learning_rate, "sparse_categorical_crossentropy"
        self.model = compiled(model, rate, loss)
        epochs, batch_size = self.training.epochs, self.training.batch_size
        self.model.fit(X, y, epochs=epochs, batch_size=batch_size, verbose=0)
        return self

    def predict(self, X: Pixels) -> Pixels:
        """Return the most probable digit of each image."""
        digits: Pixels = self.model.predict(X, verbose=0).argmax(axis=1)
        return digits


def scikeras_network(
    meta: dict[str, Any], architecture: str, dense_units: int | None = None
) -> Any:
    """Return the model that scikeras compiles and trains."""
    import keras

    settings = {} if dense_units is None else {"dense_units": dense_units}

    image_shape = meta["X_shape_"][1:]
    return network(architecture, image_shape, [keras.Input(image_shape)], **settings)


def wrapped_network(
    X: Pixels, y: Pixels, architecture: str, learning_rate: float, **settings: Any
) -> Any:
    """Return the compiled model that Keras's wrapper trains: on flat rows, it takes no images."""
    import keras

    del y
    side = round(X.shape[1] ** 0.5)
    image_shape = (side, side, 1)
    layers = [keras.Input(X.shape[1:]), keras.layers.Reshape(image_shape)]
    model = network(architecture, image_shape, layers, **settings)
    return compiled(model, learning_rate, "categorical_crossentropy")


def _ours(training: Training, seed: int) -> Any:
    from mnistcnn import DigitCNNClassifier

    return DigitCNNClassifier(
        training.architecture,
        epochs=training.epochs,
        batch_size=training.batch_size,
        learning_rate=training.learning_rate,
        lr_schedule="constant",
        precision=training.precision,
        augmentation=training.augmentation,
        random_state=seed,
    )


def _keras(training: Training, seed: int) -> Any:
    import keras

    keras.utils.set_random_seed(seed)
    return KerasNetwork(training)


def _scikeras(training: Training, seed: int) -> Any:
    import keras
    from scikeras.wrappers import KerasClassifier

    # Its own `random_state` makes all ops of TensorFlow deterministic, and slower.
    keras.utils.set_random_seed(seed)
    return KerasClassifier(
        scikeras_network,
        model__architecture=training.architecture,
        loss="sparse_categorical_crossentropy",
        optimizer="adam",
        optimizer__learning_rate=training.learning_rate,
        metrics=["accuracy"],
        epochs=training.epochs,
        batch_size=training.batch_size,
        verbose=0,
    )


def _keras_wrapper(training: Training, seed: int) -> Any:
    import keras
    from keras.wrappers import SKLearnClassifier

    class Silent(SKLearnClassifier):
        """Without the bars that Keras's wrapper prints in `predict`, whatever it is told."""

        def predict(self, X: Pixels) -> Pixels:
            with open(os.devnull, "w", encoding="utf8") as nowhere, redirect_stdout(nowhere):
                digits: Pixels = super().predict(X).ravel()
            return digits

    keras.utils.set_random_seed(seed)
    settings = {"architecture": training.architecture, "learning_rate": training.learning_rate}
    how = {"epochs": training.epochs, "batch_size": training.batch_size, "verbose": 0}
    return Silent(wrapped_network, model_kwargs=settings, fit_kwargs=how)


def _skorch(training: Training, seed: int) -> Any:
    import torch
    from skorch import NeuralNetClassifier

    from benchmarks._torch_loop import simple_network

    torch.manual_seed(seed)
    return NeuralNetClassifier(
        simple_network,
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=training.learning_rate,
        max_epochs=training.epochs,
        batch_size=training.batch_size,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    )


def _torch_loop(training: Training, seed: int) -> Any:
    from benchmarks._torch_loop import TorchLoop

    return TorchLoop(training, seed)


def _graph_loop(training: Training, seed: int) -> Any:
    from benchmarks._hand_written import GraphLoop

    return GraphLoop(training, seed)


def _pipeline_loop(training: Training, seed: int) -> Any:
    from benchmarks._hand_written import PipelineLoop

    return PipelineLoop(training, seed)


def _svc(training: Training, seed: int) -> Any:  # noqa: ARG001
    from sklearn.svm import SVC

    return SVC(C=5, gamma=0.05)


def _mlp(training: Training, seed: int) -> Any:  # noqa: ARG001
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier(random_state=seed)


def _neighbors(training: Training, seed: int) -> Any:  # noqa: ARG001
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier()


def _trees(training: Training, seed: int) -> Any:  # noqa: ARG001
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(random_state=seed)


PEERS = {
    "ours": Peer(_ours, "uint8 images"),
    "ours, float rows": Peer(_ours, "float rows"),
    "Keras, uint8": Peer(_keras, "uint8 images"),
    "Keras, float32": Peer(_keras, "float images"),
    "scikeras": Peer(_scikeras, "float images", packages=("scikeras",)),
    "keras.wrappers": Peer(_keras_wrapper, "float rows"),
    "skorch": Peer(_skorch, "channels first", packages=("skorch", "torch")),
    "PyTorch loop": Peer(_torch_loop, "channels first", packages=("torch",)),
    "hand-written, gathers in the graph": Peer(_graph_loop, "uint8 images", backend="tensorflow"),
    "hand-written, tf.data": Peer(_pipeline_loop, "uint8 images", backend="tensorflow"),
    "SVC(C=5, gamma=0.05)": Peer(_svc, "float rows"),
    "MLPClassifier": Peer(_mlp, "float rows"),
    "KNeighborsClassifier": Peer(_neighbors, "float rows"),
    "HistGradientBoostingClassifier": Peer(_trees, "float rows"),
}
