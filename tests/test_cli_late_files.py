"""Files that appear while a command works: they stay, and the work is not lost."""

import json

import click
import joblib
import pandas as pd
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression

from commands import UNPICKLED
from mnistcnn import load_classifier, load_sample_digits
from mnistcnn.cli import _export, _kaggle, _predict, _report, _train
from mnistcnn.cli._late_files import write_or_write_beside
from mnistcnn.cli._main import commands

# Most of them train.
pytestmark = pytest.mark.slow

TRAIN = ["--architecture", "two_layer_mlp", "--epochs", "1", "--limit", "100", "--quiet"]


def run(*arguments):
    """Run a command in this process, and return its exit status."""
    return commands.main(list(map(str, arguments)), standalone_mode=False)


@pytest.fixture
def meanwhile(monkeypatch):
    """Write a file when a command calls a function, as another process may at that moment."""

    def write(path, module, function):
        called = getattr(module, function)

        def writing(*arguments, **options):
            path.write_text("of another process")
            return called(*arguments, **options)

        monkeypatch.setattr(module, function, writing)

    return write


@pytest.fixture
def model_file(tmp_path):
    """A classifier that needs no TensorFlow."""
    X, y = load_sample_digits(return_X_y=True)
    path = tmp_path / "linear.joblib"
    return joblib.dump(LogisticRegression(max_iter=50, tol=0.1).fit(X / 255, y), path)[0]


@pytest.fixture
def test_csv(tmp_path):
    path = tmp_path / "test.csv"
    load_sample_digits(as_frame=True).data.head(5).to_csv(path, index=False)
    return path


def assert_said(capsys, path, other):
    said = f"{path} was created while the command ran and is left untouched; the result was written"
    assert f"mnistcnn: warning: {said} to {other}.\n" in capsys.readouterr().err
    assert path.read_text() == "of another process"


class TestTrain:
    def test_the_other_file_stays_and_the_classifier_is_beside_it(
        self, tmp_path, meanwhile, capsys
    ):
        path = tmp_path / "digits.mnistcnn"
        meanwhile(path, _train, "load_images")
        assert run("train", "--model-file", path, *TRAIN) == 1
        assert_said(capsys, path, tmp_path / "digits-2.mnistcnn")
        assert load_classifier(tmp_path / "digits-2.mnistcnn").n_iter_ == 1

    def test_the_summary_names_the_file_that_is_written(self, tmp_path, meanwhile, capsys):
        path = tmp_path / "digits.mnistcnn"
        (tmp_path / "digits-2.mnistcnn").touch()
        meanwhile(path, _train, "load_images")
        assert run("train", "--model-file", path, *TRAIN, "--json") == 1
        summary = json.loads(capsys.readouterr().out)
        assert summary["model_file"] == str(tmp_path / "digits-3.mnistcnn")
        assert load_classifier(tmp_path / "digits-3.mnistcnn").n_iter_ == 1
        assert (tmp_path / "digits-2.mnistcnn").read_bytes() == b""

    def test_force_replaces_it(self, tmp_path, meanwhile):
        path = tmp_path / "digits.mnistcnn"
        meanwhile(path, _train, "load_images")
        assert run("train", "--model-file", path, *TRAIN, "--force") == 0
        assert load_classifier(path).n_iter_ == 1
        assert list(tmp_path.iterdir()) == [path]


class TestOthers:
    def test_a_submission_of_kaggle(self, tmp_path, meanwhile, capsys, test_csv):
        train, path = tmp_path / "train.csv", tmp_path / "mine.csv"
        load_sample_digits(as_frame=True).frame.head(100).to_csv(train, index=False)
        meanwhile(path, _kaggle, "warn_of_other_polarity")
        options = ("--recipe", "two_layer_mlp", "--epochs", "1", "--views", "1", "--quiet")
        files = ("--train", train, "--test", test_csv, "--submission", path)
        assert run("kaggle", *files, *options) == 1
        assert_said(capsys, path, tmp_path / "mine-2.csv")
        assert len(pd.read_csv(tmp_path / "mine-2.csv")) == 5

    @pytest.mark.parametrize(
        ("option", "name", "other"),
        [
            ("--submission", "mine.csv", "mine-2.csv"),
            ("--show-normalized", "seen.png", "seen-2.png"),
        ],
    )
    def test_what_predict_writes(
        self, tmp_path, meanwhile, capsys, test_csv, model_file, option, name, other
    ):
        path = tmp_path / name
        meanwhile(path, _predict, "_classifier")
        assert run("predict", test_csv, *UNPICKLED, model_file, option, path) == 1
        assert_said(capsys, path, tmp_path / other)
        if other.endswith("png"):
            Image.open(tmp_path / other).verify()
        else:
            assert len(pd.read_csv(tmp_path / other)) == 5

    def test_an_exported_network(self, tmp_path, meanwhile, capsys):
        pytest.importorskip("tf2onnx", reason="it exports")
        path = tmp_path / "digits.onnx"
        meanwhile(path, _export, "_classifier")
        assert run("export", "pretrained", path) == 1
        assert_said(capsys, path, tmp_path / "digits-2.onnx")
        assert (tmp_path / "digits-2.onnx").stat().st_size > 1000

    def test_a_report_is_soon_made_again(self, tmp_path, meanwhile, model_file):
        path = tmp_path / "report.html"
        meanwhile(path, _report, "named_on_error")
        arguments = ("--run-code-in-model-file", model_file, "--output", path, "--quiet")
        with pytest.raises(click.UsageError, match=f"--output would overwrite {path}; name"):
            run("report", *arguments)
        assert path.read_text() == "of another process"


def test_an_error_of_the_writing_is_not_taken_for_a_file_that_is_there(tmp_path):
    def fail(path, _):
        raise PermissionError(13, "Is not writable", str(path))

    with pytest.raises(PermissionError):
        write_or_write_beside(fail, tmp_path / "file", force=False)
