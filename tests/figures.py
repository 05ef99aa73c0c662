"""What is to be drawn, and what is drawn of it."""

import numpy as np

HISTORY = {
    "loss": [0.9, 0.4, 0.2],
    "accuracy": [0.7, 0.9, 0.95],
    "val_loss": [0.8, 0.5, 0.4],
    "learning_rate": [0.1, 0.1, 0.01],
}


def some_images(n=6, shape=(5, 4)):
    """Return noise."""
    return np.random.default_rng(0).integers(0, 256, (n, *shape), dtype=np.uint8)


def image_in(cell):
    """Return the pixels in the axes of one image."""
    [image] = cell.get_images()
    return np.asarray(image.get_array())


def titles_of(display):
    """Return what stands above the images of a grid."""
    return [cell.get_title() for cell in display.axes_.ravel() if cell is not None]
