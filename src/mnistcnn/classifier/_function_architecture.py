"""Wraps a user's function as an architecture whose keyword parameters can be searched."""

from collections.abc import Callable
from copy import deepcopy
from inspect import Parameter, signature
from typing import Any, Self

from mnistcnn._types import ImageShape
from mnistcnn.classifier._training_config import USUAL_BETAS, USUAL_RATE
from mnistcnn.classifier._types import ArchitectureLike

# A function is always called with (input_shape, n_classes).
N_GIVEN = 2

BY_POSITION = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
BY_NAME = (Parameter.KEYWORD_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


class FunctionWithParameters:
    """Builds what a function builds, with some of its keyword parameters set.

    It replaces a plain function once one of them is set through the estimator, and calls
    it as ``function(input_shape, n_classes, **parameters)``. What is no parameter of it is refused.
    """

    def __init__(
        self, function: Callable[..., Any], parameters: dict[str, Any] | None = None
    ) -> None:
        self.function = function
        self.parameters: dict[str, Any] = {}
        self.set_params(**(parameters or {}))

    @property
    def learning_rate(self) -> float:
        """The function's, if it states one."""
        return float(getattr(self.function, "learning_rate", USUAL_RATE))

    @property
    def adam_betas(self) -> tuple[float, float]:
        """The function's, if it states them."""
        betas: tuple[float, float] = getattr(self.function, "adam_betas", USUAL_BETAS)
        return betas

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002
        """Return the parameters that are set, and the defaults of the others."""
        return {**default_parameters(self.function), **self.parameters}

    def set_params(self, **parameters: Any) -> Self:
        """Set some of the function's parameters, or none if one of them is unknown."""
        for name in parameters:
            _check_has(self.function, name)
        self.parameters = {**self.parameters, **parameters}
        return self

    def __sklearn_clone__(self) -> "FunctionWithParameters":
        """Return one with copies of the values."""
        return FunctionWithParameters(self.function, deepcopy(self.parameters))

    def __call__(self, input_shape: ImageShape, n_classes: int) -> Any:
        """Call the function."""
        return self.function(input_shape, n_classes, **self.parameters)

    def __eq__(self, other: object) -> bool:
        """Tell whether both are the same function with the same parameters."""
        if not isinstance(other, FunctionWithParameters):
            return NotImplemented
        return self.function == other.function and self.get_params() == other.get_params()

    # Equal by parameters that can change: no hash could stay true.
    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """Return the call, as far as it is settled."""
        settings = ", ".join(f"{name}={value!r}" for name, value in self.parameters.items())
        return f"{_name(self.function)}({settings})"


def is_plain_function(architecture: ArchitectureLike) -> bool:
    """Tell whether an architecture is a callable that has no `set_params` of its own."""
    is_object = isinstance(architecture, type) or hasattr(architecture, "set_params")
    return callable(architecture) and not is_object and not hasattr(architecture, "build")


def default_parameters(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the keyword parameters that have a default, with it."""
    every = _parameters(function)
    return {
        each.name: each.default
        for each in every.values()
        if each.name in _settable(every) and each.default is not Parameter.empty
    }


def _parameters(function: Callable[..., Any]) -> dict[str, Parameter]:
    try:
        return dict(signature(function).parameters)
    except (TypeError, ValueError):  # of some that are written in C
        return {}


def _settable(parameters: dict[str, Parameter]) -> list[str]:
    given = _given(parameters)
    return [
        each.name for each in parameters.values() if each.kind in BY_NAME and each.name not in given
    ]


def _given(parameters: dict[str, Parameter]) -> list[str]:
    by_position = [each.name for each in parameters.values() if each.kind in BY_POSITION]
    return by_position[:N_GIVEN]


def _check_has(function: Callable[..., Any], name: str) -> None:
    parameters = _parameters(function)
    takes_any = any(each.kind is Parameter.VAR_KEYWORD for each in parameters.values())
    if name in _settable(parameters) or (takes_any and name not in _given(parameters)):
        return
    raise ValueError(
        f"Invalid parameter {name!r} for architecture {_name(function)}. Valid parameters are: "
        f"{_settable(parameters)!r}."
    )


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", repr(function))
