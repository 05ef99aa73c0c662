"""The command line, as real processes: what is printed, written and returned to the shell."""

import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

from commands import UNPICKLED, assert_one_line, environment, mnistcnn
from mnistcnn import __version__, load_classifier
from mnistcnn.augmentation import PRESETS
from mnistcnn.cli._options import load_images
from mnistcnn.cli._training_progress import AUGMENTATIONS

# From 8.4 on click guesses what a command was meant to be.
HAS_GUESSES = tuple(map(int, version("click").split(".")[:2])) >= (8, 4)
CLICKS_GUESS = " Did you mean 'compare'?" if HAS_GUESSES else ""

# They start processes of their own.
pytestmark = pytest.mark.slow


class TestStart:
    def test_help_loads_nothing_heavy(self):
        script = (
            "import sys\n"
            "from mnistcnn.cli import main\n"
            "try:\n"
            "    main(['compare', '--help'])\n"
            "except SystemExit:\n"
            "    print('modules:', *(name for name in sys.modules if '.' not in name))\n"
        )
        answer = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        )
        loaded = set(answer.stdout.partition("modules:")[2].split())
        assert "click" in loaded
        assert not loaded & {"numpy", "sklearn", "keras", "tensorflow", "pandas", "rich"}

    def test_without_a_command_the_help_is_shown(self):
        answer = mnistcnn()
        assert answer.returncode == 0
        for command in ("architectures", "compare", "devices", "evaluate", "train"):
            assert command in answer.stdout

    def test_version(self):
        assert mnistcnn("--version").stdout == f"mnistcnn, version {__version__}\n"


class TestBadInput:
    @pytest.mark.parametrize(
        ("arguments", "mentions"),
        [
            (["compere"], f"No such command 'compere'.{CLICKS_GUESS}"),
            (["learn"], "No such command 'learn'.\n"),
            (["compare", "--epoch"], "--epoch"),
            (["compare", "--epochs", "0"], "'--epochs': 0"),
            (["compare", "--cv", "two"], "'--cv': 'two'"),
            (["compare", "--architectures", ","], "--architectures"),
            (["compare", "--output", __file__], "'--output'"),
            (["compare", "--data", "no/such.csv"], "no/such.csv"),
            (["compare", "--data", "emnist-leters"], "did you mean 'emnist-letters'? data must be"),
            (["compare", "--data", "digits", "--architectures", "simpel"], "mean 'simple'?"),
            (["compare", "--architectures", "resnet"], "'resnet'. The registered names are"),
            (["train"], "--model-file"),
            (["train", "--model-file", "digits.joblib"], "must end in .mnistcnn"),
            (["train", "--model-file", "no/such/folder/digits.mnistcnn"], "no/such/folder"),
            (["evaluate", "--model-file", "no-such.mnistcnn"], "no-such.mnistcnn"),
            (["evaluate", "--model-file", __file__], "is not a model file of mnistcnn"),
            (["evaluate", *UNPICKLED, __file__], "cannot be read: it is damaged"),
            (
                ["train", "--model-file", "a.mnistcnn", "--learning-rate", "0"],
                "'--learning-rate': 0",
            ),
            (["train", "--model-file", "a.mnistcnn", "--batch-size", "0"], "'--batch-size': 0"),
            (
                ["train", "--model-file", "a.mnistcnn", "--augmentation", "some"],
                "'--augmentation': 'some'",
            ),
            (
                [
                    "train",
                    "--model-file",
                    "a.mnistcnn",
                    "--early-stopping",
                    "--validation-fraction",
                    "0",
                ],
                "--early-stopping needs validation images",
            ),
            (
                ["train", "--model-file", "a.mnistcnn", "--validation-fraction", "0.001"],
                "--validation-fraction 0.001 of 1,500 images cannot leave images of each of the 10",
            ),
        ],
        ids=lambda value: " ".join(value) if isinstance(value, list) else "",
    )
    def test_is_answered_with_one_line_and_status_2(self, arguments, mentions, tmp_path):
        assert_one_line(mnistcnn(*arguments, cwd=tmp_path), status=2, mentions=mentions)
        assert list(tmp_path.iterdir()) == []

    def test_a_model_file_that_holds_something_else(self, tmp_path):
        joblib.dump({"accuracy": 1.0}, tmp_path / "dict.joblib")
        answer = mnistcnn("evaluate", *UNPICKLED, tmp_path / "dict.joblib")
        assert_one_line(answer, status=2, mentions="holds something else (a dict)")

    def test_a_pickle_is_opened_for_those_only_who_say_so(self, tmp_path):
        class Trap:
            def __reduce__(self):
                return Path.touch, (tmp_path / "executed",)

        joblib.dump(Trap(), tmp_path / "trap.joblib")
        for command in ("evaluate", "predict", "demo"):
            arguments = ["seven.png"] if command == "predict" else []
            answer = mnistcnn(command, *arguments, "--model-file", tmp_path / "trap.joblib")
            assert_one_line(answer, status=2, mentions="--run-code-in-model-file")
        assert not (tmp_path / "executed").exists()
        mnistcnn("evaluate", *UNPICKLED, tmp_path / "trap.joblib")
        assert (tmp_path / "executed").exists()

    def test_labels_that_the_classifier_does_not_know(self, tmp_path):
        joblib.dump(DummyClassifier().fit([[0], [0]], [3, 4]), tmp_path / "model.joblib")
        np.savez(tmp_path / "data.npz", X=np.zeros((2, 64)), y=["4", "3"])
        arguments = [*UNPICKLED, tmp_path / "model.joblib", "--data", tmp_path / "data.npz"]
        answer = mnistcnn("evaluate", *arguments)
        assert_one_line(answer, status=2, mentions="(3, 4), got '3', '4'")


