"""Finds the architecture that built a fitted network: `architecture` may have been set since."""

from typing import TYPE_CHECKING, Any

from mnistcnn._training.building import build_network
from mnistcnn._training.description import text_of_config
from mnistcnn._training.network import Network
from mnistcnn.classifier._training_config import resolve_architecture
from mnistcnn.classifier._types import ArchitectureLike

if TYPE_CHECKING:
    from mnistcnn.classifier._estimator import DigitCNNClassifier

__all__ = ["architecture_of_fit", "builds", "architecture_built_by"]


def architecture_built_by(network: Network) -> Any | None:
    """Return the architecture or the function that built a network; None where it is not stored."""
    owner = getattr(network.build, "__self__", None)
    return owner if hasattr(owner, "build") else network.build


def builds(architecture: ArchitectureLike, network: Network) -> bool:
    """Tell whether an architecture builds the layers of a network, whatever their weights."""
    try:
        resolved = resolve_architecture(architecture)
        other = build_network(
            getattr(resolved, "build", resolved),
            network.image_shape,
            network.model.output_shape[-1],
            precision=network.precision,
            seed=0,
        )
        # Frozen layers are still the same architecture.
        other.assign_trainability(network.trainability())
    except Exception:  # a function of the user's own can fail in any way
        return False
    return text_of_config(other.model) == text_of_config(network.model)


def architecture_of_fit(classifier: "DigitCNNClassifier") -> Any | None:
    """Return the architecture of a fitted network; None where it cannot be told.

    Examples
    --------
    >>> from mnistcnn import load_pretrained
    >>> from mnistcnn.classifier import architecture_of_fit
    >>> type(architecture_of_fit(load_pretrained().set_params(architecture="simple"))).__name__
    'MultiColumn'
    """
    network = classifier._network
    known = architecture_built_by(network)
    if known is None and builds(classifier.architecture, network):
        return classifier.architecture
    return known
