"""Optimizers and learning-rate schedules, under the names that the estimator takes."""

import json
import warnings
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
from numpy.typing import ArrayLike

from mnistcnn._training import backends
from mnistcnn._training.description import is_known
from mnistcnn._training.keras_internals import (
    excludes_from_decay,
    internals_available,
    rate_of,
    track,
)
from mnistcnn._training.schedules import SCHEDULE_VARIABLES, ScheduleConfig, TrainingSchedule

# What suits Adam is too high or too low for the others by about these factors.
RATE_RELATIVE_TO_ADAM = {"adam": 1.0, "adamw": 1.0, "rmsprop": 0.5, "sgd": 10.0}


def store_as_keras_would(optimizer: keras.optimizers.Optimizer) -> None:
    """Keep the schedule's variables out of Keras files; Keras's own schedules have none."""
    for each in (optimizer, getattr(optimizer, "inner_optimizer", optimizer)):
        each.save_own_variables = partial(_save_variables, each)
        each.load_own_variables = partial(_load_variables, each)


def _save_variables(
    optimizer: keras.optimizers.Optimizer, store: MutableMapping[str, ArrayLike]
) -> None:
    for number, variable in enumerate(_without_schedule(optimizer)):
        store[str(number)] = variable.numpy()


def _load_variables(optimizer: keras.optimizers.Optimizer, store: Mapping[str, ArrayLike]) -> None:
    variables = _without_schedule(optimizer)
    if len(store.keys()) != len(variables):
        warnings.warn(
            f"The state of the optimizer is not restored: it has {len(variables)} variables, and "
            f"the stored state has {len(store.keys())}.",
            stacklevel=2,
        )
        return
    for number, variable in enumerate(variables):
        variable.assign(store[str(number)])


def _without_schedule(optimizer: keras.optimizers.Optimizer) -> list[Any]:
    return [each for each in optimizer.variables if each.name not in SCHEDULE_VARIABLES]


def check_template(optimizer: Any) -> None:
    """Refuse an optimizer of which a fit or a copy would silently lose settings.

    Raises
    ------
    ValueError
        If it is a `keras.optimizers.LossScaleOptimizer`, or chooses the weights that decay: Keras's
        own copies of an optimizer, as `clone`, `pickle` and searches make them, forget that.
    """
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        raise ValueError(
            "optimizer must not be a LossScaleOptimizer, which precision='float16' puts around "
            "any optimizer; pass optimizer.inner_optimizer, got "
            f"LossScaleOptimizer({type(optimizer.inner_optimizer).__name__}())."
        )
    if isinstance(optimizer, keras.optimizers.Optimizer) and excludes_from_decay(optimizer):
        raise ValueError(
            "optimizer must not choose by exclude_from_weight_decay, which copies of it forget; "
            "weight decay never applies to biases and the gains of normalization. Got "
            f"{type(optimizer).__name__} with such a choice."
        )


