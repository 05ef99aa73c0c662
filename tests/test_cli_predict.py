"""``mnistcnn predict``, as real processes: answers, complaints and the exit status."""

import csv
import os
import re
import shutil
import subprocess
import sys
from io import StringIO

import joblib
import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression

from commands import UNPICKLED
from mnistcnn import load_sample_digits

# They start processes of their own.
pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "mnistcnn", "predict"]


def environment():
    """The tests' own, but without what would let TensorFlow talk."""
    return {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}


def predict(*arguments, **options):
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
        **{"stdin": subprocess.DEVNULL, **options},
    )


def answers(stdout):
    """Return the rows of a CSV: file, digit and so on."""
    return list(csv.DictReader(StringIO(stdout)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Ten scans, dark on light and four times as large as MNIST's, with others that are none."""
    folder = tmp_path_factory.mktemp("scans")
    for digit, image in enumerate(load_sample_digits().images[:10]):
        enlarged = Image.fromarray(255 - image).resize((112, 112), Image.Resampling.BICUBIC)
        enlarged.save(folder / f"scan {digit}.png")
    whole = (folder / "scan 3.png").read_bytes()
    (folder / "scan 11.png").write_bytes(whole[: len(whole) // 2])
    (folder / "scan 12.png").write_text("no image")
    Image.new("L", (50, 50), 255).save(folder / "scan 13.png")
    return folder


@pytest.fixture(scope="module")
def model_file(folder):
    """A classifier whose files need no TensorFlow, so that tests of the rest are quick."""
    X, y = load_sample_digits(return_X_y=True)
    path = folder.parent / f"{folder.name}-linear.joblib"
    joblib.dump(LogisticRegression(max_iter=50, tol=0.1).fit(X / 255, y), path)
    return path


@pytest.fixture(scope="module")
def of_folder(folder):
    """The pretrained network's answers for the folder, and an image of what it saw."""
    sheet = folder.parent / f"{folder.name}-seen.png"
    return predict(folder, "--csv", "--show-normalized", sheet), sheet


class TestPretrained:
    def test_every_image_that_can_be_read_is_answered(self, of_folder, folder):
        answer, _ = of_folder
        rows = answers(answer.stdout)
        assert [row["file"] for row in rows] == [str(folder / f"scan {i}.png") for i in range(10)]
        assert [int(row["digit"]) for row in rows] == list(range(10))

    def test_probabilities_are_those_of_the_two_likeliest(self, of_folder):
        for row in answers(of_folder[0].stdout):
            first, second = float(row["probability"]), float(row["second_probability"])
            assert first >= second >= 0
            assert first + second <= 1.000001
            assert row["second_digit"] != row["digit"]

    def test_the_others_are_named_on_stderr(self, of_folder, folder):
        answer, _ = of_folder
        assert answer.returncode == 1
        damaged, text, blank = answer.stderr.splitlines()
        assert damaged.startswith(f"mnistcnn: {folder}/scan 11.png is damaged: ")
        assert text.startswith(f"mnistcnn: {folder}/scan 12.png is not a complete BMP, GIF, ")
        assert blank == f"mnistcnn: {folder}/scan 13.png shows no ink."

    def test_what_the_network_saw_is_shown(self, of_folder):
        sheet = np.asarray(Image.open(of_folder[1]))
        assert sheet.shape == (4 + 116, 4 + 10 * 116)
        for column in range(10):
            seen = sheet[4:116, 4 + column * 116 : 116 + column * 116]
            assert seen.max() > 200
            assert seen[:8].max() == 0


class TestInput:
    def test_paths_are_read_from_stdin(self, folder, model_file):
        paths = f"{folder}/scan 7.png\n\n{folder}/scan [01].png\r\n"
        answer = predict("--csv", *UNPICKLED, model_file, stdin=None, input=paths)
        assert answer.returncode == 0, answer.stderr
        assert answer.stderr == ""
        assert [row["file"][-5] for row in answers(answer.stdout)] == ["7", "0", "1"]

    def test_a_dash_stands_for_stdin_and_the_table_holds_whole_names(self, folder, model_file):
        arguments = [folder / "scan 2.png", "-", folder / "scan 4.png", "nowhere.png"]
        paths = f"{folder}/scan 3.png"
        answer = predict(*arguments, *UNPICKLED, model_file, stdin=None, input=paths)
        assert answer.returncode == 2
        assert answer.stderr == "mnistcnn: nowhere.png: No such file or directory\n"
        assert max(map(len, answer.stdout.splitlines())) <= 80
        header, *rows = answer.stdout.splitlines()[1:]
        assert header.split() == ["file", "digit", "%", "second", "choice", "%"]
        names = "".join(line.strip().split("  ")[0] for line in rows)
        assert re.findall(r"scan ?(\d)", names) == ["2", "3", "4"]
        assert [float(number) for number in re.findall(r"\d+\.\d\d", answer.stdout)]

    def test_an_image_may_be_named_like_a_table(self, folder, model_file, tmp_path):
        shutil.copy(folder / "scan 3.png", tmp_path / "7.csv.png")
        answer = predict("7.csv.png", *UNPICKLED, model_file, "--csv", cwd=tmp_path)
        assert (answer.returncode, answer.stderr) == (0, "")
        assert answer.stdout.splitlines()[1].startswith("7.csv.png,")

    def test_no_path_at_all_is_said(self, model_file):
        answer = predict(*UNPICKLED, model_file, stdin=None, input="")
        assert answer.returncode == 1
        assert answer.stderr == "mnistcnn: no image was named.\n"

    def test_a_reader_that_goes_away_gets_no_traceback(self, folder, model_file):
        with subprocess.Popen(
            [*COMMAND, "--csv", *UNPICKLED, model_file, *[folder / "scan 1.png"] * 3],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        ) as process:
            process.stdout.close()
            assert process.stderr.read() == ""

    @pytest.mark.parametrize(
        ("arguments", "mentions"),
        [
            (["a.png", "--model-file", "nowhere.mnistcnn"], "nowhere.mnistcnn"),
            (["a.png", "--model-file", __file__], "is not a model file of mnistcnn"),
            (["a.png", *UNPICKLED, __file__], "cannot be read"),
            (["a.png", "--show-normalized", "seen.jpg"], "must be a .png file"),
            (["a.png", "--show-normalized", "no/such/folder/seen.png"], "in a folder that exists"),
        ],
    )
    def test_wrong_arguments_are_answered_with_one_line_and_status_2(
        self, tmp_path, arguments, mentions
    ):
        answer = predict(*arguments, cwd=tmp_path)
        assert answer.returncode == 2
        assert re.fullmatch(r"mnistcnn: error: [^\n]+\n", answer.stderr)
        assert mentions in answer.stderr
        assert answer.stdout == ""
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("named", ["scan.png", "."])
    def test_no_image_is_overwritten_by_the_sheet(self, named, tmp_path, folder, model_file):
        drawn = shutil.copy(folder / "scan 3.png", tmp_path / "scan.png")
        before = drawn.read_bytes()
        answer = predict(
            *(named, *UNPICKLED, model_file, "--show-normalized", "./scan.png", "--force"),
            cwd=tmp_path,
        )
        assert answer.returncode == 2
        assert "--show-normalized would overwrite scan.png" in answer.stderr
        assert drawn.read_bytes() == before

    def test_a_classifier_of_other_images_is_refused(self, tmp_path):
        path = tmp_path / "small.joblib"
        joblib.dump(LogisticRegression().fit([[0.0] * 64, [1.0] * 64], [0, 1]), path)
        answer = predict("a.png", *UNPICKLED, path)
        assert answer.returncode == 2
        assert "must be a classifier of 28x28 = 784 pixels" in answer.stderr
        assert "holds one (LogisticRegression) of 64 pixels and 2 classes" in answer.stderr

    def test_nothing_to_read_is_said(self, tmp_path, model_file):
        answer = predict(tmp_path, "--csv", *UNPICKLED, model_file)
        assert answer.returncode == 2
        assert "must hold images" in answer.stderr
        assert answers(answer.stdout) == []


@pytest.mark.long
def test_model_files_of_train_are_taken(folder, tmp_path, digits):
    from mnistcnn import DigitCNNClassifier

    X, y = digits
    classifier = DigitCNNClassifier("baseline", epochs=3, random_state=0).fit(X, y)
    classifier.save(tmp_path / "digits.mnistcnn")
    arguments = [folder / f"scan {digit}.png" for digit in range(10)]
    answer = predict(*arguments, "--csv", "--model-file", tmp_path / "digits.mnistcnn")
    assert answer.returncode == 0, answer.stderr
    right = [int(row["digit"]) == digit for digit, row in enumerate(answers(answer.stdout))]
    assert sum(right) >= 8
