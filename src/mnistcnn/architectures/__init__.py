"""The registered networks: one small parameter object each, and one dict of their names.

A new architecture is a class derived from `Architecture` and its line in `_by_name`'s list below.
Importing this package does not load Keras; `Architecture.build` does.
"""

from difflib import get_close_matches

from sklearn.utils._param_validation import validate_parameter_constraints

from mnistcnn.architectures._base import Architecture
from mnistcnn.architectures._committee import Committee
from mnistcnn.architectures._deep import Deep, Deep256, Deotte
from mnistcnn.architectures._fully_connected import Baseline, TwoLayerMLP
from mnistcnn.architectures._own import Accurate, Fast, Tiny
from mnistcnn.architectures._pooled import ConvNet, Larger, LeNet5, Simple, Sketchpad
from mnistcnn.architectures._squeeze_excite import SqueezeExcite
from mnistcnn.architectures._unpooled import M3, M5, M7

__all__ = [
    "M3",
    "M5",
    "M7",
    "Accurate",
    "Architecture",
    "Baseline",
    "Committee",
    "ConvNet",
    "Deep",
    "Deep256",
    "Deotte",
    "Fast",
    "Larger",
    "LeNet5",
    "Simple",
    "Sketchpad",
    "SqueezeExcite",
    "Tiny",
    "TwoLayerMLP",
    "get_architecture",
    "list_architectures",
]


def _by_name(*architectures: type[Architecture]) -> dict[str, type[Architecture]]:
    registry = {architecture.name: architecture for architecture in architectures}
    if len(registry) < len(architectures):
        names = [architecture.name for architecture in architectures]
        raise ValueError(f"Two architectures have the same name: {', '.join(sorted(names))}.")
    return registry


# How much of two names must agree (difflib's ratio) before one is taken for a slip of the other.
NEAR = 0.7

_ARCHITECTURES = _by_name(
    Baseline,
    TwoLayerMLP,
    Simple,
    Larger,
    ConvNet,
    Sketchpad,
    Deep,
    Deep256,
    LeNet5,
    Tiny,
    Deotte,
    M3,
    M5,
    M7,
    SqueezeExcite,
    Fast,
    Accurate,
    Committee,
)


def list_architectures() -> list[str]:
    """Return the names of all registered architectures.

    Returns
    -------
    names : list of str
        The networks without convolutions first, this library's own last.

    Examples
    --------
    >>> from mnistcnn import list_architectures
    >>> list_architectures()[:4]
    ['baseline', 'two_layer_mlp', 'simple', 'larger']
    """
    return list(_ARCHITECTURES)


def get_architecture(name: str) -> Architecture:
    """Return a new architecture object with its default parameters.

    Parameters
    ----------
    name : str
        A registered name, one of `list_architectures`.

    Returns
    -------
    architecture : Architecture
        A new instance, to be changed freely.

    Raises
    ------
    ValueError
        If no architecture has that name; the message lists the names and the nearest.

    Examples
    --------
    >>> from mnistcnn import get_architecture
    >>> get_architecture("simple").set_params(dropout=0.5)
    Simple(dropout=0.5)
    >>> get_architecture("simpel")
    Traceback (most recent call last):
    ...
    ValueError: Unknown architecture 'simpel'; did you mean 'simple'? The registered names are
    baseline, two_layer_mlp, simple, ...
    """
    validate_parameter_constraints({"name": [str]}, {"name": name}, caller_name="get_architecture")
    if name not in _ARCHITECTURES:
        raise ValueError(
            f"Unknown architecture {name!r}{_suggestion(name)} The registered names are "
            f"{', '.join(_ARCHITECTURES)}."
        )
    return _ARCHITECTURES[name]()


def _suggestion(name: str) -> str:
    nearest = get_close_matches(name.lower(), _ARCHITECTURES, n=1, cutoff=NEAR)
    return f"; did you mean {nearest[0]!r}?" if nearest else "."
