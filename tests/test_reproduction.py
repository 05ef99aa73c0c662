"""Reproducing published results: what is trained on what, and the records of it."""

import json
import os
import signal
import subprocess
import time

import numpy as np
import pytest

from commands import COMMAND, assert_one_line, environment, mnistcnn
from mnistcnn import get_recipe, load_sample_digits
from mnistcnn.evaluation import DigitImages, reproduce, reproduction_table
from mnistcnn.evaluation._run_records import RecipeRun

# Most of them train a network or several.
pytestmark = pytest.mark.slow

QUICK = {"epochs_scale": 0.1}


def test_a_shortened_run_begins_with_augmented_images():
    run = RecipeRun(get_recipe("squeeze_excite"), 0, 0.05)
    assert run.epochs == 1
    assert run.classifier([]).unaugmented_epochs == 0
    whole = RecipeRun(get_recipe("squeeze_excite"), 0, 1.0).classifier([])
    assert (whole.epochs, whole.unaugmented_epochs) == (20, 1)


@pytest.fixture(scope="module")
def images():
    X, y = load_sample_digits(return_X_y=True)
    return DigitImages(X[:300], y[:300], X[300:400], y[300:400])


@pytest.fixture(scope="module")
def records(images):
    return list(reproduce(["two_layer_mlp", "baseline"], images, seeds=2, **QUICK))


class TestRecords:
    def test_there_is_one_for_each_recipe_and_seed(self, records):
        runs = [(each["recipe"], each["seed"]) for each in records]
        assert runs == [(name, seed) for name in ("two_layer_mlp", "baseline") for seed in range(2)]

    def test_they_count_the_wrong_answers_and_say_which(self, records, images):
        for record in records:
            assert record["accuracy"] == pytest.approx(1 - record["n_errors"] / 100)
            assert record["n_errors"] == len(record["wrong"]) > 0
            for wrong in record["wrong"]:
                assert images.y_test[wrong["image"]] == wrong["label"] != wrong["predicted"]
                assert 0 < wrong["probability"] <= 1

    def test_the_table_has_the_means_over_the_seeds(self, records):
        table = reproduction_table(records)
        assert table["recipe"].tolist() == ["two_layer_mlp", "baseline"]
        for row in table.itertuples():
            accuracies = [each["accuracy"] for each in records if each["recipe"] == row.recipe]
            assert row.accuracy_mean == pytest.approx(np.mean(accuracies))
            assert row.accuracy_sd == pytest.approx(np.std(accuracies, ddof=1))
            assert (row.n, row.epochs_scale) == (2, 0.1)

    def test_seeds_make_the_difference_and_nothing_else(self, records, images):
        (again,) = reproduce("two_layer_mlp", images, **QUICK)
        assert again["history"]["loss"] == records[0]["history"]["loss"]
        assert again["history"]["loss"] != records[1]["history"]["loss"]


@pytest.mark.parametrize(("data", "n_training"), [("kaggle", 240), ("four_fifths", 320)])
def test_pooled_images_are_split_as_where_the_result_was_reported(images, data, n_training):
    split = images.split_as(data)
    assert len(split.y) == n_training
    assert len(split.y) + len(split.y_test) == 400
    # Each image is there once, with its own label.
    pooled = {bytes(X): y for X, y in zip(images.X, images.y, strict=True)}
    pooled |= {bytes(X): y for X, y in zip(images.X_test, images.y_test, strict=True)}
    rows = [*zip(split.X, split.y, strict=True), *zip(split.X_test, split.y_test, strict=True)]
    assert {bytes(X): y for X, y in rows} == pooled


def test_mnists_own_split_stays(images):
    assert images.split_as("mnist") is images


def test_without_the_test_images_the_last_training_images_are_measured_on(images):
    held_out = images.without_test()
    np.testing.assert_array_equal(held_out.X, images.X[:250])
    np.testing.assert_array_equal(held_out.X_test, images.X[250:])
    np.testing.assert_array_equal(held_out.y_test, images.y[250:])


