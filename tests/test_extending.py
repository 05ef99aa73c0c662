"""What it takes to add an architecture or a transformer: three edits each, made in a copy."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = "src", "tests", "docs", "scripts"
FILES = "conftest.py", "pyproject.toml", "README.md", "CHANGELOG.md"

# Each runs commands and tests in a copy of the repository.
pytestmark = [pytest.mark.slow, pytest.mark.long]


def files_of(folder):
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder): path.read_bytes()
        for path in paths
        if not {"__pycache__", "_build", "generated"} & set(path.parts)
    }


class Copy:
    """The sources in a folder of their own, to be edited and run there."""

    def __init__(self, folder):
        self.folder = folder
        for name in FOLDERS:
            shutil.copytree(ROOT / name, folder / name)
        for name in FILES:
            shutil.copy2(ROOT / name, folder)
        self.before = files_of(folder)

    def write(self, path, text):
        (self.folder / path).write_text(text, encoding="utf-8")

    def insert(self, path, line, *, before):
        text = (self.folder / path).read_text(encoding="utf-8")
        assert text.count(before) >= 1
        self.write(path, text.replace(before, f"{line}\n{before}", 1))

    def edited(self):
        after = files_of(self.folder)
        return {str(path) for path, content in after.items() if self.before.get(path) != content}

    def run(self, *arguments):
        answer = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": "src", "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.returncode == 0, answer.stdout[-3000:] + answer.stderr[-3000:]
        return answer.stdout

    def run_tests(self, *arguments):
        options = "-q", "-p", "no:cacheprovider", "-o", "addopts=", "-rN"
        summary = self.run("-m", "pytest", *options, *arguments).splitlines()[-1]
        return int(re.search(r"(\d+) passed", summary)[1])


@pytest.fixture
def copy(tmp_path):
    return Copy(tmp_path)


def example_of_the_documentation():
    page = (ROOT / "docs" / "architectures.md").read_text(encoding="utf-8")
    section = page.partition("## Register one")[2]
    return dedent(re.search(r"   ```python\n(.*?)   ```", section, re.DOTALL)[1])


COMPARED = """
from mnistcnn import compare_architectures, list_architectures, load_sample_digits
X, y = load_sample_digits(return_X_y=True)
first, *_, last = list_architectures()
result = compare_architectures(X[:200], y[:200], architectures=[first, last], epochs=1, cv=2)
print(sorted(result.table["architecture"]))
"""


def test_an_architecture_takes_its_class_its_line_and_its_news(copy):
    copy.write("src/mnistcnn/architectures/_mine.py", example_of_the_documentation())
    copy.insert(
        "src/mnistcnn/architectures/__init__.py",
        "from mnistcnn.architectures._mine import OneConvolution as OneConvolution",
        before="# isort: on",
    )
    copy.insert("CHANGELOG.md", "- The architecture `one_convolution`.", before="- `DigitCNN")
    assert len(copy.edited()) == 3

    assert copy.run("-c", COMPARED).strip() == "['baseline', 'one_convolution']"
    row = "| `one_convolution` | `OneConvolution` | Conv16 3x3, pool | 27,210 | 4 | 0.001 |"
    assert row in copy.run("scripts/docs_tables.py")
    tests = "architectures", "architectures_networks", "documentation"
    chosen = "one_convolution or OneConvolution or registry or documentation"
    assert copy.run_tests(*(f"tests/test_{name}.py" for name in tests), "-k", chosen) > 15


TRANSFORMER = '''
"""Exchanges light and dark."""

from sklearn.base import BaseEstimator, TransformerMixin


class PixelInverter(TransformerMixin, BaseEstimator):
    """Numpydoc."""

    def fit(self, X, y=None):
        """Learn nothing."""
        return self

    def transform(self, X):
        """Return the pixels, inverted."""
        return 255 - X
'''

TWIN = """
import numpy as np
from sklearn.pipeline import make_pipeline

from mnistcnn import ImageReshaper, PixelInverter


def test_light_and_dark_are_exchanged():
    images = make_pipeline(PixelInverter(), ImageReshaper()).fit_transform(np.zeros((2, 784)))
    assert (images == 255).all()
"""


def test_a_transformer_takes_its_module_its_twin_and_its_line(copy):
    copy.write("src/mnistcnn/preprocessing/_inverter.py", TRANSFORMER)
    copy.write("tests/test_inverter.py", TWIN)
    line = "from .preprocessing._inverter import PixelInverter as PixelInverter"
    copy.insert("src/mnistcnn/__init__.pyi", line, before="\n__version__")
    assert len(copy.edited()) == 3

    shown = copy.run("-c", "import mnistcnn; print(mnistcnn.PixelInverter, dir(mnistcnn))")
    assert "preprocessing._inverter.PixelInverter" in shown
    assert "'PixelInverter'" in shown
    listed = "from docs_tables import public_names; print(public_names('preprocessing'))"
    assert "mnistcnn.PixelInverter" in copy.run(
        "-c", f"import sys; sys.path.append('scripts'); {listed}"
    )
    assert copy.run_tests("tests/test_inverter.py", "tests/test_documentation.py") > 1
