"""Makes a fitted estimator of a network that is stored in the package."""

from importlib.resources import files
from importlib.resources.abc import Traversable

import numpy as np

from mnistcnn.classifier import DigitCNNClassifier, fitted_with_weights
from mnistcnn.pretrained._descriptions import from_description
from mnistcnn.pretrained._files import digest, read_network, stored_names

__all__ = ["load_pretrained"]

# `scripts/train_pretrained.py` prints them. Each covers its weights too.
DIGESTS = {"digits": "f0d02c6713f3b3e9cda23aac38ba885c819d1d3bac199d33ce2e9060a67390db"}

# What every stored network was trained on.
MNIST_PIXELS = (0.0, 255.0)


def load_pretrained(name: str = "digits") -> DigitCNNClassifier:
    """Load a classifier of handwritten digits that is trained already; it needs no network.

    It was trained on MNIST's 60,000 training images, on the same digits drawn anew with other
    pens, and on images of no digit, which it is unsure of. Its probabilities are calibrated. It is
    a `mnistcnn.architectures.MultiColumn` of two `mnistcnn.architectures.Accurate`, one of them
    wider. The model card in the user guide states the data, the test error and the limits.

    Parameters
    ----------
    name : {"digits"}, default="digits"
        Which one.

    Returns
    -------
    classifier : DigitCNNClassifier
        Fitted, with `classes_` 0 to 9, for images in MNIST's form: 28x28 pixels, light ink on 0,
        up to 255. `mnistcnn.DigitNormalizer` brings other images to that form. It computes in
        float32, so that it answers alike on every machine.

    Raises
    ------
    ValueError
        If the name is unknown, or the files in the package are damaged or were changed. The weights
        are checked against their SHA-256 before they are read, and no code in them is executed.

    See Also
    --------
    mnistcnn.DigitNormalizer : Brings any image of a digit to MNIST's form.
    mnistcnn.RejectingClassifier : Rejects what is no digit.

    Notes
    -----
    ``clone(load_pretrained())`` is an untrained classifier of the same kind. Its `fit` trains both
    columns together, where those of the package were trained one by one. To go on training on
    images of your own, which need not show all digits, set ``warm_start=True``, few `epochs` and a
    low `learning_rate` before `fit`. Its batch normalization is frozen then, since a few images of
    a few digits would lead the moving averages astray; that of a clone is not.

    Examples
    --------
    >>> from mnistcnn import load_pretrained, load_sample_digits
    >>> classifier = load_pretrained()
    >>> X, y = load_sample_digits(return_X_y=True)
    >>> classifier.score(X, y) > 0.9
    True
    >>> classifier.classes_
    array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    """
    return _loaded(files("mnistcnn.pretrained") / "weights", name, DIGESTS.get(name))


def _loaded(folder: Traversable, name: str, expected: str | None = None) -> DigitCNNClassifier:
    names = stored_names(folder)
    if name not in names:
        raise ValueError(f"Unknown pretrained model {name!r}; the names are {', '.join(names)}.")
    description, weights = read_network(folder, name)
    if expected not in (None, digest(description)):
        raise ValueError(
            f"The file {name}.json is damaged or has been changed: its SHA-256 must be {expected}, "
            f"got {digest(description)}. Install mnistcnn again."
        )
    architecture = from_description(description.architecture)
    classifier = DigitCNNClassifier(architecture, **description.parameters)
    height, width, channels = description.image_shape
    fitted: DigitCNNClassifier = fitted_with_weights(
        classifier,
        image_shape=(height, width, channels),
        classes=np.array(description.classes, dtype=np.int64),
        weights=weights,
        history=description.history,
        pixel_range=MNIST_PIXELS,
    )
    return fitted
