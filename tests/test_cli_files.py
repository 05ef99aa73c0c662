"""Files that the commands write: nothing is lost unasked, and all are of one state."""

import json
import os
import signal
import subprocess
import sys

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from commands import COMMAND, UNPICKLED, assert_one_line, environment, mnistcnn
from mnistcnn import load_classifier, load_sample_digits

# They start processes of their own.
pytestmark = [pytest.mark.slow, pytest.mark.long]

RESULTS = ("results.csv", "results.json", "comparison.png")
QUICK = ["--architectures", "two_layer_mlp", "--cv", "2", "--epochs", "1", "--limit", "60"]


@pytest.fixture
def linear(tmp_path):
    """A model file that needs no TensorFlow."""
    X, y = load_sample_digits(return_X_y=True)
    path = tmp_path / "linear.joblib"
    return joblib.dump(LogisticRegression(max_iter=50, tol=0.1).fit(X, y), path)[0]


@pytest.fixture
def test_csv(tmp_path):
    """Ten digits without labels, as Kaggle's test.csv has them."""
    frame = load_sample_digits(as_frame=True).data.head(10)
    frame.to_csv(tmp_path / "test.csv", index=False)
    return tmp_path / "test.csv"


class TestNothingIsOverwrittenUnasked:
    @pytest.mark.parametrize("name", RESULTS)
    def test_results_of_an_earlier_comparison(self, tmp_path, name):
        (tmp_path / name).write_text("precious")
        answer = mnistcnn("compare", *QUICK, "--output", tmp_path)
        assert_one_line(answer, status=2, mentions=f"--output would overwrite {tmp_path / name}")
        assert (tmp_path / name).read_text() == "precious"
        assert [path.name for path in tmp_path.iterdir()] == [name]

    @pytest.mark.slow
    def test_force_replaces_all_of_them(self, tmp_path):
        for name in RESULTS:
            (tmp_path / name).write_text("old")
        answer = mnistcnn("compare", *QUICK, "--output", tmp_path, "--force")
        assert answer.returncode == 0, answer.stderr
        assert list(pd.read_csv(tmp_path / "results.csv")["architecture"]) == ["two_layer_mlp"]
        assert (tmp_path / "comparison.png").read_bytes().startswith(b"\x89PNG")

    @pytest.mark.slow
    def test_other_files_in_the_folder_are_no_obstacle(self, tmp_path):
        (tmp_path / "notes.txt").write_text("mine")
        answer = mnistcnn("compare", *QUICK, "--output", tmp_path, "--quiet")
        assert (answer.returncode, answer.stderr) == (0, "")
        assert {path.name for path in tmp_path.iterdir()} == {*RESULTS, "notes.txt"}

    @pytest.mark.slow
    def test_a_model_file(self, tmp_path):
        path = tmp_path / "digits.mnistcnn"
        path.write_text("precious")
        arguments = ["train", "--model-file", path, "--architecture", "baseline", "--epochs", "1"]
        answer = mnistcnn(*arguments)
        assert_one_line(answer, status=2, mentions=f"--model-file would overwrite {path}")
        assert path.read_text() == "precious"
        assert mnistcnn(*arguments, "--force").returncode == 0
        assert load_classifier(path).n_iter_ == 1

    @pytest.mark.parametrize("option", ["--submission", "--show-normalized"])
    def test_what_predict_writes(self, tmp_path, linear, test_csv, option):
        path = tmp_path / "written.png"
        path.write_text("precious")
        arguments = ["predict", test_csv, *UNPICKLED, linear, option, path]
        answer = mnistcnn(*arguments)
        assert_one_line(answer, status=2, mentions=f"{option} would overwrite {path}")
        assert path.read_text() == "precious"
        answer = mnistcnn(*arguments, "--force")
        assert answer.returncode == 0, answer.stderr
        assert path.read_bytes() != b"precious"

    @pytest.mark.parametrize(
        "arguments",
        [
            ("compare", "--output", ""),
            ("compare", "--data", ""),
            ("train", "--model-file", ""),
            ("evaluate", "--model-file", ""),
            ("predict", ""),
            ("predict", "a.png", "--show-normalized", ""),
        ],
        ids=" ".join,
    )
    def test_an_empty_name_is_not_the_current_folder(self, tmp_path, arguments):
        answer = mnistcnn(*arguments, cwd=tmp_path)
        assert_one_line(answer, status=2, mentions="empty")
        assert list(tmp_path.iterdir()) == []


