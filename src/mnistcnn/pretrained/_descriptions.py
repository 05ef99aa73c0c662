"""Architectures as plain values, as a JSON file holds them."""

from typing import Any

from mnistcnn.architectures import Architecture, get_architecture


def described(architecture: Architecture) -> dict[str, Any]:
    """Return the name and the parameters of an architecture, those of its members included.

    Examples
    --------
    >>> from mnistcnn.architectures import Committee, Fast
    >>> described(Committee(("tiny", Fast(dense_units=64))))["members"][0]
    'tiny'
    """
    parameters = architecture.get_params(deep=False)
    return {"name": architecture.name, **{key: _plain(value) for key, value in parameters.items()}}


def architecture_of(description: dict[str, Any]) -> Architecture:
    """Return the architecture that `described` told of.

    Examples
    --------
    >>> from mnistcnn.architectures import Accurate
    >>> architecture_of(described(Accurate(filters=(8, 8, 8, 8))))
    Accurate(filters=(8, 8, 8, 8))
    """
    parameters = {key: _value(part) for key, part in description.items() if key != "name"}
    architecture = get_architecture(description["name"])
    architecture.set_params(**parameters)
    return architecture


def _plain(value: Any) -> Any:
    if isinstance(value, Architecture):
        return described(value)
    return list(map(_plain, value)) if isinstance(value, tuple | list) else value


def _value(part: Any) -> Any:
    if isinstance(part, dict):
        return architecture_of(part)
    # JSON has no tuples.
    return tuple(map(_value, part)) if isinstance(part, list) else part