class TestImages:
    @pytest.mark.parametrize(("part", "images"), [("comparison", 6), ("training", 6), ("test", 3)])
    def test_test_images_are_for_tests_alone(self, tmp_path, part, images):
        arrays = {"x_train": np.ones((6, 64)), "y_train": np.arange(6)}
        held_out = {"x_test": np.zeros((3, 64)), "y_test": np.arange(3)}
        np.savez(tmp_path / "digits.npz", **arrays, **held_out)
        X, y = load_images(
            str(tmp_path / "digits.npz"), part=part, limit=None, random_state=0, quiet=True
        )
        assert len(X) == len(y) == images

    def test_training_and_test_share_no_bundled_digit_and_leave_none(self, digits):
        parts = [
            load_images("digits", part=part, limit=None, random_state=0, quiet=True)[0]
            for part in ("training", "test")
        ]
        assert [len(part) for part in parts] == [1500, 297]
        np.testing.assert_array_equal(np.concatenate(parts), digits[0])

    def test_limit_keeps_the_shares_of_the_classes_and_follows_the_seed(self):
        samples = [
            load_images("digits", part="comparison", limit=200, random_state=seed, quiet=True)
            for seed in (0, 0, 1)
        ]
        (first, labels), (again, _), (other, _) = samples
        assert set(np.bincount(labels)) <= {19, 20, 21}
        np.testing.assert_array_equal(first, again)
        assert not np.array_equal(first, other)

    def test_limit_above_the_number_of_images_takes_all(self):
        X, _ = load_images("digits", part="test", limit=10_000, random_state=0, quiet=True)
        assert len(X) == 297


@pytest.fixture(scope="module")
def model_file(tmp_path_factory):
    """A classifier trained by the command, with the command's answer."""
    path = tmp_path_factory.mktemp("model") / "digits.mnistcnn"
    answer = mnistcnn("train", "--model-file", path, "--architecture", "baseline", "--epochs", "3")
    return answer, path


