"""Prints the lowest versions that pyproject.toml allows, as constraints for pip.

    python scripts/lowest_versions.py plot demo dask ray optuna onnx litert test > lowest.txt
    pip install --constraint lowest.txt ".[test]"

Covers the direct dependencies and those of the extras that are named.
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
LOWER_BOUND = re.compile(r"(?P<name>[\w.-]+)(\[[\w,-]+\])?>=(?P<version>[\w.]+)")


def constraints(extras: list[str]) -> Iterator[str]:
    """Yield ``name==version`` for each requirement that has a lower bound."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    groups = [project["dependencies"], *(project["optional-dependencies"][e] for e in extras)]
    for requirement in (requirement for group in groups for requirement in group):
        if bound := LOWER_BOUND.match(requirement):
            yield f"{bound['name']}=={bound['version']}"


if __name__ == "__main__":
    print("\n".join(constraints(sys.argv[1:])))