class TestFolder:
    def test_what_is_recorded_is_not_trained_again(self, images, tmp_path):
        told = []
        same = {"output": tmp_path / "new" / "folder", **QUICK}
        first = list(reproduce("two_layer_mlp", images, **same))
        again = list(
            reproduce(
                "two_layer_mlp", images, seeds=2, on_epoch=lambda run, *_: told.append(run), **same
            )
        )
        assert again[0] == first[0]
        assert [run.seed for run in told] == [1]
        assert sorted(path.name for path in same["output"].iterdir()) == [
            "two_layer_mlp-0.json",
            "two_layer_mlp-1.json",
        ]

    def test_a_run_goes_on_whoever_watches_its_epochs(self, images, tmp_path):
        seen = []

        def stop(run, n_done, logs, seconds_left):  # noqa: ARG001
            if n_done == 2:
                raise KeyboardInterrupt

        def watch(run, n_done, logs, seconds_left):  # noqa: ARG001
            seen.append((n_done, seconds_left))

        settings = {"epochs_scale": 0.4, "output": tmp_path}
        with pytest.raises(KeyboardInterrupt):
            list(reproduce("two_layer_mlp", images, on_epoch=stop, **settings))
        (record,) = reproduce("two_layer_mlp", images, on_epoch=watch, **settings)
        assert [n_done for n_done, _ in seen] == [2, 3, 4]
        assert record["epochs"] == len(record["history"]["loss"]) == 4

    @pytest.mark.parametrize("change", ["images", "epochs_scale", "recipe", "parameters"])
    def test_records_of_something_else_are_refused_and_stay(self, images, tmp_path, change):
        list(reproduce("two_layer_mlp", images, output=tmp_path, **QUICK))
        (path,) = tmp_path.iterdir()
        other, settings, recipe = images, QUICK, "baseline"
        if change == "images":
            other = images._replace(y_test=images.y_test[::-1])
        elif change == "epochs_scale":
            settings = {"epochs_scale": 0.2}
        else:
            recipe = "two_layer_mlp"
            record = json.loads(path.read_text("utf-8"))
            record[change] = {} if change == "parameters" else "simple"
            path.write_text(json.dumps(record), "utf-8")
        before = path.read_bytes()
        with pytest.raises(ValueError, match=f"with another {change}:.*Name another folder"):
            reproduce(recipe, other, output=tmp_path, **settings)
        assert path.read_bytes() == before
        assert list(tmp_path.iterdir()) == [path]

    @pytest.mark.parametrize(("name", "value"), [("accuracy", None), ("wrong", 0), ("epochs", "1")])
    def test_a_record_without_what_was_measured_is_named(self, images, tmp_path, name, value):
        list(reproduce("two_layer_mlp", images, output=tmp_path, **QUICK))
        (path,) = tmp_path.iterdir()
        record = json.loads(path.read_text("utf-8")) | {name: value}
        path.write_text(json.dumps(record), "utf-8")
        with pytest.raises(ValueError, match=rf"{path.name} is not the record .* lacks {name}"):
            reproduce("two_layer_mlp", images, output=tmp_path, **QUICK)

    @pytest.mark.parametrize("content", ["", "[]", '{"recipe": 3}', "\ud800"])
    def test_a_file_that_is_no_record_is_named(self, images, tmp_path, content):
        path = tmp_path / "simple-0.json"
        path.write_bytes(content.encode("utf-8", "surrogatepass"))
        with pytest.raises(ValueError, match=r"simple-0\.json is not the record of a run"):
            reproduce("simple", images, output=tmp_path)


@pytest.mark.parametrize(
    ("recipes", "settings", "message"),
    [
        ("simpel", {}, "Unknown recipe 'simpel'; did you mean 'simple'"),
        ([], {}, "recipes must hold at least one name"),
        ("simple", {"seeds": 0}, "'seeds' parameter of reproduce must be"),
        ("simple", {"epochs_scale": 0}, "'epochs_scale' parameter of reproduce must be"),
    ],
)
def test_bad_input_is_refused_before_anything_is_trained(recipes, settings, message, images):
    with pytest.raises(ValueError, match=message):
        reproduce(recipes, images, **settings)


@pytest.mark.slow
@pytest.mark.long
class TestCommand:
    ARGUMENTS = ("reproduce", "two_layer_mlp", "--data", "digits", "--limit", "300")

    def test_prints_reported_beside_reproduced(self, tmp_path):
        arguments = (*self.ARGUMENTS, "--epochs-scale", "0.2", "--seeds", "2")
        answer = mnistcnn(*arguments, "--output", tmp_path)
        assert answer.returncode == 0, answer.stderr
        (row,) = [line for line in answer.stdout.splitlines() if line.startswith(" two_layer_mlp")]
        assert row.split()[1] == "96.99"
        assert row.split()[4:6] == ["2", "2"]
        assert "Epochs are 0.2 times those of the recipes." in answer.stdout
        again = mnistcnn(*arguments, "--output", tmp_path, "--json")
        assert [each["seed"] for each in json.loads(again.stdout)] == [0, 1]
        assert "epoch" not in again.stderr

    def test_says_which_recipes_were_measured_on_which_images(self):
        recipes = ("two_layer_mlp", "baseline", "convnet")
        options = ("--data", "digits", "--limit", "300", "--epochs-scale", "0.05")
        answer = mnistcnn("reproduce", *recipes, *options)
        assert answer.returncode == 0, answer.stderr
        notes = " ".join(answer.stdout.split())
        assert "two_layer_mlp, baseline: 300 training images, 297 test images;" in notes
        # A fifth of all is measured on, as where its result was reported.
        assert "convnet: 477 training images, 120 test images;" in notes

    def test_goes_on_from_the_last_whole_epoch_after_a_kill(self, tmp_path):
        arguments = (*self.ARGUMENTS, "--epochs-scale", "20")
        process = subprocess.Popen(
            [*COMMAND, *arguments, "--output", str(tmp_path)],
            env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        while not any(tmp_path.glob("*-unfinished/*/state.npz")):
            assert process.poll() is None
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert not any(tmp_path.glob("*.json"))
        answer = mnistcnn(*arguments, "--output", tmp_path)
        assert answer.returncode == 0, answer.stderr
        assert ": epoch 1 of 200" not in answer.stderr
        uninterrupted = mnistcnn(*arguments, "--json", "--quiet")
        (record,) = [json.loads(path.read_text("utf-8")) for path in tmp_path.glob("*.json")]
        assert record["history"] == json.loads(uninterrupted.stdout)[0]["history"]
        assert [path.name for path in tmp_path.iterdir()] == ["two_layer_mlp-0.json"]

    def test_says_what_it_takes(self, tmp_path):
        assert_one_line(mnistcnn("reproduce"), status=2, mentions="name one RECIPE or more, or all")
        unknown = mnistcnn("reproduce", "simpel", "--data", "digits")
        assert_one_line(unknown, status=2, mentions="did you mean 'simple'")
        table = load_sample_digits(as_frame=True).frame.head(50)
        table.to_csv(tmp_path / "digits.csv", index=False)
        one_part = mnistcnn("reproduce", "simple", "--data", tmp_path / "digits.csv")
        assert_one_line(one_part, status=2, mentions="must have a training and a test part")
