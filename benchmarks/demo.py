"""How long the page of `mnistcnn demo` takes to answer a stroke.

    python -m benchmarks.demo

"server" is the time from the drawing, as the browser sends it, to the answer: decoding, normalizing
and predicting. "browser" is the time from the end of the stroke to the new answer on the page, in
Chromium on the same machine, with the command as a process of its own. Each drawing is another one.
"""

import argparse
import base64
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from PIL import Image

from mnistcnn import DigitNormalizer, load_pretrained, load_sample_digits
from mnistcnn.app import PageReader
from mnistcnn.app._fields import DRAWING_PREFIX
from mnistcnn.app._replies import read_drawing

COMMAND = "from mnistcnn.cli import main; main()"
SIDE = 280
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Draws one stroke by pointer events, and waits until the image of what the network saw changes.
STROKE = """
(corner) => new Promise((answered) => {
  const canvas = document.querySelector(".pad-canvas");
  const answer = document.querySelector(".answer");
  const seen = () => answer.querySelector(".seen img")?.src;
  const before = seen();
  const box = canvas.getBoundingClientRect();
  canvas.setPointerCapture = () => {};
  canvas.hasPointerCapture = () => true;
  const pointer = (name, x, y) => canvas.dispatchEvent(new PointerEvent(name, {
    pointerId: 1, isPrimary: true, button: 0, bubbles: true,
    clientX: box.left + x * box.width, clientY: box.top + y * box.height,
  }));
  pointer("pointerdown", 0.3, 0.2);
  pointer("pointermove", ...corner);
  pointer("pointermove", 0.45, 0.85);
  const start = performance.now();
  new MutationObserver((_, observer) => {
    if (seen() === undefined || seen() === before) return;
    observer.disconnect();
    answered(performance.now() - start);
  }).observe(answer, { childList: true, subtree: true, attributes: true });
  pointer("pointerup", 0.45, 0.85);
})
"""


def server_milliseconds(n_drawings: int) -> list[float]:
    """Return how long each drawing takes, once the first one has been answered."""
    reader = PageReader(load_pretrained(), DigitNormalizer())
    values = [drawing(image) for image in load_sample_digits().images[: n_drawings + 1]]
    times = []
    for value in values:
        start = time.perf_counter()
        read_drawing(reader, value)
        times.append(1000 * (time.perf_counter() - start))
    return times[1:]


def browser_milliseconds(n_drawings: int, browser: str) -> list[float]:
    """Return how long each stroke takes, once the first one has been answered."""
    from playwright.sync_api import sync_playwright

    with served() as address, sync_playwright() as driver:
        chromium = driver.chromium.launch(
            executable_path=browser, args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        page = chromium.new_page()
        page.goto(address)
        page.locator(".pad-canvas").wait_for()
        times = []
        for number in range(n_drawings + 1):
            times.append(page.evaluate(STROKE, [0.6 + 0.3 * number / n_drawings, 0.2]))
            page.get_by_role("button", name="Clear").click()
            page.locator(".answer-message:visible").wait_for()
        chromium.close()
    return times[1:]


@contextmanager
def served(program: str = COMMAND) -> Iterator[str]:
    """Run the command in a process of its own, and give the address of its page."""
    command = [sys.executable, "-c", program, "demo"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.startswith("Open http"):
            raise RuntimeError("`mnistcnn demo` did not start")
        yield line.split()[1]
    finally:
        process.terminate()
        process.communicate()


def drawing(image: Any) -> str:
    """Return an image in MNIST's form as if it were drawn on the page, as the page sends it."""
    file = BytesIO()
    paper = Image.eval(Image.fromarray(image), lambda value: 255 - value)
    paper.resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(file, format="PNG")
    return DRAWING_PREFIX + base64.b64encode(file.getvalue()).decode()


def _line(name: str, times: list[float]) -> str:
    worst = statistics.quantiles(times, n=20)[-1]
    return f"{name:8} {statistics.median(times):6.1f} {worst:8.1f} {len(times):5}"


def main() -> None:
    """Print the medians and the 95th percentiles."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--drawings", type=int, default=200)
    n_drawings = parser.parse_args().drawings
    print("ms       median  95 % in     n")
    print(_line("server", server_milliseconds(n_drawings)), flush=True)
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print("browser  no Chromium is installed")
    else:
        print(_line("browser", browser_milliseconds(n_drawings, browser)))


if __name__ == "__main__":
    main()
