"""Keras CNNs for handwritten digits as scikit-learn estimators.

Importing the package loads nothing heavy: each public name is imported at its first use, from where
the stub beside this file says. How TensorFlow computes has to be chosen before it is imported.
"""

from lazy_loader import attach_stub

from mnistcnn._keras_start import take_onednn

__version__ = "0.1.0"

take_onednn()

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
__all__ += ["__version__"]
