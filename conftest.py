"""Makes pytest run every example in the README and in docs/, each page from top to bottom.

It also keeps Python from looking for garbage in all that was imported, again and again.
"""

import contextlib
import doctest
import gc
import os
import re
import tempfile
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from sybil import Document, Example, Region, Sybil
from sybil.example import SybilFailure
from sybil.parsers.myst import DocTestDirectiveParser, PythonCodeBlockParser

OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS

# Sphinx's configuration and what it builds have no examples to look for, and what is for an extra
# alone needs it.
collect_ignore = ["docs/conf.py", "docs/gallery", "docs/_build"]
for backend in ("jax", "torch"):
    if find_spec(backend) is None:
        collect_ignore.append(f"src/mnistcnn/_training/backends/{backend}.py")
if find_spec("gradio") is None:
    collect_ignore.append("src/mnistcnn/app")
if find_spec("tf2onnx") is None or find_spec("ai_edge_litert") is None:
    collect_ignore += ["src/mnistcnn/classifier/_export.py", "docs/deploying.md"]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Leave what is there before the first test out of every later search for garbage.

    It stays until the end, and looking through TensorFlow and thousands of tests takes half a
    second, which tests of what is freed need several times each.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


_pages = contextlib.ExitStack()


def _enter_empty_folder(_: dict[str, Any]) -> None:
    folder = _pages.enter_context(tempfile.TemporaryDirectory())
    _pages.enter_context(contextlib.chdir(folder))


def _leave_folder(_: dict[str, Any]) -> None:
    _pages.close()


def _run(example: Example) -> None:
    exec(compile(example.parsed, str(example.path), "exec"), example.namespace)


# In a row of a table, what stands in backticks after the last but one bar.
CODE_OF_LAST_CELL = re.compile(r"`([^`\n]+)`(?=[^`|\n]*(?:`[^`|\n]+`[^`|\n]*)*\|$)", re.MULTILINE)


def parse_tables(document: Document) -> Iterator[Region]:
    """Find the code in the last column of each table under `mnistcnn`, so that it is run."""
    for table in re.finditer(r"^\|.*\| mnistcnn \|\n(?:\|.*\n)+", document.text, re.MULTILINE):
        for code in CODE_OF_LAST_CELL.finditer(table[0]):
            start, end = (table.start() + offset for offset in code.span())
            yield Region(start, end, code[1], _run)


PAGES = Sybil(
    parsers=[
        DocTestDirectiveParser(OPTIONS),
        PythonCodeBlockParser(doctest_optionflags=OPTIONS),
        parse_tables,
    ],
    patterns=["README.md", "docs/*.md"],
    setup=_enter_empty_folder,
    teardown=_leave_folder,
)


class Page(pytest.File):
    """A page of the documentation."""

    def collect(self) -> Iterator["ExamplesOfPage"]:
        """Find its examples, if there are any."""
        document = PAGES.parse(self.path)
        examples = list(document.examples())
        if examples:
            page = ExamplesOfPage.from_parent(self, name="examples")
            page.document, page.examples = document, examples
            page.add_marker("slow")
            yield page


class ExamplesOfPage(pytest.Item):
    """All examples of a page as one test: each builds on those above it, in the same process."""

    document: Any
    examples: list[Any]

    def runtest(self) -> None:
        """Run them from top to bottom."""
        PAGES.setup(self.document.namespace)
        try:
            for example in self.examples:
                example.evaluate()
        finally:
            PAGES.teardown(self.document.namespace)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:
        """Show the example that failed."""
        if isinstance(excinfo.value, SybilFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Name the page."""
        return self.path, 0, self.path.name


@pytest.fixture(autouse=True)
def _empty_folder_for_docstrings(request: pytest.FixtureRequest) -> None:
    """Keep what the examples of docstrings write out of the checkout."""
    if isinstance(request.node, pytest.DoctestItem):
        folder = request.getfixturevalue("tmp_path")
        request.getfixturevalue("monkeypatch").chdir(folder)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Page | None:
    """Take the pages."""
    is_page = PAGES.should_parse(file_path)
    return Page.from_parent(parent, path=file_path) if is_page else None
