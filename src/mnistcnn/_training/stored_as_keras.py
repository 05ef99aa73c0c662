"""Stores this library's layers and optimizers under the names of Keras's own classes.

A file of `model_.save` holds Keras's classes of the same computation, so that Keras alone can load
it. Where networks are compared or come back as what they were, `own_names` gives the true ones.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar

_WITH_OWN_NAMES: ContextVar[bool] = ContextVar("with_own_names", default=False)


@contextmanager
def own_names() -> Iterator[None]:
    """Have Keras describe this library's classes as what they are."""
    before = _WITH_OWN_NAMES.set(True)
    try:
        yield
    finally:
        _WITH_OWN_NAMES.reset(before)


def are_own_names_asked() -> bool:
    """Tell whether configs are to hold the true classes."""
    return _WITH_OWN_NAMES.get()


class StoredAsKeras:
    """A class that Keras stores as one of its own; it comes before the class of Keras.

    Keras asks an object for its ``__class__`` when it describes it, and Python lets that differ
    from its type; `isinstance` is true of both.
    """

    stored_as: ClassVar[type]

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """The class to describe."""
        return type(self) if are_own_names_asked() else self.stored_as
