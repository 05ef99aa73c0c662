"""The reference holds every public name, and the README what it promises to hold."""

import itertools
import re
import sys
from importlib import import_module
from pathlib import Path

import pytest

import mnistcnn

ROOT = Path(__file__).parents[1]
# What makes the tables belongs to the repository, not to the installed package.
sys.path.insert(0, str(ROOT / "scripts"))

from docs_tables import (  # noqa: E402
    architectures_table,
    facts,
    public_names,
    reported_table,
)
from gallery import FIRST_CELL, ORDER, ORDER_OF_FILES, launchers  # noqa: E402
from used_in import examples_with, pages_with  # noqa: E402

from mnistcnn import architectures, get_architecture, list_architectures  # noqa: E402

PUBLIC = {f"mnistcnn.{name}" for name in mnistcnn.__all__} - {"mnistcnn.__version__"}


def page(name):
    return (ROOT / "docs" / name).read_text("utf-8")


def cells(table):
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    return {name.strip("`"): rest for name, *rest in rows}


# What a newcomer looks for: the pages that lead there by links, and what the last one says.
WAYS = {
    "how to install": (["index", "first_steps"], r"^## Install$[^#]*pip install"),
    "compare architectures": (["index", "comparing"], r"compare_architectures\("),
    "recognize a photograph": (["index", "handwriting"], r"load_pretrained\(\)[\s\S]*\.predict\("),
    "use a GPU": (["index", "faq"], r"^### Do I need a GPU\?$[\s\S]*?mnistcnn\[gpu\]"),
    "a Kaggle submission": (
        ["index", "gallery/kaggle_digit_recognizer"],
        r"write_kaggle_submission\(",
    ),
    "add an architecture": (
        ["index", "guide", "architectures"],
        r"^## An architecture of your own$",
    ),
    "what is fastest": (["index", "faq"], r"^### Which network is the fastest, .*$[^#]* seconds"),
    "what is most accurate": (
        ["index", "faq"],
        r"^### Which network .* the most accurate\?$[^#]* %",
    ),
    "its own validation set": (["index", "faq"], r"X_val="),
    "why a search resumes": (["index", "guide", "searching"], r"memory="),
}


@pytest.mark.parametrize("goal", WAYS)
def test_a_newcomer_gets_there_in_two_clicks(goal):
    pages, expected = WAYS[goal]
    texts = []
    for name in pages:
        example = ROOT / "examples" / f"{name}.py"
        texts.append(example.read_text("utf-8") if example.exists() else page(f"{name}.md"))
    for text, following in itertools.pairwise(zip(texts, pages, strict=True)):
        assert re.search(rf"\b{following[1]}\b", text[0]), f"{text[1]} does not lead on"
    assert re.search(expected, texts[-1], re.MULTILINE)
    assert len(pages) <= 3


def entries(directive):
    """What the blocks of a directive on the page of the reference hold."""
    blocks = re.findall(rf"^\.\. {directive}::\n((?:   .*\n|\n)+)", page("api.md"), re.MULTILINE)
    return [line.strip() for block in blocks for line in block.splitlines() if line[3:4] not in ":"]


def test_reference_lists_every_public_name_once():
    modules = entries("public-names")
    assert sorted(public_names(*modules)) == sorted(PUBLIC)
    assert len(modules) == len(set(modules))
    # What has a line of its own is imported from where it lives.
    assert not {name for name in entries("autosummary") if name.count(".") < 2}


def test_the_stub_names_each_public_name_once():
    assert sorted(public_names()) == sorted(PUBLIC)
    of_evaluation = ["mnistcnn.ComparisonResult", "mnistcnn.compare_architectures"]
    assert public_names("evaluation") == of_evaluation


def test_tables_of_the_architectures_hold_what_the_classes_say():
    table, reported = cells(architectures_table()), cells(reported_table())
    assert list(table) == list(reported) == list_architectures()
    for name, (constructor, layers, parameters, smallest, rate, source) in table.items():
        architecture = get_architecture(name)
        published = architecture.published
        assert constructor == f"`{type(architecture).__name__}`"
        assert (layers, source) == (published.layers, published.source)
        assert int(parameters.replace(",", "")) == published.n_parameters
        assert int(smallest) == architecture.minimum_image_size
        assert float(rate) == architecture.learning_rate
        assert reported[name] == [published.reported, source]
        assert parameters in facts(type(architecture))


def test_the_page_of_the_architectures_takes_both_tables():
    assert "\n{{ registered_architectures }}\n" in page("architectures.md")
    assert "\n{{ reported_results }}\n" in page("architectures.md")


def documented():
    """Every name that has a page of its own, with its modules."""
    of_rooms = {name for name in entries("autosummary") if name.count(".") == 2}
    return PUBLIC | of_rooms | {f"mnistcnn.architectures.{each}" for each in architectures.__all__}


def test_each_public_name_has_an_example():
    things = {
        name: getattr(import_module(name.rpartition(".")[0]), name.rpartition(".")[2])
        for name in documented()
    }
    assert not [name for name, thing in things.items() if ">>> " not in (thing.__doc__ or "")]


def test_the_guide_or_an_example_uses_each_public_name():
    short = {name.rpartition(".")[2] for name in documented()}
    assert not [name for name in sorted(short) if not pages_with(name) + examples_with(name)]


def test_examples_have_an_order_and_links_to_open_them():
    assert sorted(ORDER) == sorted(ORDER_OF_FILES)
    assert len(launchers("pipeline")) == 2
    assert "%pip install" in FIRST_CELL


def test_readme_shows_a_runnable_example_and_both_commands():
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    assert any(line.startswith(">>> from mnistcnn import") for line in lines[:40])
    assert "pip install . && mnistcnn compare" in lines
    assert 'pip install -e ".[test]" && pytest' in lines
