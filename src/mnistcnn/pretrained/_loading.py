"""Loads a pretrained network that comes with the package."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from mnistcnn.classifier import DigitCNNClassifier
from mnistcnn.pretrained._files import read_network, stored_names

__all__ = ["load_pretrained"]

# `scripts/train_pretrained.py` prints them. Each covers its weights too.
DIGESTS = {
    "digits": "250ce7d3adb90ef5f7f3fbee08f5172936d906b7d9c6e7726f0d89e7631fdabb",
    "parts": "145ecc1263852ac1de5a5a3a1a2231417693154b9b81b0f27c8c9b2798cd8934",
}


def load_pretrained(name: str = "digits") -> DigitCNNClassifier:
    """Load a pretrained classifier of handwritten digits; this needs no internet connection.

    The classifier named ``"digits"`` was trained on MNIST's 60,000 training images, on the same
    digits redrawn with other pens, and on images that are not digits, about which it is unsure. Its
    probabilities are calibrated. It is a `mnistcnn.architectures.MultiColumn` of two
    `mnistcnn.architectures.Accurate`, one of them wider. The model card in the user guide gives the
    data, the test error and the limits.

    Parameters
    ----------
    name : {"digits", "parts"}, default="digits"
        The name of the classifier. ``"parts"`` is for `mnistcnn.DigitReader`: its classes are
        ``"0"`` to ``"9"``, ``"00"`` to ``"99"`` for pairs that touch, ``"piece"``, ``"several"``
        and ``"other"``. Its images are arrays of shape (32, 32, 3), which show a part of a line of
        writing alone, its immediate neighborhood, and a wider one.

    Returns
    -------
    classifier : DigitCNNClassifier
        A fitted classifier. ``"digits"`` has `classes_` 0 to 9, for images in MNIST's form: 28x28
        pixels, with light ink up to 255 on a background of 0. `mnistcnn.DigitNormalizer` brings
        other images to that form. Both classifiers compute in float32, so that they predict alike
        on every machine.

    Raises
    ------
    ValueError
        If the name is unknown.
    UnreadableModelError
        If the file in the package is damaged or was changed. It is checked against its SHA-256, and
        no code in it is executed.

    See Also
    --------
    mnistcnn.DigitNormalizer : Brings any image of a digit to MNIST's form.
    mnistcnn.RejectingClassifier : Rejects images that are not digits.

    Notes
    -----
    ``clone(load_pretrained())`` is an unfitted classifier with the same parameters. Its `fit`
    trains both columns together, whereas those of the package were trained one by one. To continue
    training on your own images, which need not show all digits, set ``warm_start=True``, few
    `epochs` and a low `learning_rate` before `fit`. The batch normalization is then frozen, because
    a few images of a few digits would distort the moving averages; that of a clone is not frozen.

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
    loaded: Any = read_network(folder, name, expected)
    classifier: DigitCNNClassifier = loaded
    return classifier
