"""Loads a reader with the networks that come with the package."""

import numpy as np

from mnistcnn._types import Classifier
from mnistcnn.reading._label_text import text_of_label
from mnistcnn.reading._reader import DigitReader

__all__ = ["load_reader"]


def load_reader(classifier: Classifier | None = None) -> DigitReader:
    """Load a reader of handwritten digits with the pretrained networks.

    Parameters
    ----------
    classifier : classifier or None, default=None
        The classifier of digits, fitted as `DigitReader` requires. None means the classifier of
        :func:`load_pretrained`.

    Returns
    -------
    reader : DigitReader
        A reader with a `DigitNormalizer` and, unless `classifier` has other labels than the digits,
        the pretrained classifier of parts.

    Notes
    -----
    Labels from 0 to 9 are taken for digits. Where they number something else, such as the letters
    A to J, the classifier of parts, which knows digits, must not judge them:
    ``load_reader(classifier).set_params(part_classifier=None)``, which is
    ``DigitReader(classifier)``, leaves it out.

    See Also
    --------
    DigitReader : Reads with your own classifiers.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn import load_reader
    >>> drawing = np.full((200, 300), 255, dtype=np.uint8)
    >>> drawing[40:160, 70:80] = 0
    >>> load_reader().read([drawing])[0].text
    '1'
    """
    # Keras is loaded with it.
    from mnistcnn.pretrained import load_pretrained

    parts = load_pretrained("parts")
    if classifier is None:
        return DigitReader(load_pretrained(), part_classifier=parts)
    # A number of two digits may stand for a letter, and is a pair to the classifier of parts.
    classes = np.asarray(getattr(classifier, "classes_", ()))
    labels = map(text_of_label, classes.tolist())
    are_digits = set(labels) <= set("0123456789")
    return DigitReader(classifier, part_classifier=parts if are_digits else None)
