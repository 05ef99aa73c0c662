"""Explains predictions: the pixels of an image that they depend on.

It calls estimators, and imports neither Keras nor the code that reads images.
"""

from mnistcnn.inspection._gradient import gradient_saliency, network_and_input, network_within
from mnistcnn.inspection._occlusion import occlusion_saliency
from mnistcnn.inspection._saliency import Saliency

__all__ = [
    "Saliency",
    "gradient_saliency",
    "network_and_input",
    "network_within",
    "occlusion_saliency",
]
