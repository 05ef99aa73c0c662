"""Optimizers and learning-rate schedules, under the names that the estimator takes."""

import json
import warnings
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras

from mnistcnn._training import backends
from mnistcnn._training.keras_internals import internals_available, rate_of, track
from mnistcnn._training.schedules import SCHEDULE_VARIABLES, SCHEDULED, TrainingSchedule

# What suits Adam is too high or too low for the others by about these factors.
RATE_RELATIVE_TO_ADAM = {"adam": 1.0, "adamw": 1.0, "rmsprop": 0.5, "sgd": 10.0}


def store_as_keras_would(optimizer: keras.optimizers.Optimizer) -> None:
    """Keep the schedule's variables, which Keras's own do not have, out of files of Keras's."""
    for each in (optimizer, getattr(optimizer, "inner_optimizer", optimizer)):
        each.save_own_variables = partial(_save_variables, each)
        each.load_own_variables = partial(_load_variables, each)


def _save_variables(optimizer: keras.optimizers.Optimizer, store: Any) -> None:
    for number, variable in enumerate(_without_schedule(optimizer)):
        store[str(number)] = variable.numpy()


def _load_variables(optimizer: keras.optimizers.Optimizer, store: Any) -> None:
    variables = _without_schedule(optimizer)
    if len(store.keys()) != len(variables):
        warnings.warn(
            f"The optimizer stays as it is: it has {len(variables)} variables, and what was stored "
            f"has {len(store.keys())}.",
            stacklevel=2,
        )
        return
    for number, variable in enumerate(variables):
        variable.assign(store[str(number)])


def _without_schedule(optimizer: keras.optimizers.Optimizer) -> list[Any]:
    return [each for each in optimizer.variables if each.name not in SCHEDULE_VARIABLES]


@dataclass(frozen=True)
class OptimizerConfig:
    """What the optimizer of one fit is made from.

    Parameters
    ----------
    name_or_template : str or keras.optimizers.Optimizer
        A name of `RATE_RELATIVE_TO_ADAM`, or an optimizer taken as a template.
    learning_rate : float or None
        The peak rate; None keeps that of the template.
    lr_schedule : str
        ``"constant"``, ``"plateau"`` or one of `SCHEDULED`.
    weight_decay : float
        Decoupled weight decay of kernels, as a fraction per update and unit of learning rate.
    betas : tuple of 2 float
        Adam's exponential decay rates.
    """

    name_or_template: Any
    learning_rate: float | None
    lr_schedule: str
    weight_decay: float
    betas: tuple[float, float]

    def __post_init__(self) -> None:
        """Refuse a template that holds another one.

        Raises
        ------
        ValueError
            If it is a `keras.optimizers.LossScaleOptimizer`.
        """
        if isinstance(self.name_or_template, keras.optimizers.LossScaleOptimizer):
            raise ValueError(
                "optimizer must not be a LossScaleOptimizer, which precision='float16' puts around "
                "any optimizer; pass optimizer.inner_optimizer, got "
                f"LossScaleOptimizer({type(self.name_or_template.inner_optimizer).__name__}())."
            )

    def build(self, n_updates: int) -> keras.optimizers.Optimizer:
        """Return a fresh optimizer for a fit of `n_updates` updates."""
        if isinstance(self.name_or_template, str):
            built = self._named(self._rate(n_updates))
        else:
            built = self._from_template(self._rate(n_updates))
        if built.weight_decay:
            # Decaying biases and normalisation gains towards zero only costs accuracy.
            built.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        if internals_available():
            backends.current().adapt_optimizer(built)
            rate = rate_of(built)
            if isinstance(rate, TrainingSchedule):
                track(built, rate.variables)
        return built

    def retune(self, optimizer: keras.optimizers.Optimizer, n_updates: int) -> None:
        """Give the rate of a fit of `n_updates` updates to an optimizer of the same program."""
        # Under float16 Keras wraps the optimizer in one that scales the loss.
        optimizer = getattr(optimizer, "inner_optimizer", optimizer)
        rate = rate_of(optimizer)
        if isinstance(rate, TrainingSchedule):
            rate.retune(self.peak_rate, n_updates)
        elif not self.follows_schedule:
            optimizer.learning_rate = self.peak_rate

    @property
    def trace_key(self) -> tuple[Any, ...]:
        """All that is traced into a program: everything but peak rate and number of updates."""
        schedule = self.lr_schedule if self.lr_schedule in SCHEDULED else "constant"
        if isinstance(self.name_or_template, str):
            return (self.name_or_template, schedule, self.weight_decay, self.betas)
        config = self._template_config
        if not self._keeps_template_schedule:
            config["learning_rate"] = schedule
        described = json.dumps(config, sort_keys=True, default=repr)
        return (type(self.name_or_template), described, self.weight_decay)

    @property
    def description(self) -> tuple[Any, ...]:
        """All that tells one configuration from another, as plain values."""
        template = self.name_or_template
        if not isinstance(template, str):
            settings = json.dumps(self._template_config, sort_keys=True, default=repr)
            template = (type(template).__module__, settings)
        return template, self.learning_rate, self.lr_schedule, self.weight_decay, self.betas

    @property
    def follows_schedule(self) -> bool:
        """Whether the rate follows the step count, so that no callback can set it."""
        return self.lr_schedule in SCHEDULED or self._keeps_template_schedule

    @property
    def peak_rate(self) -> float:
        """The highest rate: the one stated, or else the template's."""
        if self.learning_rate is not None:
            return self.learning_rate
        return float(self._template_config["learning_rate"])

    @property
    def _keeps_template_schedule(self) -> bool:
        if isinstance(self.name_or_template, str) or self.learning_rate is not None:
            return False
        return isinstance(self._template_config["learning_rate"], dict)

    @property
    def _template_config(self) -> dict[str, Any]:
        """The template's settings. Its name, which Keras counts on, changes no result."""
        config: dict[str, Any] = self.name_or_template.get_config()
        return {**config, "name": type(self.name_or_template).__name__.lower()}

    def _rate(self, n_updates: int) -> Any:
        if self._keeps_template_schedule:
            return self._template_config["learning_rate"]
        if self.lr_schedule in SCHEDULED:
            return TrainingSchedule(self.lr_schedule, self.peak_rate, n_updates)
        return self.peak_rate

    def _named(
        self, rate: float | keras.optimizers.schedules.LearningRateSchedule
    ) -> keras.optimizers.Optimizer:
        # None, since Keras would subtract zeros from all weights in every step.
        decay = self.weight_decay or None
        if self.name_or_template == "sgd":
            return keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, weight_decay=decay)
        if self.name_or_template == "rmsprop":
            return keras.optimizers.RMSprop(rate, weight_decay=decay)
        beta_1, beta_2 = self.betas
        adam = _adam_classes()[self.name_or_template if decay else "adam"]
        return adam(rate, beta_1=beta_1, beta_2=beta_2, weight_decay=decay)

    def _from_template(
        self, rate: float | keras.optimizers.schedules.LearningRateSchedule
    ) -> keras.optimizers.Optimizer:
        config = {**self._template_config, "learning_rate": rate}
        if self.weight_decay:
            config["weight_decay"] = self.weight_decay
        return type(self.name_or_template).from_config(config)


def _adam_classes() -> dict[str, type[keras.optimizers.Optimizer]]:
    if internals_available():
        return backends.current().adam_classes()
    return {"adam": keras.optimizers.Adam, "adamw": keras.optimizers.AdamW}
