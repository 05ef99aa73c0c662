"""What Sphinx does to the pages of the documentation beside what its extensions do."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from docutils import nodes
from drawing_page import RUNTIME, add_runtime, make_page
from gallery import FOLDER, ORDER_OF_FILES, REPOSITORY, launchers
from screenshots import copy_kept_screenshots, take_screenshots
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from used_in import ROOT, examples_with, pages_with


class UsedIn(SphinxDirective):
    """Links to the pages of the guide that use a name, and thumbnails of the examples."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Make them; a name that nothing uses gets none."""
        name = self.arguments[0]
        pages, examples = pages_with(name), examples_with(name)
        lines = [".. rubric:: Used in", ""] if pages or examples else []
        if pages:
            lines += ["User guide: " + ", ".join(f":doc:`/{page}`" for page in pages) + ".", ""]
        if examples:
            source = os.path.relpath(ROOT / "examples" / FOLDER, ROOT / "docs")
            lines += [".. minigallery::", *(f"   {source}/{each}.py" for each in examples)]
        return self.parse_text_to_nodes("\n".join(lines))


def add_launchers(app: Sphinx, document: nodes.document) -> None:
    """Add a line of links to the top of each example's page."""
    folder, _, name = app.env.docname.partition("/")
    if folder != FOLDER or name not in ORDER_OF_FILES:
        return
    line = nodes.paragraph(classes=["launchers"])
    for text, address in launchers(name).items():
        line += nodes.reference("", text, refuri=address, internal=False, classes=["launcher"])
    if not REPOSITORY:
        line += nodes.inline("", "and upload the notebook that can be downloaded below.")
    title = next(iter(document.findall(nodes.title)))
    title.parent.insert(title.parent.index(title) + 1, line)


def copy_notebooks(app: Sphinx, error: Exception | None) -> None:
    """Put the notebooks where their addresses do not change from build to build."""
    if error is None and app.builder.format == "html":
        target = Path(app.outdir) / "notebooks"
        target.mkdir(exist_ok=True)
        for notebook in (Path(app.srcdir) / FOLDER).glob("*.ipynb"):
            shutil.copy(notebook, target)


def take_images_of_pages(app: Sphinx) -> None:
    """Show the pages to draw on as they are now, or as they were where there is no browser."""
    folder = Path(app.srcdir) / "images" / "generated"
    if app.builder.format == "html":
        page = _drawing_page(app)
        _make_drawing_page(page)
        try:
            take_screenshots(folder, page)
        except OSError as reason:
            # Shown in a quiet build, too, which a slow browser is not to end.
            print(f"earlier images of pages are shown: {reason}", file=sys.stderr)
    copy_kept_screenshots(folder)


def add_drawing_page(app: Sphinx, error: Exception | None) -> None:
    """Add the page that reads digits in the browser."""
    if error is None and app.builder.format == "html":
        shutil.copytree(_drawing_page(app), Path(app.outdir) / "draw", dirs_exist_ok=True)


def _drawing_page(app: Sphinx) -> Path:
    """Return where it lies before the documentation is there to which it belongs."""
    return Path(app.doctreedir) / "draw"


def _make_drawing_page(folder: Path) -> None:
    """Make it, without its runtime where npm brings none."""
    make_page(folder)
    try:
        add_runtime(folder)
    except (OSError, subprocess.SubprocessError) as reason:
        # The page says so itself.
        logging.getLogger(__name__).info("draw/ is without %s: %s", RUNTIME, reason)
    except ValueError as reason:
        logging.getLogger(__name__).warning("draw/ is without %s: %s", RUNTIME, reason)
