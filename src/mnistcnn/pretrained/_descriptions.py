"""Architectures as plain values, as a JSON file holds them."""

from typing import Any, TypeAlias

from mnistcnn.architectures import Architecture, get_architecture

# What JSON can hold.
Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"
Parameter: TypeAlias = "Architecture | str | int | float | tuple[Parameter, ...] | None"


def to_description(architecture: Architecture) -> dict[str, Plain]:
    """Return the name and the parameters of an architecture, those of its columns included.

    Examples
    --------
    >>> from mnistcnn.architectures import Fast, MultiColumn
    >>> to_description(MultiColumn(("tiny", Fast(dense_units=64))))["columns"][0]
    'tiny'
    """
    parameters: dict[str, Any] = architecture.get_params(deep=False)
    return {"name": architecture.name, **{key: _plain(value) for key, value in parameters.items()}}


def from_description(description: dict[str, Any]) -> Architecture:
    """Return the architecture that `to_description` described.

    Examples
    --------
    >>> from mnistcnn.architectures import Accurate
    >>> from_description(to_description(Accurate(filters=(8, 8, 8, 8))))
    Accurate(filters=(8, 8, 8, 8))
    """
    parameters = {key: _parameter(part) for key, part in description.items() if key != "name"}
    architecture = get_architecture(description["name"])
    architecture.set_params(**parameters)
    return architecture


def _plain(parameter: Parameter) -> Plain:
    if isinstance(parameter, Architecture):
        return to_description(parameter)
    return list(map(_plain, parameter)) if isinstance(parameter, tuple | list) else parameter


def _parameter(part: Plain) -> Parameter:
    if isinstance(part, dict):
        return from_description(part)
    # JSON has no tuples.
    return tuple(map(_parameter, part)) if isinstance(part, list) else part