@dataclass(frozen=True)
class OptimizerConfig:
    """The configuration of the optimizer of one fit.

    Parameters
    ----------
    name_or_template : str or keras.optimizers.Optimizer
        A name of `RATE_RELATIVE_TO_ADAM`, or an optimizer taken as a template.
    learning_rate : float or None
        The peak rate; None keeps that of the template.
    schedule : ScheduleConfig
        How the rate changes.
    weight_decay : float
        Decoupled weight decay of kernels, as a fraction per update and unit of learning rate.
    betas : tuple of 2 float
        Adam's exponential decay rates.
    momentum : float
        That of ``"sgd"``.
    nesterov : bool
        Whether ``"sgd"`` takes Nesterov's momentum.
    ema_momentum : float or None
        Of the moving average of the weights; None leaves it to the template, and names have none.
    """

    name_or_template: Any
    learning_rate: float | None
    schedule: ScheduleConfig
    weight_decay: float
    betas: tuple[float, float]
    momentum: float
    nesterov: bool
    ema_momentum: float | None

    def __post_init__(self) -> None:
        """Refuse a template that no fit can follow, as `check_template` does."""
        check_template(self.name_or_template)

    def build(self, n_updates: int) -> keras.optimizers.Optimizer:
        """Return a fresh optimizer for a fit of `n_updates` updates."""
        if isinstance(self.name_or_template, str):
            built = self._named(self._rate(n_updates))
        else:
            built = self._from_template(self._rate(n_updates))
        if built.weight_decay:
            # Decaying biases and the gains of normalization towards zero only costs accuracy.
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
            rate.retune(self.schedule, self.peak_rate, n_updates)
        elif not self.follows_schedule:
            optimizer.learning_rate = self.peak_rate

    @property
    def trace_key(self) -> tuple[Any, ...]:
        """All settings in a traced program: everything but peak rate and number of updates."""
        schedule = self.schedule.trace_key
        if isinstance(self.name_or_template, str):
            return (self.name_or_template, schedule, self.weight_decay, *self._own_settings)
        config = self._template_config
        if not self._keeps_template_schedule:
            config["learning_rate"] = schedule
        described = json.dumps(config, sort_keys=True, default=repr)
        return (type(self.name_or_template), described, self.weight_decay, self.ema_momentum)

    @property
    def description(self) -> tuple[Any, ...]:
        """The configuration as plain values, equal for equal configurations."""
        template = self.name_or_template
        if not isinstance(template, str):
            settings = json.dumps(self._template_config, sort_keys=True, default=repr)
            template = (type(template).__module__, settings)
        schedule = self.schedule.description
        return template, self.learning_rate, schedule, self.weight_decay, *self._own_settings

    @property
    def is_defined_by_config(self) -> bool:
        """Whether the description is complete: it only names a custom schedule."""
        return isinstance(self.name_or_template, str) or is_known(self._template_config)

    @property
    def own_parts(self) -> list[Any]:
        """The template's class and what it follows, which the description may only name."""
        template = self.name_or_template
        if isinstance(template, str):
            return []
        rate = rate_of(template) if internals_available() else None
        is_schedule = isinstance(rate, keras.optimizers.schedules.LearningRateSchedule)
        return [type(template), rate if is_schedule else None]

    @property
    def _own_settings(self) -> tuple[Any, ...]:
        """The further arguments of the optimizer of this name."""
        settings = {"sgd": (self.momentum, self.nesterov), "rmsprop": ()}
        is_named = isinstance(self.name_or_template, str)
        own = settings.get(self.name_or_template, self.betas) if is_named else ()
        return (*own, self.ema_momentum)

    @property
    def follows_schedule(self) -> bool:
        """Whether the rate follows the step count, so that no callback can set it."""
        return self.schedule.follows_updates or self._keeps_template_schedule

    @property
    def average_momentum(self) -> float | None:
        """The momentum of the weight average, by default that of the template."""
        if self.ema_momentum is not None:
            return self.ema_momentum
        template = self.name_or_template
        return template.ema_momentum if getattr(template, "use_ema", False) else None

    @property
    def takes_average(self) -> bool:
        """Whether the network ends with a moving average of its weights."""
        return self.average_momentum is not None

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
        if self.schedule.follows_updates:
            return TrainingSchedule(self.schedule, self.peak_rate, n_updates)
        return self.peak_rate

    def _named(
        self, rate: float | keras.optimizers.schedules.LearningRateSchedule
    ) -> keras.optimizers.Optimizer:
        settings: dict[str, Any] = {
            # None, since Keras would subtract zeros from all weights in every step.
            "weight_decay": self.weight_decay or None,
            **self._averaging,
        }
        if self.name_or_template == "sgd":
            momentum = float(self.momentum)
            return keras.optimizers.SGD(rate, momentum, self.nesterov, **settings)
        if self.name_or_template == "rmsprop":
            return keras.optimizers.RMSprop(rate, **settings)
        beta_1, beta_2 = self.betas
        adam = _adam_classes()[self.name_or_template if self.weight_decay else "adam"]
        return adam(rate, beta_1=beta_1, beta_2=beta_2, **settings)

    def _from_template(
        self, rate: float | keras.optimizers.schedules.LearningRateSchedule
    ) -> keras.optimizers.Optimizer:
        config = {**self._template_config, "learning_rate": rate, **self._averaging}
        if self.weight_decay:
            config["weight_decay"] = self.weight_decay
        return type(self.name_or_template).from_config(config)

    @property
    def _averaging(self) -> dict[str, Any]:
        if self.ema_momentum is None:
            return {}
        return {"use_ema": True, "ema_momentum": float(self.ema_momentum)}


def _adam_classes() -> dict[str, type[keras.optimizers.Optimizer]]:
    backend = backends.current() if internals_available() else backends.Backend()
    return backend.adam_classes()
