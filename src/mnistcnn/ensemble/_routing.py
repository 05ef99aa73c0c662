"""Routes sample weights and validation data from the ensemble's `fit` to its members."""

from typing import Any, ClassVar

from sklearn.utils.metadata_routing import UNUSED, MetadataRouter

from mnistcnn._meta_estimator import parameters_of_fit, routing_to_fit
from mnistcnn._types import Classifier
from mnistcnn.preprocessing import without_index

__all__ = ["RoutingMixin"]


class RoutingMixin:
    """Passes to the members what they take or, with metadata routing, what they request."""

    # The members ask for what `fit` is given.
    __metadata_request__fit: ClassVar[dict[str, str]] = dict.fromkeys(
        ("sample_weight", "X_val", "y_val", "sample_weight_val"), UNUSED
    )

    def get_metadata_routing(self) -> MetadataRouter:
        """Return the routing of the metadata passed to `fit` to the members.

        Returns
        -------
        routing : MetadataRouter
            As scikit-learn's user guide describes it.
        """
        ensemble: Any = self
        return routing_to_fit(ensemble, ensemble._template())

    def _parameters_of_members(self, template: Classifier, **optional: Any) -> dict[str, Any]:
        ensemble: Any = self
        # One look at their order is enough for all members.
        plain = {
            name: value if name == "X_val" else without_index(value)
            for name, value in optional.items()
        }
        return parameters_of_fit(ensemble, template, plain)
