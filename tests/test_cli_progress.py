"""Progress of the commands: on a terminal of any width, and nowhere else."""

import os
import re
import sys
from contextlib import contextmanager
from threading import Thread

import joblib
import pandas as pd
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression

from commands import (
    UNPICKLED,
    environment,
    left_on_the_terminal,
    mnistcnn,
    mnistcnn_on_a_terminal,
    read_to_the_end,
    shown_on_a_terminal,
)
from mirrors import served
from mnist_files import SIZES, write_data
from mnistcnn import load_sample_digits
from mnistcnn.cli._image_sources import ErrorReporter, files_to_count
from mnistcnn.cli._options import load_images
from mnistcnn.cli._progress import progress_of_images, progress_of_reading
from mnistcnn.datasets._catalogue import FASHION_MNIST

pty = pytest.importorskip("pty", reason="Windows has no pseudo-terminals")

# They start processes of their own.
pytestmark = pytest.mark.slow

N_SCANS, N_ROWS = 12, 300
CODES = re.compile(r"\x1b\[\??[0-9;]*[a-zA-Z]")
COLORS = re.compile(r"\x1b\[[0-9;]*[349][0-7][0-9;]*m")


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """A folder of scans, one of which is damaged, and a table, with a classifier beside them."""
    folder = tmp_path_factory.mktemp("predicted")
    X, y = load_sample_digits(return_X_y=True)
    (folder / "scans").mkdir()
    for number, digit in enumerate(X[: N_SCANS - 1].reshape(-1, 28, 28)):
        Image.fromarray(255 - digit).resize((112, 112)).save(folder / "scans" / f"{number}.png")
    (folder / "scans" / "damaged.png").write_text("no image")
    names = [f"pixel{number}" for number in range(784)]
    pd.DataFrame(X[:N_ROWS], columns=names).to_csv(folder / "test.csv", index=False)
    linear = LogisticRegression(max_iter=50, tol=0.1).fit(X, y)
    joblib.dump(linear, folder / "linear.joblib")
    return folder


def bars_in(shown):
    """The bars of images that have stood on a terminal, without codes."""
    parts = re.split(r"[\r\n]", CODES.sub("", shown))
    return [part for part in parts if re.match(r". images ━", part)]


@pytest.fixture
def arguments(images):
    """The arguments of a prediction by the classifier, which needs no Keras."""
    return ("predict", *UNPICKLED, images / "linear.joblib")


class TestPredict:
    @pytest.mark.parametrize("quiet", [[], ["--quiet"]], ids=["as usual", "quiet"])
    @pytest.mark.parametrize(
        ("name", "total", "form"),
        [("test.csv", N_ROWS, ["--csv"]), ("scans", N_SCANS, [])],
        ids=["table", "folder"],
    )
    def test_shows_how_many_of_how_many(self, arguments, images, name, total, form, quiet):
        status, printed, shown = mnistcnn_on_a_terminal(*arguments, images / name, *form, *quiet)
        is_damaged = name == "scans"
        assert status == is_damaged, shown
        assert any(f"/{total} " in bar for bar in bars_in(shown)) == (not quiet)
        assert CODES.search(printed) is None
        assert len(printed.splitlines()) > total - 1
        # Only the message stays.
        left = " ".join(filter(None, left_on_the_terminal(shown)))
        assert bool(left) == is_damaged
        assert not is_damaged or left.startswith("mnistcnn: ")
        assert "━" not in left

    def test_a_submission_is_written_under_a_bar(self, arguments, images, tmp_path):
        options = ("--submission", tmp_path / "submission.csv")
        status, printed, shown = mnistcnn_on_a_terminal(*arguments, images / "test.csv", *options)
        assert status == 0, shown
        assert f"/{N_ROWS}" in shown
        assert printed.startswith(str(tmp_path / "submission.csv"))

    def test_of_names_that_are_piped_the_total_is_unknown(self, arguments, images):
        names = "".join(f"{images}/scans/{number}.png\n" for number in range(3))
        status, _, shown = mnistcnn_on_a_terminal(*arguments, piped=names)
        assert status == 0, shown
        bars = bars_in(shown)
        assert bars
        assert all(re.search(r"━ +[012] 0:\d\d:\d\d *$", bar) for bar in bars)

    def test_one_image_is_predicted_without_a_bar(self, images):
        status, _, shown = mnistcnn_on_a_terminal("predict", images / "scans" / "3.png")
        assert status == 0, shown
        assert not bars_in(shown)

    def test_sheets_are_counted(self, written_sheet, tmp_path):
        for name in ("a.png", "b.png"):
            written_sheet([[2, 7]]).save(tmp_path / name)
        status, printed, shown = mnistcnn_on_a_terminal("predict", "--sheet", tmp_path)
        assert status == 0, shown
        assert "sheets" in shown
        assert "1/2" in shown
        assert printed.count("27") == 2

    @pytest.mark.parametrize("columns", [50, 80])
    @pytest.mark.parametrize("form", [["--csv"], []], ids=["csv", "table"])
    def test_results_on_the_same_terminal_stand_alone(self, arguments, images, columns, form):
        command = (*arguments, images / "test.csv", *form)
        shown = shown_on_a_terminal(*command, columns=columns)
        # A bar is never longer than a line.
        assert 0 < max(map(len, bars_in(shown))) <= columns
        alone = mnistcnn(*command, env=environment(COLUMNS=str(columns)))
        left = [line for line in left_on_the_terminal(shown) if line]
        assert left == [line.rstrip() for line in alone.stdout.splitlines() if line.strip()]

    def test_no_color_takes_the_colors_of_the_bar(self, arguments, images):
        command = (*arguments, images / "test.csv", "--csv")
        assert COLORS.search(shown_on_a_terminal(*command, columns=80))
        shown = shown_on_a_terminal(*command, columns=80, NO_COLOR="1")
        assert bars_in(shown)
        assert COLORS.search(shown) is None

    @pytest.mark.parametrize("forced", [{}, {"FORCE_COLOR": "1"}], ids=["as usual", "FORCE_COLOR"])
    def test_a_pipe_gets_nothing_of_a_bar(self, arguments, images, forced):
        answer = mnistcnn(*arguments, images / "test.csv", "--csv", env=environment(**forced))
        assert (answer.returncode, answer.stderr) == (0, "")
        assert len(answer.stdout.splitlines()) == 1 + N_ROWS


