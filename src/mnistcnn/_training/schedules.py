"""Learning rates that follow the share of the updates already done."""

import math
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from mnistcnn._training.standard_names import StoredAsKeras
from mnistcnn._training.tensors import Tensor

WARM_UP = 0.25
FIRST_FRACTION = 0.04
LAST_FRACTION = 0.01


def _one_cycle(progress: Tensor) -> Any:
    """Rise in a line over the first quarter, then fall in a line (Smith 2018, arXiv:1803.09820)."""
    rising = FIRST_FRACTION + (1 - FIRST_FRACTION) * progress / WARM_UP
    falling = 1 - (1 - LAST_FRACTION) * (progress - WARM_UP) / (1 - WARM_UP)
    return ops.minimum(rising, falling)


def _cosine(progress: Tensor) -> Any:
    """Fall along half a cosine wave to zero (Loshchilov and Hutter 2017, arXiv:1608.03983)."""
    return 0.5 * (1 + ops.cos(math.pi * progress))


def _exponential(progress: Tensor) -> Any:
    """Fall by the same factor at each update, to a hundredth in all."""
    return LAST_FRACTION**progress


def _step(progress: Tensor) -> Any:
    """Fall to a tenth at half of the updates, to a hundredth at three quarters."""
    return ops.where(progress < 0.5, 1.0, ops.where(progress < 0.75, 0.1, 0.01))


_FRACTION_OF_PEAK: dict[str, Callable[[Any], Any]] = {
    "one_cycle": _one_cycle,
    "cosine": _cosine,
    "exponential": _exponential,
    "step": _step,
}

SCHEDULED = tuple(_FRACTION_OF_PEAK)

# The variables of an optimizer that say how fast it goes, and nothing of where it has been.
SCHEDULE_VARIABLES = ("peak_rate", "n_steps")
RATE_VARIABLES = ("learning_rate", *SCHEDULE_VARIABLES)


def _standard_one_cycle(peak: float, n_steps: int) -> Any:
    """Return the falling line alone, which the rate follows from a quarter of the fit to its end.

    Keras has no schedule that rises in a line and falls in another.
    """
    drawn_back = peak * (1 + (1 - LAST_FRACTION) * WARM_UP / (1 - WARM_UP))
    return keras.optimizers.schedules.PolynomialDecay(drawn_back, n_steps, LAST_FRACTION * peak)


def _standard_cosine(peak: float, n_steps: int) -> Any:
    return keras.optimizers.schedules.CosineDecay(peak, n_steps)


def _standard_exponential(peak: float, n_steps: int) -> Any:
    return keras.optimizers.schedules.ExponentialDecay(peak, n_steps, LAST_FRACTION)


def _standard_step(peak: float, n_steps: int) -> Any:
    # Keras's boundaries are the last steps before a fall.
    boundaries = [math.ceil(share * n_steps) - 1 for share in (0.5, 0.75)]
    values = [peak, 0.1 * peak, 0.01 * peak]
    return keras.optimizers.schedules.PiecewiseConstantDecay(boundaries, values)


_STANDARD: dict[str, Callable[[float, int], Any]] = {
    "one_cycle": _standard_one_cycle,
    "cosine": _standard_cosine,
    "exponential": _standard_exponential,
    "step": _standard_step,
}


@keras.saving.register_keras_serializable(package="mnistcnn")
class TrainingSchedule(
    StoredAsKeras,
    keras.optimizers.schedules.LearningRateSchedule,  # type: ignore[misc]
):
    """A rate that is a fraction of its peak, by the share of the updates already done.

    Peak and length are variables, so that a traced program serves fits of every rate and length.

    Parameters
    ----------
    kind : str
        One of `SCHEDULED`.
    peak : float
        The highest rate.
    n_steps : int
        The updates of the whole fit.
    """

    def __init__(self, kind: str, peak: float, n_steps: int) -> None:
        self.kind = kind
        self._peak = keras.Variable(peak, dtype="float32", trainable=False, name="peak_rate")
        self._n_steps = keras.Variable(n_steps, dtype="float32", trainable=False, name="n_steps")

    @property
    def variables(self) -> list[keras.Variable]:
        """What a traced program reads."""
        return [self._peak, self._n_steps]

    def retune(self, peak: float, n_steps: int) -> None:
        """Take another peak and length, in programs that are traced already too."""
        self._peak.assign(peak)
        self._n_steps.assign(n_steps)

    def __call__(self, step: Tensor) -> Any:
        """Return the rate of update number `step`, counted from 0."""
        progress = ops.cast(step, "float32") / self._n_steps
        return self._peak * _FRACTION_OF_PEAK[self.kind](progress)

    @property
    def stored_as(self) -> type:  # type: ignore[override]
        """The class of Keras with the same rates."""
        return type(self._standard())

    def get_config(self) -> dict[str, Any]:
        """Return what the constructor of Keras's class takes."""
        config: dict[str, Any] = self._standard().get_config()
        return config

    def _standard(self) -> Any:
        return _STANDARD[self.kind](float(self._peak), int(self._n_steps))
