"""Builds, trains, runs and stores networks: the layer between the estimator and Keras.

No user input is validated here and no label is known here: targets are the integers 0 to
``n_classes - 1``, images are rows of ``uint8`` or ``float32`` pixels.
"""

from mnistcnn._keras_start import load_keras

load_keras()
