"""Maps the decisive regions of a digit with few predictions, quickly enough for a page."""

import numpy as np
from numpy.typing import NDArray

from mnistcnn._types import Classifier
from mnistcnn.handwriting import normalized_input_for

# In pixels. The patch hides about a stroke's width and what is beside it; it moves by STEP.
PATCH, STEP = 6, 2


def coarse_occlusion(classifier: Classifier, image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return how much the probability of the predicted class falls where a patch hides the image.

    The patch is as black as the background, and moves by two pixels [1]_. All hidden images are
    predicted in one batch, except those in which it hides nothing: at most 145 predictions, so that
    the page responds at once. :func:`mnistcnn.inspection.occlusion_saliency` moves its window pixel
    by pixel and needs 576 predictions, for a finer map than the page shows.

    Parameters
    ----------
    classifier : classifier
        Fitted on rows of pixels in MNIST's form.
    image : ndarray of shape (28, 28), uint8
        A digit in light ink on black.

    Returns
    -------
    ndarray of shape (28, 28), float64
        At each pixel, the fall with the patch around it; it is negative where the probability
        rises.

    References
    ----------
    .. [1] M. D. Zeiler and R. Fergus, "Visualizing and Understanding Convolutional Networks",
       European Conference on Computer Vision, 2014, section 4.2.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn import load_pretrained, load_sample_digits
    >>> from mnistcnn.app._occlusion import coarse_occlusion
    >>> seven = load_sample_digits().images[7]
    >>> falls = coarse_occlusion(load_pretrained(), seven)
    >>> falls.shape, bool(falls.max() > 0)
    ((28, 28), True)
    """
    side = len(image)
    starts = range(0, side - PATCH + 1, STEP)
    hidden = np.repeat(image[np.newaxis], len(starts) ** 2, axis=0)
    places = [(row, column) for row in starts for column in starts]
    for each, (row, column) in zip(hidden, places, strict=True):
        each[row : row + PATCH, column : column + PATCH] = 0
    changed = (hidden != image).any(axis=(1, 2))
    batch = np.concatenate([image[np.newaxis], hidden[changed]])
    given = normalized_input_for(classifier, batch.reshape(len(batch), -1))
    probabilities = classifier.predict_proba(given)
    of_predicted = probabilities[:, probabilities[0].argmax()]
    falls = np.zeros(len(hidden))
    falls[changed] = of_predicted[0] - of_predicted[1:]
    return _enlarged(falls.reshape(len(starts), len(starts)), side)


def _enlarged(grid: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """Give each of the patch's places the pixels in its middle, and the outermost ones the edge."""
    inner = np.kron(grid, np.ones((STEP, STEP)))
    before = (PATCH - STEP) // 2
    return np.pad(inner, (before, side - len(inner) - before), mode="edge")
