"""Copies and pickles estimators that hold a network."""

from copy import copy
from typing import Any, Self, cast

from mnistcnn._scikit_learn import validate_parameters
from mnistcnn._training.optimization import check_template
from mnistcnn._training.pool import POOL
from mnistcnn._training.storage import detached_callbacks, network_state, restore_network
from mnistcnn.classifier._callbacks import copied_callbacks
from mnistcnn.classifier._fitted import Fitted
from mnistcnn.classifier._pixel_range import pixels_known_to
from mnistcnn.classifier._stored_content import fitted_of, learned_by
from mnistcnn.preprocessing import TrainingPixels
from mnistcnn.storage import LEFT_OUT, SavableMixin


class StoredNetworkMixin(SavableMixin):
    """Stores the network as its config and arrays, without pickling Keras objects."""

    def __copy__(self) -> Self:
        """Return another estimator on the very same network: `partial_fit` of one trains both."""
        copied = type(self).__new__(type(self))
        copied.__dict__ = dict(vars(self))
        return copied

    def __sklearn_clone__(self) -> Self:
        """Return an unfitted copy for `sklearn.base.clone`, its callbacks copied as `fit` does."""
        check_template(vars(self)["optimizer"])
        bare: Any = copy(self)
        bare.callbacks = None
        copied: Any = super(StoredNetworkMixin, bare).__sklearn_clone__()  # type: ignore[misc]
        copied.callbacks = copied_callbacks(vars(self)["callbacks"])
        cloned: Self = copied
        return cloned

    def _to_content(self) -> dict[str, Any]:
        """Return the content of a model file: parameters and fitted state."""
        estimator: Any = self
        parameters = estimator.get_params(deep=False)
        kept = {name: value for name, value in parameters.items() if name not in LEFT_OUT}
        return {"parameters": kept, "learned": learned_by(estimator)}

    @classmethod
    def _from_content(cls, content: dict[str, Any]) -> Self:
        """Return the estimator from what `_to_content` returned; refuse unfit content."""
        estimator: Any = cls(**content["parameters"])
        validate_parameters(estimator)
        if content["learned"] is not None:
            fitted: Fitted = fitted_of(content["learned"], estimator.architecture)
            estimator._adopt(fitted)
        return cast("Self", estimator)

    def __getstate__(self) -> dict[str, Any]:
        """Return plain data."""
        inherited: Any = super().__getstate__()
        state: dict[str, Any] = dict(inherited)
        if "_borrowed" in state:
            state["_network"] = network_state(state.pop("_borrowed").compiled)
            state["_pixel_range"], state["_pixel_statistics"] = state.pop("_training_pixels")
            state["callbacks_"] = detached_callbacks(state["callbacks_"])
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Rebuild the network."""
        if "_network" in state:
            state = dict(state)
            borrowed = POOL.unpooled(restore_network(state.pop("_network")))
            pixel_range = state.pop("_pixel_range", None)
            if "_pixel_statistics" in state:
                pixels = TrainingPixels(pixel_range, state.pop("_pixel_statistics"))
            else:  # stored by an earlier version
                pixels = pixels_known_to(borrowed.network, pixel_range)
            state.update(_borrowed=borrowed, _training_pixels=pixels)
        super().__setstate__(state)  # type: ignore[misc]
