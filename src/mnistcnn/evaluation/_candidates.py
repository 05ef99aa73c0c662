"""From what a caller names as architectures to labels and objects that can build networks."""

from collections.abc import Iterable, Mapping
from typing import Any

from mnistcnn._training.global_state import isolated_building
from mnistcnn.architectures import get_architecture, list_architectures


def labelled_architectures(architectures: Any) -> dict[str, Any]:
    """Return label to architecture, every name already replaced by an object.

    Raises
    ------
    ValueError
        If there is none, if two have the same label, or if a name is not registered.
    """
    if isinstance(architectures, Mapping):
        pairs = [(str(label), _resolved(value)) for label, value in architectures.items()]
    else:
        pairs = [(_label(value), _resolved(value)) for value in _listed(architectures)]
    for _, value in pairs:
        if not (hasattr(value, "build") or callable(value)):
            raise ValueError(
                f"architectures must hold names, Architecture objects or callables, got {value!r}."
            )
    _check_labels([label for label, _ in pairs], architectures)
    return dict(pairs)


def _listed(architectures: Any) -> list[Any]:
    if isinstance(architectures, str):
        return list_architectures() if architectures == "all" else [architectures]
    return list(architectures) if isinstance(architectures, Iterable) else [architectures]


def _resolved(architecture: Any) -> Any:
    return get_architecture(architecture) if isinstance(architecture, str) else architecture


def _label(architecture: Any) -> str:
    if isinstance(architecture, str):
        return architecture
    if hasattr(architecture, "build"):
        # Long ones come in several lines.
        return " ".join(repr(architecture).split())
    return getattr(architecture, "__name__", repr(architecture))


def _check_labels(labels: list[str], architectures: Any) -> None:
    if not labels:
        raise ValueError(
            "architectures must hold at least one name, Architecture or callable, got "
            f"{architectures!r}."
        )
    repeated = sorted({label for label in labels if labels.count(label) > 1})
    if repeated:
        raise ValueError(
            f"architectures must have different labels, got {', '.join(repeated)} more than once; "
            "hand over a dict of label to architecture."
        )


def count_parameters(architecture: Any, image_shape: tuple[int, int, int], n_classes: int) -> int:
    """Return how many parameters the network for these images has, trained or not.

    Parameters
    ----------
    architecture : Architecture or callable
        As the classifier takes it.
    image_shape : tuple of 3 int
        Height, width and channels.
    n_classes : int
        The width of the output.
    """
    build = getattr(architecture, "build", architecture)
    with isolated_building(0, "float32"):
        model = build(image_shape, n_classes)
    if not hasattr(model, "count_params"):
        raise ValueError(
            "architectures must build a keras.Model when called with (input_shape, n_classes), got "
            f"{type(model).__name__} from {architecture!r}."
        )
    return int(model.count_params())