# Writes one result, then a second one, and is killed before its n-th change of a file name.
KILLED_BETWEEN = """
import os, signal, sys
from pathlib import Path
from mnistcnn import ComparisonResult
from mnistcnn.cli._results_folder import ResultsFolder

def result(names):
    record = {"fold": 0, "train_images": 8, "test_images": 2, "accuracy": 0.5,
              "fit_seconds": 1.0, "predict_seconds": 0.1}
    return ComparisonResult([record | {"architecture": name} for name in names],
                            dict.fromkeys(names, 9), ("accuracy",), {"architectures": names})

def kill_at(n):
    left = [n]
    def counted(change):
        def changed(*arguments, **options):
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
            return change(*arguments, **options)
        return changed
    for name in ("rename", "replace", "unlink", "remove", "link"):
        setattr(os, name, counted(getattr(os, name)))

ResultsFolder(Path(sys.argv[1], "warm up"), {}).write(result(["a"]))
for n in range(30):
    path = Path(sys.argv[1], str(n))
    ResultsFolder(path, {}).write(result(["a"]))
    child = os.fork()
    if not child:
        kill_at(n)
        ResultsFolder(path, {}, force=True).write(result(["a", "b"]))
        os._exit(0)
    if not os.waitpid(child, 0)[1]:
        break
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that share a start")
def test_whenever_a_kill_comes_the_files_of_a_folder_agree(tmp_path):
    subprocess.run([sys.executable, "-c", KILLED_BETWEEN, tmp_path], check=True)
    folders = sorted(tmp_path.glob("[0-9]*"), key=lambda folder: int(folder.name))
    assert len(folders) > 5
    # The first was killed before anything was changed, the last was not killed.
    charts = {
        number: (folder / "comparison.png").read_bytes()
        for number, folder in {1: folders[0], 2: folders[-1]}.items()
    }
    assert charts[1] != charts[2]
    for folder in folders:
        names = [row["architecture"] for row in json.loads(_text(folder / "results.json"))["table"]]
        if (folder / "results.csv").exists():
            assert list(pd.read_csv(folder / "results.csv")["architecture"]) == names
        if (folder / "comparison.png").exists():
            assert (folder / "comparison.png").read_bytes() == charts[len(names)]


def _text(path):
    return path.read_text(encoding="utf-8")


class TestCtrlC:
    @pytest.mark.slow
    @pytest.mark.parametrize("existing", [False, True], ids=["new file", "older file"])
    def test_train_says_what_is_kept(self, tmp_path, existing):
        path = tmp_path / "digits.mnistcnn"
        if existing:
            path.write_text("precious")
        arguments = ["--architecture", "baseline", "--epochs", "100000", "--limit", "200"]
        with subprocess.Popen(
            [*COMMAND, "train", "--model-file", str(path), *arguments, "--force"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        ) as process:
            first_line = process.stderr.readline()
            process.send_signal(signal.SIGINT)
            stdout, stderr = process.communicate(timeout=60)
        assert first_line.startswith("epoch 1 of 100000: loss ")
        assert process.returncode == 130
        assert stdout == ""
        message = stderr.splitlines()[-1]
        assert message.startswith("mnistcnn: interrupted after epoch ")
        kept = "is unchanged" if existing else "is not written"
        assert message.endswith(f"this training is discarded, and {path} {kept}.")
        assert [entry.name for entry in tmp_path.iterdir()] == ["digits.mnistcnn"] * existing
        assert not existing or path.read_text() == "precious"


def test_a_submission_holds_each_row_of_the_table(tmp_path, linear, test_csv):
    path = tmp_path / "out.csv"
    answer = mnistcnn("predict", *UNPICKLED, linear, test_csv, "--submission", path)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout == f"{path} holds the predictions for 10 images.\n"
    frame = pd.read_csv(path)
    assert list(frame.columns) == ["ImageId", "Label"]
    assert list(frame["ImageId"]) == list(range(1, 11))
    X, _ = load_sample_digits(return_X_y=True)
    np.testing.assert_array_equal(frame["Label"], joblib.load(linear).predict(X[:10]))


@pytest.mark.parametrize(
    ("images", "submission", "mentions"),
    [
        (["a.png"], "out.csv", "needs one IMAGE, which must be a .csv file"),
        (["a.csv", "b.csv"], "out.csv", "needs one IMAGE"),
        ([], "out.csv", "needs one IMAGE"),
        (["a.csv"], "no/such/out.csv", "'no/such' does not exist"),
    ],
)
def test_a_submission_needs_one_table_and_a_folder(tmp_path, images, submission, mentions):
    answer = mnistcnn("predict", *images, "--submission", submission, cwd=tmp_path)
    assert_one_line(answer, status=2, mentions=mentions)


def test_a_table_in_another_order_than_its_index_leaves_no_submission(tmp_path, linear, test_csv):
    pd.read_csv(test_csv).sample(frac=1, random_state=0).to_csv(tmp_path / "shuffled.csv")
    arguments = ["predict", *UNPICKLED, linear, tmp_path / "shuffled.csv"]
    answer = mnistcnn(*arguments, "--submission", tmp_path / "out.csv")
    assert_one_line(answer, status=2, mentions="shuffled.csv is not in order")
    assert not (tmp_path / "out.csv").exists()
    # Predictions that are printed have no such numbers.
    assert mnistcnn(*arguments).returncode == 0


def test_a_table_that_cannot_be_read_leaves_no_submission(tmp_path, linear):
    (tmp_path / "test.csv").write_text("pixel0,pixel1\n1,2\n")
    arguments = ["predict", *UNPICKLED, linear, tmp_path / "test.csv"]
    answer = mnistcnn(*arguments, "--submission", tmp_path / "out.csv")
    assert answer.returncode == 1
    assert "test.csv" in answer.stderr
    assert not (tmp_path / "out.csv").exists()


def test_labels_that_are_no_digits_leave_no_submission(tmp_path, test_csv):
    X, y = load_sample_digits(return_X_y=True)
    path = tmp_path / "shifted.joblib"
    joblib.dump(LogisticRegression(max_iter=50, tol=0.1).fit(X[:300], y[:300] + 5), path)
    answer = mnistcnn("predict", *UNPICKLED, path, test_csv, "--submission", tmp_path / "out.csv")
    assert_one_line(answer, status=2, mentions="digits from 0 to 9")
    assert not (tmp_path / "out.csv").exists()
