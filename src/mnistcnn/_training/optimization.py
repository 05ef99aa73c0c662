"""Optimizers and learning-rate schedules, under the names that the estimator takes."""

from dataclasses import dataclass
from typing import Any

import keras

from mnistcnn._training.schedules import SCHEDULED, TrainingSchedule

# What suits Adam is too high or too low for the others by about these factors.
RATE_RELATIVE_TO_ADAM = {"adam": 1.0, "adamw": 1.0, "rmsprop": 0.5, "sgd": 10.0}


@dataclass(frozen=True)
class Optimization:
    """What the optimizer of one fit is made from.

    Parameters
    ----------
    optimizer : str or keras.optimizers.Optimizer
        A name of `RATE_RELATIVE_TO_ADAM`, or an optimizer taken as a template.
    learning_rate : float or None
        The peak rate; None keeps that of the template.
    lr_schedule : str
        ``"constant"``, ``"plateau"`` or one of `SCHEDULED`.
    weight_decay : float
        Decoupled weight decay of kernels, as a fraction a step and unit of rate.
    betas : tuple of 2 float
        Adam's exponential decay rates.
    """

    optimizer: Any
    learning_rate: float | None
    lr_schedule: str
    weight_decay: float
    betas: tuple[float, float]

    def build(self, n_steps: int) -> keras.optimizers.Optimizer:
        """Return a fresh optimizer for a fit of `n_steps` updates."""
        if isinstance(self.optimizer, str):
            built = self._named(self._rate(self.learning_rate, n_steps))
        else:
            built = self._from_template(n_steps)
        if built.weight_decay:
            # Decaying biases and normalisation gains towards zero only costs accuracy.
            built.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        return built

    @property
    def follows_schedule(self) -> bool:
        """Whether the rate follows the step count, so that no callback can set it."""
        if self.lr_schedule in SCHEDULED:
            return True
        if isinstance(self.optimizer, str) or self.learning_rate is not None:
            return False
        return isinstance(self.optimizer.get_config()["learning_rate"], dict)

    def _rate(self, peak: float | None, n_steps: int) -> Any:
        if self.lr_schedule in SCHEDULED:
            return TrainingSchedule(self.lr_schedule, peak, n_steps)
        return peak

    def _named(self, rate: Any) -> keras.optimizers.Optimizer:
        decay = self.weight_decay
        if self.optimizer == "sgd":
            return keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, weight_decay=decay)
        if self.optimizer == "rmsprop":
            return keras.optimizers.RMSprop(rate, weight_decay=decay)
        kinds = {"adam": keras.optimizers.Adam, "adamw": keras.optimizers.AdamW}
        beta_1, beta_2 = self.betas
        return kinds[self.optimizer](rate, beta_1=beta_1, beta_2=beta_2, weight_decay=decay)

    def _from_template(self, n_steps: int) -> keras.optimizers.Optimizer:
        config = self.optimizer.get_config()
        own_rate = config["learning_rate"]
        if self.learning_rate is not None:
            config["learning_rate"] = self._rate(self.learning_rate, n_steps)
        elif not isinstance(own_rate, dict):
            config["learning_rate"] = self._rate(float(own_rate), n_steps)
        if self.weight_decay:
            config["weight_decay"] = self.weight_decay
        return type(self.optimizer).from_config(config)