@pytest.mark.long
class TestTrainAndEvaluate:
    def test_train_writes_a_model_file(self, model_file, digits):
        answer, path = model_file
        assert answer.returncode == 0, answer.stderr
        assert answer.stdout.startswith("Trained baseline on 1,350 images in ")
        assert [entry.name for entry in path.parent.iterdir()] == ["digits.mnistcnn"]
        X, y = digits
        assert load_classifier(path).score(X[1500:], y[1500:]) > 0.85

    def test_train_reports_each_epoch_and_how_good_the_network_is_on_other_images(self, model_file):
        answer, path = model_file
        first, *_, last = answer.stderr.splitlines()
        number = r"\d+\.\d\d"
        figures = rf"loss {number}\d\d, accuracy {number} %, validation accuracy {number} %"
        assert re.fullmatch(rf"epoch 1 of 3: {figures}; \d+ s left", first)
        assert re.fullmatch(rf"epoch 3 of 3: {figures}", last)
        classifier = load_classifier(path)
        best = f"validation accuracy {100 * max(classifier.validation_scores_):.2f} % on 150 images"
        assert best in answer.stdout

    def test_what_reported_the_training_is_no_part_of_the_model(self, model_file):
        classifier = load_classifier(model_file[1])
        assert classifier.callbacks is None
        assert classifier.callbacks_ == []

    @pytest.mark.slow
    @pytest.mark.long
    def test_settings_reach_the_classifier(self, tmp_path):
        path = tmp_path / "digits.mnistcnn"
        answer = mnistcnn(
            *("train", "--model-file", path, "--architecture", "baseline", "--limit", "300"),
            *("--epochs", "30", "--learning-rate", "0.004", "--batch-size", "50"),
            *("--augmentation", "light", "--early-stopping", "--n-iter-no-change", "1"),
            *("--validation-fraction", "0.2", "--random-state", "4", "--json", "--quiet"),
        )
        assert (answer.returncode, answer.stderr) == (0, "")
        classifier = load_classifier(path)
        expected = {
            "epochs": 30,
            "learning_rate": 0.004,
            "batch_size": 50,
            "augmentation": "light",
            "early_stopping": True,
            "n_iter_no_change": 1,
            "validation_fraction": 0.2,
            "random_state": 4,
        }
        assert classifier.get_params().items() >= expected.items()
        assert classifier.n_iter_ < 30
        summary = json.loads(answer.stdout)
        assert (summary["images"], summary["validation_images"]) == (240, 60)
        assert summary["epochs"] == classifier.n_iter_
        assert summary["validation_accuracy"] == max(classifier.validation_scores_)

    @pytest.mark.slow
    @pytest.mark.parametrize("options", [["--validation-fraction", "0"], ["--limit", "40"]])
    def test_without_validation_images_all_are_trained_on(self, tmp_path, options):
        path = tmp_path / "digits.mnistcnn"
        answer = mnistcnn(
            *("train", "--model-file", path, "--architecture", "baseline", "--epochs", "1"),
            *options,
        )
        assert answer.returncode == 0, answer.stderr
        assert "validation" not in answer.stdout.replace(str(path), "")
        assert "validation" not in answer.stderr
        assert load_classifier(path).early_stopping is False

    def test_augmentations_are_those_of_the_library(self):
        assert set(AUGMENTATIONS) == set(PRESETS)

    def test_evaluate_takes_the_images_that_train_left(self, model_file, digits):
        _, path = model_file
        answer = mnistcnn("evaluate", "--model-file", path)
        assert answer.stderr == ""
        X, y = digits
        accuracy = 100 * load_classifier(path).score(X[1500:], y[1500:])
        assert answer.stdout.endswith(
            f"Accuracy {accuracy:.2f} %, prediction error {100 - accuracy:.2f} % on 297 images.\n"
        )
        rows = [line.split() for line in answer.stdout.splitlines() if re.match(r" *\d ", line)]
        assert [int(row[0]) for row in rows] == list(range(10))
        assert sum(int(row[1]) for row in rows) == 297

    def test_evaluate_gives_json(self, model_file, digits):
        _, path = model_file
        answer = mnistcnn("evaluate", "--model-file", path, "--json")
        summary = json.loads(answer.stdout)
        X, y = digits
        assert summary["accuracy"] == load_classifier(path).score(X[1500:], y[1500:])
        assert [row["label"] for row in summary["labels"]] == list(range(10))
        assert sum(row["images"] for row in summary["labels"]) == summary["images"] == 297


@pytest.mark.slow
def test_architectures_gives_json():
    from mnistcnn import list_architectures

    rows = json.loads(mnistcnn("architectures", "--json").stdout)
    assert [row["architecture"] for row in rows] == list_architectures()
    convnet = next(row for row in rows if row["architecture"] == "convnet")
    assert (convnet["smallest_side"], convnet["parameters"]) == (10, 34_826)


def test_architectures_lists_every_name_with_its_size():
    from mnistcnn import list_architectures

    lines = mnistcnn("architectures", env=environment(COLUMNS="200")).stdout.splitlines()
    found = {line.split()[0]: line.split()[-2:] for line in lines if re.search(r"\dx\d", line)}
    assert list(found) == list_architectures()
    assert found["convnet"] == ["10x10", "34,826"]


@pytest.mark.slow
@pytest.mark.long
def test_devices_says_what_the_library_says():
    import mnistcnn as library

    found = library.devices()
    assert json.loads(mnistcnn("devices", "--json").stdout) == found
    shown = mnistcnn("devices", env=environment(COLUMNS="200")).stdout
    assert f"{found.devices[-1]['memory'] / 2**30:.1f} GiB" in shown
    assert f'precision "auto" is {found.precision}: {found.reason}\n' in shown


def test_readers_of_the_help_are_warned_of_model_files():
    text = " ".join(mnistcnn("evaluate", "--help").stdout.split())
    assert "only files from a source that you trust" in text


def test_installed_script_is_the_same_command():
    script = Path(sys.executable).with_name("mnistcnn")
    answer = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert answer.stdout == f"mnistcnn, version {__version__}\n"
