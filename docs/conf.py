"""Sphinx configuration: Markdown pages and the docstrings of the public names."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import mnistcnn

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

autosummary_generate = True
autodoc_typehints = "none"
# The pages of the classes list their methods themselves.
numpydoc_show_class_members = False
