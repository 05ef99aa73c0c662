"""Keeps the GPUs for the backend that computes.

Keras writes logs and some files with TensorFlow's help whatever its backend is, and TensorFlow
takes nearly all memory of every GPU that it sees when it runs its first operation.
"""

import contextlib
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

from mnistcnn._quiet_start import start_up_silenced


def keep_tensorflow_on_cpu() -> None:
    """Hide all GPUs from TensorFlow, now or as soon as somebody imports it.

    What has run already keeps its devices: TensorFlow cannot be set up any more.
    """
    if "tensorflow" in sys.modules:
        _hide_gpus()
    elif not any(isinstance(finder, _TensorFlowFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _TensorFlowFinder())


class _TensorFlowFinder(MetaPathFinder):
    """Finds TensorFlow as ever, and sets it up after its import."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Return the import spec of TensorFlow; None for other modules."""
        spec = PathFinder.find_spec(fullname, path, target) if fullname == "tensorflow" else None
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def execute_and_hide_gpus(module: ModuleType) -> None:
            with start_up_silenced():
                execute(module)
                _hide_gpus()

        spec.loader.exec_module = execute_and_hide_gpus  # type: ignore[method-assign]
        return spec


def _hide_gpus() -> None:
    # Where there are none, TensorFlow logs an error when it looks for them.
    with start_up_silenced(), contextlib.suppress(RuntimeError):
        sys.modules["tensorflow"].config.set_visible_devices([], "GPU")
