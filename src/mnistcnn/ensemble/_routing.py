"""Routes sample weights and validation data from the ensemble's `fit` to its members."""

from typing import Any, ClassVar

from sklearn import get_config
from sklearn.utils.metadata_routing import UNUSED, MetadataRouter, MethodMapping, process_routing

from mnistcnn._meta_estimator import check_takes
from mnistcnn._types import Classifier

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
        to_fit = MethodMapping().add(caller="fit", callee="fit")
        router = MetadataRouter(owner=ensemble).add_self_request(ensemble)
        return router.add(estimator=ensemble._template(), method_mapping=to_fit)

    def _parameters_of_members(self, template: Classifier, **optional: Any) -> dict[str, Any]:
        given = {name: value for name, value in optional.items() if value is not None}
        if get_config()["enable_metadata_routing"]:
            routed: dict[str, Any] = process_routing(self, "fit", **given)["estimator"]["fit"]
            return routed
        check_takes(template, list(given))
        return given
