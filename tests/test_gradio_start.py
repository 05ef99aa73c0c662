"""Gradio is imported without its writing of stubs, and its classes are the same."""

import subprocess
import sys

import pytest

# Each imports Gradio in a process of its own.
pytestmark = pytest.mark.slow

pytest.importorskip("gradio", reason="the page needs Gradio: pip install 'mnistcnn[demo]'")

EVENTS = """
import gradio
print(sorted(str(event) for event in gradio.HTML.EVENTS), callable(gradio.Button().click))
"""
LOADED = """
import gc, sys
from mnistcnn.app._gradio_start import load_gradio
finders = list(sys.meta_path)
load_gradio()
load_gradio()
assert sys.meta_path == finders
assert gc.isenabled()
"""
WROTE_STUBS = """
import ast
seen, parse = [], ast.parse
ast.parse = lambda source, *others, **named: seen.append(source) or parse(source, *others, **named)
"""
CLASSES_PARSED = "print(sum('EVENTS' in str(source) for source in seen))"


def printed(program):
    command = [sys.executable, "-W", "ignore", "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_its_classes_have_the_same_events():
    assert printed(LOADED + EVENTS) == printed(EVENTS)


def test_no_source_is_parsed_for_stubs():
    # If this fails, Gradio writes them elsewhere, or no longer: see `mnistcnn.app._gradio_start`.
    assert int(printed(WROTE_STUBS + "import gradio\n" + CLASSES_PARSED)) > 0
    assert int(printed(WROTE_STUBS + LOADED + CLASSES_PARSED)) == 0
