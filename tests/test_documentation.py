"""The reference holds every public name, and the README what it promises to hold."""

import re
from pathlib import Path

import mnistcnn

ROOT = Path(__file__).parents[1]


def test_reference_lists_every_public_name_once():
    listed = re.findall(r"^   mnistcnn\.(\w+)$", (ROOT / "docs/api.md").read_text("utf-8"), re.M)
    assert sorted(listed) == sorted(set(mnistcnn.__all__) - {"__version__"})


def test_readme_shows_a_runnable_example_and_both_commands():
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    assert any(line.startswith(">>> from mnistcnn import") for line in lines[:40])
    assert "pip install . && mnistcnn compare" in lines
    assert 'pip install -e ".[test]" && pytest' in lines
