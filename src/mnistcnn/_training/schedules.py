"""Learning rates that follow the share of the updates already done."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from mnistcnn._training.stored_as_keras import StoredAsKeras
from mnistcnn._training.tensors import Tensor

WARM_UP = 0.25
FIRST_FRACTION = 0.04
LAST_FRACTION = 0.01


@dataclass(frozen=True)
class ScheduleConfig:
    """The change of the learning rate over a fit.

    Parameters
    ----------
    name : str
        ``"constant"``, ``"plateau"`` or one of `SCHEDULED`.
    last_fraction : float
        What ``"exponential"`` ends at, as a fraction of the peak.
    decay_rate : float
        What ``"step"`` multiplies the rate by at each boundary, and ``"plateau"`` at each plateau.
    boundaries : tuple of float
        Where ``"step"`` does, as fractions of the fit.
    patience : int
        Epochs without a lower loss that ``"plateau"`` waits.
    """

    name: str
    last_fraction: float = LAST_FRACTION
    decay_rate: float = 0.1
    boundaries: tuple[float, ...] = (0.5, 0.75)
    patience: int = 2

    @property
    def follows_updates(self) -> bool:
        """Whether the rate follows from the number of updates done."""
        return self.name in SCHEDULED

    @property
    def trace_key(self) -> tuple[Any, ...]:
        """All that is traced into a program."""
        if not self.follows_updates:
            return ("constant",)
        return (
            (self.name, self.decay_rate, self.boundaries) if self.name == "step" else (self.name,)
        )

    @property
    def description(self) -> tuple[Any, ...]:
        """All that tells its rates from those of another, as plain values."""
        own = {
            "exponential": (self.last_fraction,),
            "step": (self.decay_rate, self.boundaries),
            "plateau": (self.decay_rate, self.patience),
        }
        return (self.name, *own.get(self.name, ()))


def _one_cycle(progress: Tensor, *_: Any) -> Any:
    """Rise in a line over the first quarter, then fall in a line (Smith 2018, arXiv:1803.09820)."""
    rising = FIRST_FRACTION + (1 - FIRST_FRACTION) * progress / WARM_UP
    falling = 1 - (1 - LAST_FRACTION) * (progress - WARM_UP) / (1 - WARM_UP)
    return ops.minimum(rising, falling)


def _cosine(progress: Tensor, *_: Any) -> Any:
    """Fall along half a cosine wave to zero (Loshchilov and Hutter 2017, arXiv:1608.03983)."""
    return 0.5 * (1 + ops.cos(math.pi * progress))


def _exponential(progress: Tensor, last_fraction: Tensor, _config: ScheduleConfig) -> Any:
    """Fall by the same factor at each update."""
    return last_fraction**progress


def _step(progress: Tensor, _last_fraction: Tensor, config: ScheduleConfig) -> Any:
    """Fall by the same factor at each boundary."""
    n_passed = sum(ops.cast(progress >= each, "float32") for each in config.boundaries)
    return config.decay_rate**n_passed


# Each takes the share of the updates done, the last fraction of "exponential" and the config.
_FRACTION_OF_PEAK: dict[str, Callable[..., Any]] = {
    "one_cycle": _one_cycle,
    "cosine": _cosine,
    "exponential": _exponential,
    "step": _step,
}

SCHEDULED = tuple(_FRACTION_OF_PEAK)

# The variables of an optimizer that say how fast it goes, and nothing of where it has been.
SCHEDULE_VARIABLES = ("peak_rate", "n_steps", "last_fraction")
RATE_VARIABLES = ("learning_rate", *SCHEDULE_VARIABLES)


def _standard_one_cycle(peak: float, n_steps: int, _config: ScheduleConfig) -> Any:
    """Return the falling line alone, which the rate follows from a quarter of the fit to its end.

    Keras has no schedule that rises in a line and falls in another.
    """
    drawn_back = peak * (1 + (1 - LAST_FRACTION) * WARM_UP / (1 - WARM_UP))
    return keras.optimizers.schedules.PolynomialDecay(drawn_back, n_steps, LAST_FRACTION * peak)


def _standard_cosine(peak: float, n_steps: int, _config: ScheduleConfig) -> Any:
    return keras.optimizers.schedules.CosineDecay(peak, n_steps)


def _standard_exponential(peak: float, n_steps: int, config: ScheduleConfig) -> Any:
    return keras.optimizers.schedules.ExponentialDecay(peak, n_steps, config.last_fraction)


def _standard_step(peak: float, n_steps: int, config: ScheduleConfig) -> Any:
    # Keras's boundaries are the last steps before a fall.
    boundaries = [math.ceil(share * n_steps) - 1 for share in config.boundaries]
    values = [peak * config.decay_rate**n_passed for n_passed in range(len(boundaries) + 1)]
    return keras.optimizers.schedules.PiecewiseConstantDecay(boundaries, values)


_STANDARD: dict[str, Callable[[float, int, ScheduleConfig], Any]] = {
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

    Peak, length and last fraction are variables, so that a traced program serves fits of every rate
    and length.

    Parameters
    ----------
    config : ScheduleConfig
        Its `name` is one of `SCHEDULED`.
    peak : float
        The highest rate.
    n_steps : int
        The updates of the whole fit.
    """

    def __init__(self, config: ScheduleConfig, peak: float, n_steps: int) -> None:
        self._config = config
        values = (peak, n_steps, config.last_fraction)
        self._peak, self._n_steps, self._last_fraction = (
            keras.Variable(value, dtype="float32", trainable=False, name=name)
            for name, value in zip(SCHEDULE_VARIABLES, values, strict=True)
        )

    @property
    def variables(self) -> list[keras.Variable]:
        """The variables that a traced program reads."""
        return [self._peak, self._n_steps, self._last_fraction]

    def retune(self, config: ScheduleConfig, peak: float, n_steps: int) -> None:
        """Take another peak, length and last fraction, in programs that are traced already too."""
        self._config = config
        for variable, value in zip(
            self.variables, (peak, n_steps, config.last_fraction), strict=True
        ):
            variable.assign(value)

    def __call__(self, step: Tensor) -> Any:
        """Return the rate of update number `step`, counted from 0."""
        progress = ops.cast(step, "float32") / self._n_steps
        fraction = _FRACTION_OF_PEAK[self._config.name]
        return self._peak * fraction(progress, self._last_fraction, self._config)

    @property
    def stored_as(self) -> type:  # type: ignore[override]
        """The class of Keras with the same rates."""
        return type(self._standard())

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor of Keras's class."""
        config: dict[str, Any] = self._standard().get_config()
        return config

    def _standard(self) -> Any:
        config = self._config
        return _STANDARD[config.name](float(self._peak), int(self._n_steps), config)
