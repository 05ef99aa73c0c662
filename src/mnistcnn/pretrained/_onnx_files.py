"""The packaged networks as ONNX, for programs that start without Keras."""

from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

from mnistcnn._onnxruntime import load_onnxruntime
from mnistcnn.exceptions import UnreadableModelError

if TYPE_CHECKING:
    from mnistcnn.pretrained._onnx_classifier import OnnxClassifier

__all__ = ["load_without_keras"]

# `scripts/export_pretrained.py` prints them.
DIGESTS = {
    "digits": "fae81f76ca3fb8a237be9077f807e84aeb85a31fe27227a667cc636cdadca1b5",
    "parts": "a2dbef27b374883bb11f067f6e5d7166c893abe04d79fa5ee6840879fe86ba2c",
}


def load_without_keras(name: str) -> "OnnxClassifier | None":
    """Load a network of `load_pretrained`'s, which onnxruntime computes; Keras is not loaded.

    Parameters
    ----------
    name : {"digits", "parts"}
        Which one.

    Returns
    -------
    classifier : OnnxClassifier or None
        None where onnxruntime is not installed, or is too old for the file.

    Raises
    ------
    UnreadableModelError
        If the file in the package is damaged or was changed.
    """
    return _loaded(files("mnistcnn.pretrained") / "weights", name)


def _loaded(folder: Traversable, name: str) -> "OnnxClassifier | None":
    try:
        load_onnxruntime()
    except ImportError:
        return None
    from mnistcnn.pretrained._onnx_classifier import OnnxClassifier

    content = (folder / f"{name}.onnx").read_bytes()
    found = sha256(content).hexdigest()
    if found != DIGESTS[name]:
        raise UnreadableModelError(
            f"{name}.onnx has been changed: its SHA-256 must be {DIGESTS[name]}, got {found}. "
            "Install mnistcnn again."
        )
    try:
        return OnnxClassifier(content)
    # The file is as it was written, so this is an onnxruntime that does not know all that is in it.
    except Exception:
        return None
