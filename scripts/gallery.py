"""What the gallery of examples needs beside sphinx-gallery: an order, an installation, links.

Colab and Kaggle open a notebook by its address, and install the library from that of the
repository. GitHub names the repository in the builds that it runs; elsewhere, links lead to where
a notebook can be uploaded.
"""

import os
from collections.abc import Iterable
from pathlib import Path

# In the order of a first week; whatever is not named comes last.
ORDER = (
    "pipeline",
    "own_validation_set",
    "misclassified_digits",
    "augmentation_seen",
    "cross_validate",
    "search_architectures",
    "halving_search",
    "optuna_study",
    "custom_architecture",
    "ensembles_and_views",
    "new_writers",
    "own_handwriting",
    "read_a_sheet",
    "other_classes",
    "kaggle_digit_recognizer",
    "save_and_deploy",
)
FOLDER = "gallery"
# Where .github/workflows/docs.yml pushes the notebooks, in a folder of that name.
BRANCH = os.environ.get("MNISTCNN_DOCS_BRANCH", "notebooks")
REPOSITORY = os.environ.get("GITHUB_REPOSITORY", "")

SOURCE = f"git+https://github.com/{REPOSITORY or 'OWNER/mnistcnn'}"
FIRST_CELL = f"""\
# The library is not on PyPI yet, so this installs it from its Git repository.
# A checkout works as well: SOURCE = "file:///path/to/mnistcnn"
SOURCE = "{SOURCE}"
%pip install --quiet "mnistcnn[plot,optuna] @ {{SOURCE}}"
"""


def in_order(filename: str) -> tuple[int, str]:
    """Return by what an example is sorted.

    Parameters
    ----------
    filename : str
        Its file, such as ``"pipeline.py"``.
    """
    name = Path(filename).stem
    return (ORDER.index(name) if name in ORDER else len(ORDER), name)


def launchers(name: str) -> dict[str, str]:
    """Return where an example can be opened, by what the link says.

    Parameters
    ----------
    name : str
        The example, such as ``"pipeline"``.
    """
    if not REPOSITORY:
        return {
            "Open Colab": "https://colab.research.google.com/",
            "Open Kaggle": "https://www.kaggle.com/code",
        }
    notebook = f"{REPOSITORY}/blob/{BRANCH}/notebooks/{name}.ipynb"
    return {
        "Open in Colab": f"https://colab.research.google.com/github/{notebook}",
        "Open in Kaggle": f"https://kaggle.com/kernels/welcome?src=https://github.com/{notebook}",
    }


def names_of_examples() -> Iterable[str]:
    """Return the names of the files in examples/gallery/, without their extension."""
    return (path.stem for path in (Path(__file__).parents[1] / "examples" / "gallery").glob("*.py"))


ORDER_OF_FILES = sorted(names_of_examples(), key=in_order)
