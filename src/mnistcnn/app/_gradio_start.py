"""Imports Gradio in about half of its usual time."""

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

# Gradio's function that describes the events of a class in a .pyi file for editors.
MODULE, WRITER = "gradio.component_meta", "create_or_modify_pyi"


class _WithoutStubs(MetaPathFinder):
    """Finds Gradio's module of that function, and leaves the function out."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """Return where the module is, or None for each other one."""
        spec = PathFinder.find_spec(fullname, path) if fullname == MODULE else None
        if spec is not None and spec.loader is not None:
            spec.loader = _Emptying(spec.loader)
        return spec


class _Emptying(Loader):
    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Create it as usual."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Run the module, and replace the function if this version has it."""
        self._loader.exec_module(module)
        if hasattr(module, WRITER):
            setattr(module, WRITER, _write_nothing)


def _write_nothing(*_: object) -> None:
    pass


def load_gradio() -> None:
    """Import Gradio without its writing of stubs.

    At each import it parses the source of all of its classes and compares it with the stubs beside
    them, which are complete after the first import, and of use to no page that is served.
    """
    if "gradio" in sys.modules:
        return
    finder = _WithoutStubs()
    sys.meta_path.insert(0, finder)
    try:
        with _garbage_left():
            import gradio  # noqa: F401
    finally:
        sys.meta_path.remove(finder)


@contextmanager
def _garbage_left() -> Iterator[None]:
    """Do not look for garbage where thousands of classes are made and stay."""
    is_collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_collected:
            gc.enable()
