"""What a visitor finds on the page of `mnistcnn demo`: examples, networks, corrections, tables."""

import signal
import subprocess
from types import SimpleNamespace

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from choice import long
from commands import UNPICKLED
from mnistcnn.datasets import load_labeled
from pages import COMMAND, STROKES, draw, expect, playwright, visits

# They start processes of their own.
pytestmark = pytest.mark.slow

pytest.importorskip("gradio", reason="the page needs Gradio: pip install 'mnistcnn[demo]'")

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESKTOP = {"viewport": {"width": 1400, "height": 900}}


@pytest.fixture(scope="module")
def server(tmp_path_factory, digits):
    """The command with a classifier of the user's own beside the pretrained one."""
    X, y = digits
    folder = tmp_path_factory.mktemp("visits")
    model_file, corrected = folder / "linear.joblib", folder / "corrected.npz"
    joblib.dump(LogisticRegression(max_iter=50, tol=0.1).fit(X[:600], y[:600]), model_file)
    options = [*UNPICKLED, str(model_file), "--corrections", str(corrected), "--json"]
    process = subprocess.Popen([*COMMAND, *options], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "{\n"
        address = process.stdout.readline().split('"')[3]
        yield SimpleNamespace(address=address, corrected=corrected)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        assert process.returncode == 130
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def open_page(browser, server):
    server.corrected.unlink(missing_ok=True)
    with visits(browser, server.address) as open_it:
        yield open_it


def seen(page):
    """What of the page the visitor sees now."""
    return page.get_by_role("tabpanel").filter(visible=True)


def take_example(page, tab):
    page.get_by_role("tab", name=tab).click()
    seen(page).get_by_role("button", name="Try an example").click()


def say(page, label):
    """Say what the digit is."""
    seen(page).get_by_role("radio", name=label, exact=True).check()
    seen(page).get_by_role("button", name="Keep for training").click()


def expect_text(page, selector, text):
    playwright().expect(seen(page).locator(selector)).to_have_text(text)


class TestExamples:
    def test_a_click_shows_and_reads_a_digit(self, open_page):
        page = open_page()
        for digit in range(10):
            page.get_by_role("button", name=f"Example: {digit}").click()
            expect(page, digit)

    def test_undo_brings_back_the_drawing_that_was_there(self, open_page):
        page = open_page()
        draw(page, STROKES[7])
        expect(page, 7)
        for digit in (3, 2):
            page.get_by_role("button", name=f"Example: {digit}").click()
            expect(page, digit)
        for digit in (3, 7):
            page.get_by_role("button", name="Undo").click()
            expect(page, digit)
        page.get_by_role("button", name="Undo").click()
        expect(page, "canvas is empty")

    def test_more_can_be_drawn_beside_one(self, open_page):
        page = open_page()
        page.get_by_role("button", name="Example: 2").click()
        expect(page, 2)
        draw(page, [[(0.92, 0.2), (0.92, 0.8)]])
        expect_text(page, ".sheet-text", "21")

    def test_they_are_reached_by_keyboard(self, open_page):
        page = open_page()
        page.get_by_role("button", name="Clear").focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page, 0)

    def test_each_tab_has_one_that_is_read(self, open_page):
        page = open_page()
        take_example(page, "Image")
        expect(page, 5)
        take_example(page, "Sheet")
        expect_text(page, ".sheet-text", "3141 5926 807")


class TestNetworks:
    def test_another_one_reads_what_is_there(self, open_page):
        page = open_page()
        playwright().expect(page.get_by_role("radio", name="linear.joblib")).to_be_checked()
        page.get_by_role("button", name="Example: 4").click()
        expect(page, 4)
        before = page.locator(".answer-second").inner_text()
        page.get_by_role("radio", name="pretrained").check()
        playwright().expect(page.locator(".answer-second")).not_to_have_text(before)
        expect(page, 4)

    def test_one_is_chosen_by_keyboard(self, open_page):
        page = open_page()
        page.get_by_role("radio", name="linear.joblib").focus()
        page.keyboard.press("ArrowRight")
        playwright().expect(page.get_by_role("radio", name="pretrained")).to_be_checked()


class TestExplanation:
    def test_one_digit_has_a_map_of_what_decided(self, open_page):
        page = open_page()
        page.get_by_role("button", name="Example: 4").click()
        seen(page).locator(".explanation img").wait_for()
        assert "decisive" in seen(page).locator(".explanation figcaption").inner_text()
        page.get_by_role("button", name="Clear").click()
        playwright().expect(seen(page).locator(".explanation img")).to_have_count(0)

    def test_several_digits_have_none(self, open_page):
        page = open_page()
        page.get_by_role("button", name="Example: 2").click()
        seen(page).locator(".explanation img").wait_for()
        draw(page, [[(0.92, 0.2), (0.92, 0.8)]])
        expect_text(page, ".sheet-text", "21")
        playwright().expect(seen(page).locator(".explanation img")).to_have_count(0)


