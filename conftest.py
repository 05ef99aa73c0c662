"""Makes pytest run every example in the README and in docs/, each page from top to bottom."""

import contextlib
import doctest
import os
import tempfile
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from importlib.util import find_spec

from sybil import Sybil
from sybil.parsers.myst import DocTestDirectiveParser, PythonCodeBlockParser

OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS

# Sphinx's configuration has no examples to look for, and what is for JAX or Gradio alone needs it.
collect_ignore = ["docs/conf.py"]
for backend in ("jax", "torch"):
    if find_spec(backend) is None:
        collect_ignore.append(f"src/mnistcnn/_training/backends/{backend}.py")
if find_spec("gradio") is None:
    collect_ignore.append("src/mnistcnn/app")

_pages = contextlib.ExitStack()


def _enter_empty_folder(_: dict[str, Any]) -> None:
    folder = _pages.enter_context(tempfile.TemporaryDirectory())
    _pages.enter_context(contextlib.chdir(folder))


def _leave_folder(_: dict[str, Any]) -> None:
    _pages.close()


pytest_collect_file = Sybil(
    parsers=[DocTestDirectiveParser(OPTIONS), PythonCodeBlockParser(doctest_optionflags=OPTIONS)],
    patterns=["README.md", "docs/*.md"],
    setup=_enter_empty_folder,
    teardown=_leave_folder,
).pytest()
