"""Sphinx configuration: Markdown pages and the docstrings of the public names."""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "scripts"))

from docs_tables import (  # noqa: E402
    architectures_table,
    facts,
    public_names,
    recipes_table,
    reported_table,
)
from docutils.nodes import Node  # noqa: E402
from docutils.statemachine import StringList  # noqa: E402
from nested_bars import draw_nested_bars  # noqa: E402
from sphinx.application import Sphinx  # noqa: E402
from sphinx.ext.autosummary import Autosummary  # noqa: E402
from sphinx.ext.autosummary.generate import generate_autosummary_docs  # noqa: E402

import mnistcnn  # noqa: E402

project = "mnistcnn"
author = "The mnistcnn developers"
project_copyright = "2026, The mnistcnn developers"
release = mnistcnn.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.doctest",
    "sphinx.ext.mathjax",
]
templates_path = ["_templates"]
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"mnistcnn {release}"

# Single backticks in docstrings are code, as in scikit-learn's.
default_role = "code"
myst_heading_anchors = 3
myst_enable_extensions = ["substitution"]
myst_substitutions = {
    "registered_architectures": architectures_table(),
    "reported_results": reported_table(),
    "recipes": recipes_table(),
}

autosummary_generate = True
autodoc_typehints = "none"
# The pages of the classes list their methods themselves.
numpydoc_show_class_members = False


class PublicNames(Autosummary):
    """An autosummary of the names that `mnistcnn` takes from the modules in its content."""

    def run(self) -> list[Node]:
        """Put the names in the place of the modules."""
        self.content = StringList(public_names(*self.content), source=self.get_source_info()[0])
        return super().run()


def make_pages(app: Sphinx) -> None:
    """Make the page of each public name; autosummary itself looks for its own directive only."""
    with TemporaryDirectory() as folder:
        listing = Path(folder) / "names.rst"
        names = "\n".join(f"   {name}" for name in public_names())
        pages = HERE / "api" / "generated"
        listing.write_text(f".. autosummary::\n   :toctree: {pages}\n\n{names}\n", "utf-8")
        generate_autosummary_docs([str(listing)], suffix=".rst", app=app)


def draw_images(_app: Sphinx) -> None:
    """Draw the images that show what the library shows."""
    draw_nested_bars(HERE / "images" / "generated" / "nested-bars.svg")


def add_facts(
    _app: Sphinx, _what: str, _name: str, thing: object, _options: object, lines: list[str]
) -> None:
    """Add what is published of an architecture to its docstring, before the parameters."""
    if hasattr(thing, "published"):
        end = lines.index("Parameters") if "Parameters" in lines else len(lines)
        lines[end:end] = [facts(thing), ""]


def setup(app: Sphinx) -> None:
    """Register what is above."""
    app.add_directive("public-names", PublicNames)
    app.connect("builder-inited", make_pages)
    app.connect("builder-inited", draw_images)
    # Before numpydoc makes sections of the docstring.
    app.connect("autodoc-process-docstring", add_facts, priority=100)
