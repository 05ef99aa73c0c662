"""Takes the images that the documentation shows of the two pages to draw on, in a real browser.

The build of the documentation does so; where there is no browser, it shows those in docs/images,
which are made by

    python scripts/screenshots.py
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING

from drawing_page import RUNTIME, RUNTIME_FILES, add_runtime, make_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

KEPT = Path(__file__).parents[1] / "docs" / "images"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
DEMO = [sys.executable, "-m", "mnistcnn", "demo"]
# The corners of a 7, in the unit square.
SEVEN = [(0.3, 0.18), (0.7, 0.18), (0.45, 0.85)]
OF_DEMO, OF_SHEET, OF_DRAWING_PAGE = ("demo.png", "demo-sheet.png", "draw.png")
MILLISECONDS = 30_000


def take_screenshots(folder: Path, drawing_page: Path) -> None:
    """Write an image of the page of the command, of a sheet on it, and of the page of the docs.

    Parameters
    ----------
    folder : Path
        Where to write them.
    drawing_page : Path
        The folder that the page of the docs is in. Without its runtime there is no image of it.

    Raises
    ------
    FileNotFoundError
        If Playwright, Chromium or Gradio is not installed.
    OSError
        If a page does not answer.
    """
    with _browser() as browser:
        with _demo() as address:
            _drawn_on(browser, address, ".explanation .seen").screenshot(
                path=folder / OF_DEMO, full_page=True
            )
            _read_sheet(browser, address).screenshot(path=folder / OF_SHEET, full_page=True)
        if all((drawing_page / RUNTIME / name).exists() for name in RUNTIME_FILES.values()):
            with _served(drawing_page) as address:
                _drawn_on(browser, address, ".seen").screenshot(
                    path=folder / OF_DRAWING_PAGE, full_page=True
                )


def copy_kept_screenshots(folder: Path) -> None:
    """Copy those that were taken before to where they are shown from, where there are none."""
    for name in (OF_DEMO, OF_SHEET, OF_DRAWING_PAGE):
        if not (folder / name).exists():
            shutil.copy(KEPT / name, folder / name)


@contextmanager
def _browser() -> "Iterator[Browser]":
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as error:
        raise FileNotFoundError("Playwright is not installed") from error
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        raise FileNotFoundError("no Chromium is installed")
    if find_spec("gradio") is None:
        raise FileNotFoundError("Gradio is not installed")
    try:
        with sync_playwright() as driver:
            yield driver.chromium.launch(executable_path=path, args=ARGUMENTS)
    except Error as error:
        raise OSError(f"the browser failed: {error}") from error


@contextmanager
def _demo() -> Iterator[str]:
    """Serve the page of the command, and give its address."""
    with subprocess.Popen(DEMO, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield _announced(process)
        finally:
            # So that it removes what was uploaded.
            process.terminate()


def _announced(process: "subprocess.Popen[str]") -> str:
    """Return the address that the command prints."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("Open http"):
            return line.split()[1]
    raise OSError("mnistcnn demo did not start")


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """Serve the files of a folder, and give its address."""
    handler = partial(_Silent, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


class _Silent(SimpleHTTPRequestHandler):
    """A server of files that logs nothing."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _opened(browser: "Browser", address: str) -> "Page":
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.set_default_timeout(MILLISECONDS)
    page.goto(address)
    page.locator(".pad-canvas").wait_for()
    return page


def _drawn_on(browser: "Browser", address: str, answered: str) -> "Page":
    """Draw a 7 with the mouse, and wait until what is answered is there."""
    page = _opened(browser, address)
    page.get_by_text("The canvas is empty").wait_for()
    box = page.locator(".pad-canvas").bounding_box()
    assert box is not None
    corners = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in SEVEN]
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*corner)
    page.mouse.up()
    page.locator(answered).first.wait_for()
    return page


def _read_sheet(browser: "Browser", address: str) -> "Page":
    page = _opened(browser, address)
    page.get_by_role("tab", name="Sheet").click()
    page.get_by_text("Try an example").filter(visible=True).click()
    page.locator(".sheet rect:visible").first.wait_for()
    return page


def main() -> None:
    """Take those that are kept."""
    with TemporaryDirectory() as folder:
        page = Path(folder) / "draw"
        make_page(page)
        add_runtime(page)
        take_screenshots(KEPT, page)


if __name__ == "__main__":
    main()
