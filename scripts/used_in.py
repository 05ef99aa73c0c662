"""Where the guide and the examples use a public name."""

import re
from functools import cache
from pathlib import Path

from gallery import FOLDER, ORDER_OF_FILES

from mnistcnn import architectures

ROOT = Path(__file__).parents[1]
# Pages that name everything, or nothing that a user would look up there.
NOT_OF_THE_GUIDE = {
    "api",
    "architecture_classes",
    "benchmark_results",
    "changelog",
    "contributing",
    "guide",
    "index",
}
CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.MULTILINE | re.DOTALL)


@cache
def _code_of_pages() -> dict[str, str]:
    pages = sorted((ROOT / "docs").glob("*.md"))
    return {
        page.stem: "\n".join(CODE.findall(page.read_text("utf-8")))
        for page in pages
        if page.stem not in NOT_OF_THE_GUIDE
    }


@cache
def _code_of_examples() -> dict[str, str]:
    folder = ROOT / "examples" / FOLDER
    return {name: (folder / f"{name}.py").read_text("utf-8") for name in ORDER_OF_FILES}


def pages_with(name: str) -> list[str]:
    """Return the pages of the guide that have a name in their code, without extension.

    Parameters
    ----------
    name : str
        A public name without its modules; an architecture is found by its registered name, too.
    """
    return [page for page, code in _code_of_pages().items() if _mentions(name, code)]


def examples_with(name: str) -> list[str]:
    """Return the examples of the gallery that have a name in their code or their text.

    Parameters
    ----------
    name : str
        As in `pages_with`.
    """
    return [example for example, code in _code_of_examples().items() if _mentions(name, code)]


def _mentions(name: str, code: str) -> bool:
    registered = getattr(getattr(architectures, name, None), "name", None)
    written = rf"\b{name}\b" if registered is None else rf"\b{name}\b|[\"`]{registered}[\"`]"
    return re.search(written, code) is not None