def test_a_dumb_terminal_gets_no_bar(arguments, images):
    status, _, shown = mnistcnn_on_a_terminal(*arguments, images / "test.csv", TERM="dumb")
    assert (status, shown) == (0, "")


def test_images_are_counted_as_far_as_that_is_possible():
    errors = ErrorReporter()
    for names, numbers in (
        (["a.png", "b.png", "c.png"], [2, 1, 0]),
        (["a.png", "b.csv", "c.png"], [None, 1, 0]),
        (["a.csv"], [0]),
    ):
        assert [after for _, after in files_to_count(names, errors)] == numbers
    assert not errors.status


@contextmanager
def a_terminal_on_stderr(monkeypatch):
    """Give a list that holds, after the block, all that this process wrote to a terminal."""
    reading, writing = pty.openpty()
    shown = []
    reader = Thread(target=lambda: shown.extend(read_to_the_end(reading)))
    reader.start()
    with monkeypatch.context() as patch, os.fdopen(writing, "w") as stream:
        patch.setenv("TERM", "xterm")
        patch.setattr(sys, "stderr", stream)
        yield shown
    reader.join()
    os.close(reading)
    shown[:] = [b"".join(shown).decode()]


def test_downloads_show_the_bytes_so_far_and_are_gone_in_the_end(tmp_path, monkeypatch):
    write_data(tmp_path / "mirror", FASHION_MNIST, ".gz")
    monkeypatch.setenv("MNISTCNN_DATA", str(tmp_path / "home"))
    with (
        served(FASHION_MNIST, tmp_path / "mirror", monkeypatch),
        a_terminal_on_stderr(monkeypatch) as shown,
    ):
        X, _ = load_images("fashion_mnist", part="test", limit=None, random_state=0, quiet=False)
    assert len(X) == SIZES["test"]
    assert "reading the images" in shown[0]
    assert not any(left_on_the_terminal(shown[0]))


@pytest.mark.parametrize(
    ("n_bytes", "text"), [(2_500_000, "downloading"), (10_000_000, "reading the images")]
)
def test_a_download_is_shown_in_megabytes_until_it_is_there(n_bytes, text, monkeypatch):
    with a_terminal_on_stderr(monkeypatch) as shown, progress_of_reading(quiet=False) as advance:
        advance(n_bytes, 10_000_000)
    without_codes = CODES.sub("", shown[0])
    assert text in without_codes
    assert ("2.5/10.0 MB" in without_codes) == (n_bytes == 2_500_000)


def test_work_that_goes_on_after_ctrl_c_does_not_bring_the_bar_back(monkeypatch):
    with a_terminal_on_stderr(monkeypatch) as shown:
        with progress_of_images(quiet=False) as advance:
            advance(1, 2)
        advance(2, 2)
    assert "1/2" in shown[0]
    assert "2/2" not in shown[0]
    assert not any(left_on_the_terminal(shown[0]))
    # The cursor, which a bar hides, is there again.
    assert shown[0].rfind("\x1b[?25h") > shown[0].rfind("\x1b[?25l")


def test_the_list_of_architectures_tells_how_many_are_built():
    status, _, shown = mnistcnn_on_a_terminal("architectures")
    assert status == 0, shown
    assert "architectures" in shown
    assert re.search(r"1/\d+", shown)