class TestCorrections:
    def test_are_kept_for_training(self, open_page, server):
        page = open_page()
        draw(page, STROKES[7])
        expect(page, 7)
        say(page, "1")
        expect_text(page, ".kept", "Kept as 1. Digits to train on: 1.")
        take_example(page, "Image")
        expect(page, 5)
        say(page, "5")
        expect_text(page, ".kept", "Kept as 5. Digits to train on: 2.")
        X, y = load_labeled(server.corrected)
        assert X.shape == (2, 784)
        np.testing.assert_array_equal(y, [1, 5])

    def test_the_keyboard_is_enough(self, open_page):
        page = open_page()
        page.get_by_role("button", name="Example: 4").click()
        expect(page, 4)
        seen(page).get_by_role("radio", name="0").focus()
        page.keyboard.press("Space")
        for _ in range(9):
            page.keyboard.press("ArrowRight")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect_text(page, ".kept", "Kept as 9. Digits to train on: 1.")

    def test_the_label_of_one_digit_is_not_that_of_the_next(self, open_page):
        page = open_page()
        draw(page, STROKES[7])
        expect(page, 7)
        say(page, "1")
        expect_text(page, ".kept", "Kept as 1. Digits to train on: 1.")
        page.get_by_role("button", name="Example: 4").click()
        expect(page, 4)
        playwright().expect(seen(page).locator(".kept")).to_have_count(0)
        seen(page).get_by_role("button", name="Keep for training").click()
        expect_text(page, ".kept", "Choose what it is first.")

    def test_are_asked_for_where_a_digit_is_shown(self, open_page):
        page = open_page()
        question = page.get_by_role("group", name="Was it wrong").or_(page.locator(".correction"))
        playwright().expect(question.filter(visible=True)).to_have_count(0)
        draw(page, [[(0.5, 0.5), (0.5, 0.5)]])
        expect(page, "Not a digit")
        say(page, "1")
        expect_text(page, ".kept", "Kept as 1. Digits to train on: 1.")

    def test_a_finger_can_do_it(self, open_page):
        page = open_page(**PHONE)
        page.get_by_role("button", name="Example: 4").tap()
        expect(page, 4)
        seen(page).locator(".correction label").filter(has_text="9").tap()
        seen(page).get_by_role("button", name="Keep for training").tap()
        expect_text(page, ".kept", "Kept as 9. Digits to train on: 1.")


class TestTables:
    @pytest.mark.parametrize("has_clipboard", [True, False])
    def test_are_copied(self, open_page, has_clipboard):
        page = open_page()
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        if not has_clipboard:
            # As where a page of another machine comes without encryption.
            page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
        take_example(page, "Sheet")
        expect_text(page, ".sheet-text", "3141 5926 807")
        seen(page).get_by_role("button", name="Copy digits").click()
        expect_text(page, ".copied", "Copied.")
        assert pasted(page) == "3141\n5926\n807"
        seen(page).get_by_role("button", name="Copy table").press("Enter")
        # "Copied." stands there from before.
        while (text := pasted(page)).startswith("3141"):
            page.wait_for_timeout(50)
        rows = [line.split("\t") for line in text.splitlines()]
        assert rows[0] == ["line", "digit", "probability", "x", "y", "width", "height"]
        assert [row[1] for row in rows[1:]] == list("31415926807")

    def test_are_saved(self, open_page, tmp_path):
        page = open_page()
        take_example(page, "Sheet")
        with page.expect_download() as download:
            seen(page).get_by_role("link", name="Save CSV").click()
        assert download.value.suggested_filename == "digits.csv"
        download.value.save_as(tmp_path / "digits.csv")
        rows = np.genfromtxt(tmp_path / "digits.csv", delimiter=",", names=True)
        np.testing.assert_array_equal(rows["digit"], list(map(int, "31415926807")))
        assert (rows["probability"] > 0.3).all()
        assert (rows["width"] > 10).all()


def pasted(page):
    """What is pasted into a text field."""
    page.evaluate(
        "() => { document.body.append(Object.assign(document.createElement('textarea'), "
        "{id: 'paste'})); document.getElementById('paste').focus(); }"
    )
    page.keyboard.press("Control+V")
    text = page.locator("#paste").input_value()
    page.evaluate("document.getElementById('paste').remove()")
    return text


@pytest.mark.parametrize(
    "screen",
    [
        # Its width is that of the dark one, and its colors are those of the phone.
        long(DESKTOP, id="desktop"),
        pytest.param(PHONE, id="phone"),
        pytest.param({**DESKTOP, "color_scheme": "dark"}, id="dark"),
    ],
)
class TestAccessibility:
    def test_axe_finds_nothing(self, open_page, screen):
        axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
        page = open_page(**screen)
        assert problems(axe, page) == []
        page.get_by_role("button", name="Example: 4").click()
        seen(page).locator(".explanation img").wait_for()
        say(page, "9")
        seen(page).locator(".kept").wait_for()
        assert problems(axe, page) == []
        for tab, shown in (("Image", ".explanation img"), ("Sheet", ".sheet-tools")):
            page.get_by_role("tab", name=tab).click()
            assert problems(axe, page) == []
            take_example(page, tab)
            seen(page).locator(shown).wait_for()
            assert problems(axe, page) == []

    def test_all_is_within_the_width(self, open_page, screen):
        page = open_page(**screen)
        width = screen["viewport"]["width"]
        for tab in ("Image", "Sheet"):
            take_example(page, tab)
            seen(page).locator(".answer-digit, .sheet-tools").first.wait_for()
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def problems(axe, page):
    """What axe-core has against the page as it is."""
    # Colors on their way are none of either state.
    page.evaluate("Promise.all(document.getAnimations().map((each) => each.finished))")
    return [
        (violation["id"], node["html"])
        for violation in axe.run(page).response["violations"]
        for node in violation["nodes"]
    ]
