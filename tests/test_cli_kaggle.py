"""``mnistcnn kaggle``: from Kaggle's two files to a submission."""

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys

import click
import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from commands import (
    COMMAND,
    assert_one_line,
    environment,
    left_on_the_terminal,
    mnistcnn,
    mnistcnn_on_a_terminal,
)
from kaggle_files import DIGITS, N_TEST, TEST, TRAIN, changed, kaggle
from mnistcnn import DigitCNNClassifier, TestTimeAugmentationClassifier
from mnistcnn.datasets import read_digit_recognizer


def labels_in(path):
    frame = pd.read_csv(path)
    assert list(frame.columns) == ["ImageId", "Label"]
    assert list(frame["ImageId"]) == list(range(1, len(frame) + 1))
    return frame["Label"].to_numpy()


@pytest.mark.slow
class TestSubmission:
    def test_the_estimate_is_printed_and_the_submission_written(self, kaggle_files, capsys):
        kaggle(*kaggle_files.arguments, "--epochs", "6", "--sample-submission", kaggle_files.sample)
        printed = capsys.readouterr()
        number = r"(\d+\.\d\d)"
        lines = printed.out.splitlines()
        assert re.fullmatch(r"Trained accurate on 360 images in \d+\.\d s\.", lines[0])
        accuracy, error, low, high = map(
            float,
            re.fullmatch(
                rf"Accuracy {number} % on 40 held-out images: standard error {number} "
                rf"points, 95 % interval {number} to {number} % \(Wilson\)\.",
                lines[1],
            ).groups(),
        )
        assert low < accuracy < high or accuracy == high == 100
        assert error == pytest.approx(np.sqrt(accuracy * (100 - accuracy) / 40), abs=0.01)
        assert "has not seen these images" in lines[2]
        assert lines[3:] == [f"{kaggle_files.submission} holds the predictions for 25 images."]
        reports = printed.err.splitlines()
        assert re.fullmatch(
            r"epoch 1 of 6: loss .*, validation accuracy .*; \d+ s left", reports[0]
        )
        assert len(reports) == 6
        right = labels_in(kaggle_files.submission) == DIGITS.target.tail(N_TEST).to_numpy()
        assert right.mean() > 0.5

    def test_all_images_are_trained_on_without_an_estimate(self, kaggle_files, capsys):
        options = ("--validation-fraction", "0", "--epochs", "1", "--augmentation", "none")
        kaggle(*kaggle_files.arguments, *options, "--quiet")
        printed = capsys.readouterr()
        assert printed.err == ""
        assert "on 400 images" in printed.out
        assert "nothing is held out" in printed.out
        assert "Accuracy" not in printed.out
        assert len(labels_in(kaggle_files.submission)) == N_TEST

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
    def test_a_terminal_shows_how_many_images_are_predicted(self, kaggle_files):
        options = ("--recipe", "two_layer_mlp", "--epochs", "1")
        status, printed, shown = mnistcnn_on_a_terminal("kaggle", *kaggle_files.arguments, *options)
        assert status == 0, shown
        # Those that are held out, and those of the submission.
        for n_images in (len(TRAIN) // 10, N_TEST):
            assert f" {n_images}/{n_images} " in shown
        assert printed.endswith(f"holds the predictions for {N_TEST} images.\n")
        left = " ".join(left_on_the_terminal(shown)).split()
        assert left[:4] == ["epoch", "1", "of", "1:"]
        assert left[-1] == "%"

    @pytest.mark.parametrize("n_views", [1, 5])
    def test_the_views_of_each_image_answer_together(self, n_views, kaggle_files, capsys):
        recipe, options = "two_layer_mlp", {"epochs": 3, "random_state": 0}
        views = [] if n_views == 5 else ["--views", n_views]
        kaggle(
            *kaggle_files.arguments, "--recipe", recipe, "--epochs", options["epochs"], *views,
            "--validation-fraction", "0", "--json",
        )  # fmt: skip
        assert json.loads(capsys.readouterr().out)["views"] == n_views
        X, y, X_test = read_digit_recognizer(kaggle_files.train, kaggle_files.test)
        network = DigitCNNClassifier.from_recipe(recipe, **options).fit(X, y)
        answering = TestTimeAugmentationClassifier(network, n_views)
        np.testing.assert_array_equal(labels_in(kaggle_files.submission), answering.predict(X_test))

    @pytest.mark.parametrize("n_views", [0, 26, 10_000])
    def test_views_that_would_leave_the_image_are_refused_before_the_training(
        self, n_views, kaggle_files
    ):
        with pytest.raises(click.BadParameter, match="1<=x<=25"):
            kaggle(*kaggle_files.arguments, "--views", n_views)

    def test_an_ensemble_of_a_recipe(self, kaggle_files, capsys):
        options = ("--recipe", "two_layer_mlp", "--ensemble", "2", "--epochs", "3")
        kaggle(*kaggle_files.arguments, *options)
        printed = capsys.readouterr()
        assert "Trained 2 networks (two_layer_mlp) on 360 images in " in printed.out
        assert "The ensemble that was measured makes the predictions" in printed.out
        reports = printed.err.splitlines()
        assert [line.split(":")[0] for line in reports] == [f"epoch {i} of 6" for i in range(1, 7)]
        assert len(labels_in(kaggle_files.submission)) == N_TEST

    def test_the_epochs_are_those_that_were_trained(self, kaggle_files, capsys, monkeypatch):
        from mnistcnn import recipes

        stopping = {"early_stopping": True, "n_iter_no_change": 1, "learning_rate": 0.1}
        [recipe] = [each for each in recipes._RECIPES if each.name == "two_layer_mlp"]
        monkeypatch.setitem(
            recipes._BY_NAME,
            "two_layer_mlp",
            dataclasses.replace(recipe, parameters=recipe.parameters | stopping),
        )
        options = ("--recipe", "two_layer_mlp", "--ensemble", "2", "--epochs", "40", "--json")
        kaggle(*kaggle_files.arguments, *options)
        printed = capsys.readouterr()
        n_reported = sum(line.startswith("epoch ") for line in printed.err.splitlines())
        assert json.loads(printed.out)["epochs"] == n_reported < 80

    @pytest.mark.parametrize("inverted", ["test", "train", "both"])
    def test_inverted_test_images_are_noticed_whatever_the_recipe_makes_of_pixels(
        self, kaggle_files, inverted, capsys
    ):
        if inverted != "test":
            (255 - TRAIN[DIGITS.feature_names]).assign(label=TRAIN["label"]).to_csv(
                kaggle_files.train, index=False
            )
        if inverted != "train":
            (255 - TEST).head(1).to_csv(kaggle_files.test, index=False)
        assert DigitCNNClassifier.from_recipe("two_layer_mlp").pixel_scaling != "standard"
        kaggle(*kaggle_files.arguments, "--recipe", "two_layer_mlp", "--epochs", "1")
        printed = capsys.readouterr()
        warned = [line for line in printed.err.splitlines() if "warning" in line]
        if inverted == "both":
            assert warned == []
        else:
            light, dark = "light ink on dark", "dark ink on light"
            test, train = (dark, light) if inverted == "test" else (light, dark)
            [line] = warned
            assert f"the test images show {test}, and the training images {train}" in line
        if inverted != "train":
            assert printed.out.splitlines()[-1].endswith("holds the predictions for 1 image.")

    def test_no_epoch_is_chosen_by_the_images_that_are_held_out(
        self, kaggle_files, capsys, monkeypatch
    ):
        seen = []
        fit = DigitCNNClassifier.fit

        def noted(classifier, X, y, **validation):
            seen.append((len(y), sorted(validation)))
            return fit(classifier, X, y, **validation)

        monkeypatch.setattr(DigitCNNClassifier, "fit", noted)
        # Its early stopping keeps the best of all epochs, by a part of what it trains on.
        kaggle(*kaggle_files.arguments, "--recipe", "deep_256", "--epochs", "1", "--json")
        summary = json.loads(capsys.readouterr().out)
        assert (summary["architecture"], summary["validation_images"]) == ("deep_256", 40)
        assert seen == [(360, [])]

    def test_json_holds_the_interval_of_wilson(self, kaggle_files, capsys):
        kaggle_files.submission.write_text("older")
        kaggle(*kaggle_files.arguments, "--epochs", "1", "--json", "--quiet", "--force")
        printed = capsys.readouterr()
        summary = json.loads(printed.out)
        assert (summary["training_images"], summary["validation_images"]) == (360, 40)
        assert (summary["test_images"], summary["submission"]) == (25, str(kaggle_files.submission))
        accuracy, n, z = summary["accuracy"], 40, norm.ppf(0.975)
        # Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
        middle = (accuracy + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z * np.sqrt(accuracy * (1 - accuracy) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
        assert summary["confidence_interval"] == pytest.approx([middle - half, middle + half])
        assert len(labels_in(kaggle_files.submission)) == N_TEST

    @pytest.mark.long
    def test_the_same_seed_gives_the_same_submission_in_another_process(self, kaggle_files):
        answers = []
        for _ in range(2):
            answer = mnistcnn("kaggle", *kaggle_files.arguments, "--epochs", "2", "--force")
            assert answer.returncode == 0, answer.stderr
            answers.append((kaggle_files.submission.read_text(), answer.stdout.splitlines()[1]))
        assert answers[0] == answers[1]


@pytest.mark.slow
@pytest.mark.long
class TestProcess:
    def test_a_fault_is_one_line_and_status_2(self, kaggle_files):
        changed(TRAIN, 3, "label", 12).to_csv(kaggle_files.train, index=False)
        answer = mnistcnn("kaggle", *kaggle_files.arguments)
        assert_one_line(answer, status=2, mentions="train.csv must hold integers from 0 to 9 here")

    @pytest.mark.skipif(os.name == "nt", reason="limits are POSIX's")
    def test_a_full_disk_leaves_the_older_submission_whole(self, kaggle_files):
        import resource

        kaggle_files.submission.write_text("precious")
        answer = mnistcnn(
            *("kaggle", *kaggle_files.arguments, "--epochs", "1", "--force"),
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50, 50)),
        )
        assert answer.returncode == 1, answer.stderr
        assert "Accuracy" in answer.stdout
        assert "holds the predictions" not in answer.stdout
        assert answer.stderr.splitlines()[-1].startswith("mnistcnn: error: ")
        assert kaggle_files.submission.read_text() == "precious"
        assert len(list(kaggle_files.submission.parent.iterdir())) == 4

    @pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["kill", "Ctrl-C"])
    def test_an_end_before_the_submission_leaves_the_older_one_whole(self, kaggle_files, number):
        kaggle_files.submission.write_text("precious")
        process = subprocess.Popen(
            [*COMMAND, "kaggle", *map(str, kaggle_files.arguments), "--epochs", "500", "--force"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        assert process.stderr.readline().startswith("epoch 1 of 500")
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
        assert kaggle_files.submission.read_text() == "precious"
        assert len(list(kaggle_files.submission.parent.iterdir())) == 4
        if number == signal.SIGINT:
            assert process.returncode == 130
            assert f"{kaggle_files.submission} is unchanged." in said
