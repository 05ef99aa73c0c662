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
        super().set_params(**params)  # type: ignore[misc]
        return self


def _nested(owner: str, params: dict[str, Any]) -> dict[str, Any]:
    prefix = f"{owner}__"
    return {
        name.removeprefix(prefix): value
        for name, value in params.items()
        if name.startswith(prefix)
    }
