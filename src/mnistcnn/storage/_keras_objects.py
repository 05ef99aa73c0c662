"""Stores Keras's own optimizers and schedules as their names and settings.

They are made by their constructors: Keras's deserialization, which follows the names in a file to
any class, has no part in it.
"""

from typing import TYPE_CHECKING, Any

from mnistcnn.storage._plain import NotPlainError

if TYPE_CHECKING:
    from keras.optimizers import Optimizer
    from keras.optimizers.schedules import LearningRateSchedule

__all__ = ["content_of_keras_object", "keras_object_of"]

OPTIMIZERS, SCHEDULES = "optimizers", "optimizers.schedules"


def content_of_keras_object(value: object) -> tuple[str, dict[str, Any]]:
    """Return the name and the settings of an optimizer or of a schedule of the rate."""
    for place, base in _places().items():
        name = type(value).__name__
        if isinstance(value, base) and getattr(_module(place), name, None) is type(value):
            return f"{place}.{name}", _settings(value)
    raise NotPlainError(f"the object {type(value).__name__} of Keras's")


def _settings(value: "Optimizer | LearningRateSchedule") -> dict[str, Any]:
    settings: dict[str, Any] = value.get_config()
    schedule = settings.get("learning_rate")
    if isinstance(schedule, dict):
        # Beside the settings the optimizer has the schedule itself.
        import keras

        settings["learning_rate"] = keras.optimizers.schedules.deserialize(schedule)
    return settings


def keras_object_of(name: str, settings: dict[str, Any]) -> Any:
    """Rebuild an optimizer or a schedule."""
    place, _, attribute = name.rpartition(".")
    base = _places()[place]
    kind = getattr(_module(place), attribute, None)
    if not (isinstance(kind, type) and issubclass(kind, base)):
        raise ValueError(f"Keras has no {name!r}")
    return kind(**settings)


def _module(place: str) -> Any:
    import keras

    return keras.optimizers.schedules if place == SCHEDULES else keras.optimizers


def _places() -> dict[str, Any]:
    import keras

    return {
        OPTIMIZERS: keras.optimizers.Optimizer,
        SCHEDULES: keras.optimizers.schedules.LearningRateSchedule,
    }
