"""Finds handwritten digits on sheets, and normalizes them to MNIST's form.

A name is imported at its first use: one image is brought to that form without scikit-learn, which
takes a second to load.
"""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
