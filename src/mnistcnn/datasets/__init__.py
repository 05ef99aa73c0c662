"""Digits to learn from: bundled ones, MNIST, and the files that people have them in."""

from mnistcnn.datasets._sample_digits import load_sample_digits

__all__ = ["load_sample_digits"]
