"""Pretrained networks that come with the package.

A name is imported at its first use: what onnxruntime computes takes neither Keras nor TensorFlow.
"""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
