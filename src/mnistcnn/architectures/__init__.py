"""The registered networks: one small parameter object each, in one dict by name.

Importing this package does not load Keras; `Architecture.build` does.
"""

from mnistcnn._scikit_learn import validate_parameter_constraints
from mnistcnn._wording import suggestion
from mnistcnn.architectures._base import Architecture as Architecture
from mnistcnn.architectures._base import RegisteredArchitecture as RegisteredArchitecture
from mnistcnn.architectures._layers import LAYER_KINDS as LAYER_KINDS
from mnistcnn.architectures._layers import OF_KERAS as OF_KERAS
from mnistcnn.architectures._layers import LayerKinds as LayerKinds
from mnistcnn.architectures._layers import at_most_parameters as at_most_parameters
from mnistcnn.architectures._layers import flatten as flatten
from mnistcnn.architectures._layers import to_logits as to_logits

# The registry: one line an architecture, in the order of `list_architectures`.
# isort: off
from mnistcnn.architectures._fully_connected import Baseline as Baseline
from mnistcnn.architectures._fully_connected import TwoLayerMLP as TwoLayerMLP
from mnistcnn.architectures._pooled import Simple as Simple
from mnistcnn.architectures._pooled import Larger as Larger
from mnistcnn.architectures._pooled import ConvNet as ConvNet
from mnistcnn.architectures._pooled import Sketchpad as Sketchpad
from mnistcnn.architectures._deep import Deep as Deep
from mnistcnn.architectures._deep import Deep256 as Deep256
from mnistcnn.architectures._pooled import LeNet5 as LeNet5
from mnistcnn.architectures._library import Tiny as Tiny
from mnistcnn.architectures._deep import Deotte as Deotte
from mnistcnn.architectures._unpooled import M3 as M3
from mnistcnn.architectures._unpooled import M5 as M5
from mnistcnn.architectures._unpooled import M7 as M7
from mnistcnn.architectures._squeeze_excite import SqueezeExcite as SqueezeExcite
from mnistcnn.architectures._library import Fast as Fast
from mnistcnn.architectures._library import Accurate as Accurate
from mnistcnn.architectures._multi_column import MultiColumn as MultiColumn
# isort: on


def _by_name(*architectures: type[Architecture]) -> dict[str, type[Architecture]]:
    registry = {architecture.name: architecture for architecture in architectures}
    if len(registry) < len(architectures):
        names = [architecture.name for architecture in architectures]
        raise ValueError(f"Two architectures have the same name: {', '.join(sorted(names))}.")
    return registry


def _is_registered(value: object) -> bool:
    base = RegisteredArchitecture
    return isinstance(value, type) and issubclass(value, base) and value is not base


_ARCHITECTURES = _by_name(*filter(_is_registered, list(vars().values())))

__all__ = ["Architecture", "get_architecture", "list_architectures"]
__all__ += [architecture.__name__ for architecture in _ARCHITECTURES.values()]


def list_architectures() -> list[str]:
    """Return the names of all registered architectures.

    Returns
    -------
    names : list of str
        Registered names, from the networks without convolutions to this library's own.

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
        A new instance, which can be changed freely.

    Raises
    ------
    ValueError
        If no architecture has that name; the message lists all names and the most similar one.

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
            f"Unknown architecture {name!r}{suggestion(name, _ARCHITECTURES)} The registered "
            f"names are {', '.join(_ARCHITECTURES)}."
        )
    return _ARCHITECTURES[name]()
