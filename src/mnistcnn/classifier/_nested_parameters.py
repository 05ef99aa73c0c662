"""Reads and sets the parameters of an estimator's objects and functions through the estimator."""

from typing import Any, Self

from mnistcnn.classifier._function_architecture import (
    FunctionWithParameters,
    default_parameters,
    is_plain_function,
)

# Whose parameters can be set through the estimator, and what makes such an object.
OBJECT_FOR = {
    "architecture": "mnistcnn.get_architecture(name)",
    "augmentation": "mnistcnn.Augmentation()",
}

# The estimator's own parameters for optimizers: for all of them, and for those given by name.
OF_ALL = ("learning_rate", "weight_decay", "ema_momentum")
OF_NAMES = (*OF_ALL, "momentum", "nesterov")

# What to search in place of the settings of optimizers and callbacks, which are no parameters.
INSTEAD_OF = {
    "optimizer": '"optimizer": [keras.optimizers.SGD(0.1), ...]',
    "callbacks": '"callbacks": [keras.callbacks.EarlyStopping("loss", patience=3), ...]',
}


class NestedParametersMixin:
    """Gives a plain function the parameters that scikit-learn gives an object."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters and, with `deep`, those of nested objects and functions.

        Parameters
        ----------
        deep : bool, default=True
            Whether to add ``architecture__<name>`` and ``augmentation__<name>``.

        Returns
        -------
        params : dict
            Names and values.
        """
        params: dict[str, Any] = super().get_params(deep=deep)  # type: ignore[misc]
        architecture = params["architecture"]
        if deep and is_plain_function(architecture):
            defaults = default_parameters(architecture)
            params.update({f"architecture__{name}": value for name, value in defaults.items()})
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters, including nested ones such as ``architecture__<name>``.

        Parameters
        ----------
        **params
            Names and values. ``architecture__<name>`` also sets a keyword parameter of a function.

        Returns
        -------
        self : DigitCNNClassifier
            The estimator.

        Raises
        ------
        ValueError
            If a name is unknown, or is nested in a parameter that is not an object.
        """
        for owner, remedy in OBJECT_FOR.items():
            value = params.get(owner, getattr(self, owner))
            nested = _nested(owner, params)
            if nested and is_plain_function(value):
                params[owner] = FunctionWithParameters(value, nested)
            elif nested and not hasattr(value, "set_params"):
                raise ValueError(
                    f"{owner + '__' + next(iter(nested))!r} needs {owner} to be an object, got "
                    f"{value!r}. Set {owner}={remedy} first."
                )
        self._check_nested_in_others(params)
        super().set_params(**params)  # type: ignore[misc]
        return self

    def _check_nested_in_others(self, params: dict[str, Any]) -> None:
        """Refuse what is nested in a parameter whose value has no parameters of its own.

        scikit-learn would ask the value to set them, and fail with an AttributeError.
        """
        own = self.get_params(deep=False)
        for name in params:
            owner, separator, nested = name.partition("__")
            value = params.get(owner, own.get(owner))
            if separator and owner in own and not hasattr(value, "set_params"):
                raise ValueError(
                    f"Invalid parameter {name!r} for estimator {type(self).__name__}: {owner} has "
                    f"no parameters that can be set through it. {_instead(owner, nested, value)}"
                )


def _instead(owner: str, nested: str, value: object) -> str:
    if owner == "optimizer" and nested in (OF_NAMES if isinstance(value, str) else OF_ALL):
        return f"Set {nested}, a parameter of the estimator itself."
    if owner in INSTEAD_OF:
        return f"Set {owner} itself, or search over whole objects: {{{INSTEAD_OF[owner]}}}."
    return f"Set {owner} itself."


def _nested(owner: str, params: dict[str, Any]) -> dict[str, Any]:
    prefix = f"{owner}__"
    return {
        name.removeprefix(prefix): value
        for name, value in params.items()
        if name.startswith(prefix)
    }
