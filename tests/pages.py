"""Using the page of `mnistcnn demo` in a real browser, with mouse, finger and keyboard."""

import shutil
import socket
import sys
from contextlib import contextmanager

import numpy as np
import pytest

COMMAND = [sys.executable, "-m", "mnistcnn", "demo"]
BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
BROWSER_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# Strokes in the unit square, as a right-handed person draws them.
CIRCLE = [(0.5 + 0.2 * np.sin(t), 0.5 - 0.32 * np.cos(t)) for t in np.linspace(0, -6.3, 20)]
STROKES = {
    0: [CIRCLE],
    1: [[(0.5, 0.15), (0.5, 0.85)]],
    2: [
        [(0.5 - 0.18 * np.cos(t), 0.35 - 0.18 * np.sin(t)) for t in np.linspace(0, 3.6, 15)]
        + [(0.3, 0.85), (0.72, 0.85)]
    ],
    3: [
        [(0.48 - 0.17 * np.cos(t), 0.32 - 0.17 * np.sin(t)) for t in np.linspace(0.6, 4.5, 15)]
        + [(0.48 + 0.19 * np.cos(t), 0.67 + 0.19 * np.sin(t)) for t in np.linspace(-1.5, 2.5, 15)]
    ],
    4: [[(0.4, 0.15), (0.3, 0.55), (0.7, 0.55)], [(0.62, 0.3), (0.6, 0.88)]],
    7: [[(0.3, 0.18), (0.7, 0.18), (0.45, 0.85)]],
}


def playwright():
    return pytest.importorskip("playwright.sync_api", reason="browsers are driven by Playwright")


@contextmanager
def visits(browser, address):
    """Gives what opens the page; afterwards there must be neither errors nor other requests."""
    contexts, errors, requests = [], [], []

    def note_console(entry):
        if entry.type == "error":
            errors.append(entry.text)

    def open_it(**options):
        context = browser.new_context(**options)
        contexts.append(context)
        context.on("request", lambda request: requests.append(request.url))
        context.on("console", note_console)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.goto(address)
        page.locator(".pad-canvas").wait_for()
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert requests
    assert not [url for url in requests if not url.startswith((address, "data:", "blob:"))]
    assert not errors


def expect(page, text):
    """Wait until the answer that is visible is this digit or holds this message."""
    if isinstance(text, int):
        shown = page.locator(".answer-digit:visible")
        playwright().expect(shown).to_have_text(str(text), timeout=15_000)
    else:
        shown = page.locator(".answer-message:visible")
        playwright().expect(shown).to_contain_text(text, timeout=15_000)


def draw(page, strokes):
    """Draw with the mouse."""
    box = page.locator(".pad-canvas").bounding_box()
    for stroke in strokes:
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place)
        page.mouse.up()


def touch(page, stroke):
    """Draw one stroke with a finger."""
    box = page.locator(".pad-canvas").bounding_box()
    send = page.context.new_cdp_session(page).send

    def finger(event, *points):
        places = [
            {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]} for x, y in points
        ]
        send("Input.dispatchTouchEvent", {"type": event, "touchPoints": places})

    finger("touchStart", stroke[0])
    for point in stroke[1:]:
        finger("touchMove", point)
    finger("touchEnd")


def choose(page, tab, file):
    """Upload a file on one of the tabs."""
    page.get_by_role("tab", name=tab).click()
    panel = page.get_by_role("tabpanel").filter(visible=True)
    with page.expect_file_chooser() as chooser:
        panel.get_by_role("button", name="upload").or_(panel.locator("button")).first.click()
    chooser.value.set_files(file)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]
