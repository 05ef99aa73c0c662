"""What the docs save in one process, the docs load in another."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

BLOCK = re.compile(r"^```(?:python|\{doctest\})\n(.*?)^```$", re.M | re.S)
LOADS = re.compile(r"load_classifier\(|joblib\.load\(|pickle\.loads?\(|load_model\(|load_weights\(")
SAVES = re.compile(
    r"\.save\(\"|save_classifier\(|joblib\.dump\(|pickle\.dumps?\(|model_\.save|ModelCheckpoint\("
)


def blocks_of(page):
    return BLOCK.findall(page.read_text("utf-8"))


SAVING = {page.name: page for page in PAGES if any(map(SAVES.search, blocks_of(page)))}


@pytest.fixture(scope="module", params=SAVING)
def page_with_files(request, tmp_path_factory):
    """The blocks of a page, and a folder with all files that they write in one process."""
    blocks, folder = blocks_of(SAVING[request.param]), tmp_path_factory.mktemp("saved")
    writers = [block for block in blocks if not LOADS.search(block)]
    run("\n".join(writers), folder)
    return blocks, folder


def run(block, folder):
    """Run a block, and check what its examples show, in a process that stops at a warning."""
    (folder / "block").write_text(block, "utf-8")
    options = ["-m", "doctest", "-o", "ELLIPSIS"] if ">>>" in block else []
    command = [sys.executable, "-W", "error::UserWarning", *options, "block"]
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, (answer.stdout + answer.stderr)[-3000:]


@pytest.mark.long
@pytest.mark.slow
def test_each_block_that_loads_does_so_in_a_process_of_its_own(page_with_files):
    blocks, folder = page_with_files
    readers = [block for block in blocks if LOADS.search(block)]
    for block in readers:
        run(block, folder)
    assert readers


def test_every_page_that_saves_or_loads_is_run():
    loading = {page.name for page in PAGES if any(map(LOADS.search, blocks_of(page)))}
    assert loading == set(SAVING) == {"saving.md", "command_line.md"}


def test_no_recipe_hides_in_running_text():
    for page in PAGES:
        text = BLOCK.sub("", page.read_text("utf-8"))
        if page.name != "changelog.md":
            assert not re.findall(
                r"`[^`\n]*(?:load_model|load_weights|joblib\.load)\([^`\n]*`", text
            )
