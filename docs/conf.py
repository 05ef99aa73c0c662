"""Sphinx configuration: Markdown pages and the docstrings of the public names."""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "scripts"))

from diagrams import draw_diagrams  # noqa: E402
from docs_pages import (  # noqa: E402
    UsedIn,
    add_drawing_page,
    add_launchers,
    copy_notebooks,
    take_images_of_pages,
)
from docs_tables import (  # noqa: E402
    architectures_table,
    facts,
    public_names,
    recipes_table,
    reported_table,
)
from docutils.nodes import Node  # noqa: E402
from docutils.statemachine import StringList  # noqa: E402
from gallery import FIRST_CELL, FOLDER  # noqa: E402
from handwriting_figures import draw_handwriting_figures  # noqa: E402
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
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "_doctrees"]

html_theme = "furo"
html_title = f"mnistcnn {release}"
html_static_path = ["_static"]
html_favicon = "_static/icon.svg"
html_css_files = ["pages.css"]
# Furo's own choice underlines what is imported, as if it were a link.
pygments_dark_style = "github-dark"

# What is copied is what is to be typed, without prompts and output.
copybutton_exclude = ".linenos, .gp, .go"

sphinx_gallery_conf = {
    "examples_dirs": f"../examples/{FOLDER}",
    "gallery_dirs": FOLDER,
    "filename_pattern": "",
    "within_subsection_order": "gallery.in_order",
    "backreferences_dir": f"{FOLDER}/backreferences",
    "doc_module": ("mnistcnn",),
    "reference_url": {"mnistcnn": None},
    "first_notebook_cell": FIRST_CELL,
    # The examples print what they show, since they are programs as well.
    "capture_repr": (),
    "remove_config_comments": True,
    "download_all_examples": False,
    "show_signature": False,
    "min_reported_time": float("inf"),
    "write_computation_times": False,
}

# Single backticks in docstrings are code, and link to the public names among it.
default_role = "py:obj"
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence", "substitution"]
myst_substitutions = {
    "registered_architectures": architectures_table(),
    "reported_results": reported_table(),
    "recipes": recipes_table(),
}

autosummary_generate = True
autodoc_typehints = "none"
# The pages of the classes list their methods themselves.
numpydoc_show_class_members = False


def architecture_names() -> list[str]:
    """Return the classes of the architectures."""
    names = mnistcnn.architectures.__all__
    of_the_package = {"get_architecture", "list_architectures"}
    return [f"mnistcnn.architectures.{name}" for name in names if name not in of_the_package]


class ArchitectureNames(Autosummary):
    """An autosummary of the architectures, which takes no content."""

    def run(self) -> list[Node]:
        """Put the names in the place of the content."""
        self.content = StringList(architecture_names(), source=self.get_source_info()[0])
        return super().run()


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
        names = "\n".join(f"   {name}" for name in [*public_names(), *architecture_names()])
        pages = HERE / "api" / "generated"
        listing.write_text(f".. autosummary::\n   :toctree: {pages}\n\n{names}\n", "utf-8")
        generate_autosummary_docs([str(listing)], suffix=".rst", app=app)


def draw_images(_app: Sphinx) -> None:
    """Draw the images that show what the library shows."""
    folder = HERE / "images" / "generated"
    draw_diagrams(folder)
    draw_nested_bars(folder / "nested-bars.svg")
    draw_handwriting_figures(folder)


def add_facts(
    _app: Sphinx, _what: str, _name: str, thing: object, _options: object, lines: list[str]
) -> None:
    """Add what is published of an architecture to its docstring, before the parameters."""
    if hasattr(thing, "published"):
        end = lines.index("Parameters") if "Parameters" in lines else len(lines)
        lines[end:end] = [facts(thing), ""]


def setup(app: Sphinx) -> None:
    """Register what is above."""
    app.add_directive("architecture-names", ArchitectureNames)
    app.add_directive("public-names", PublicNames)
    app.add_directive("used-in", UsedIn)
    app.connect("builder-inited", make_pages)
    app.connect("builder-inited", draw_images)
    app.connect("builder-inited", take_images_of_pages)
    app.connect("doctree-read", add_launchers)
    app.connect("build-finished", copy_notebooks)
    app.connect("build-finished", add_drawing_page)
    # Before numpydoc makes sections of the docstring.
    app.connect("autodoc-process-docstring", add_facts, priority=100)
