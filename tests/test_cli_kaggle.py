"""``mnistcnn kaggle``: from Kaggle's two files to a submission, or a sentence that says why not."""

import dataclasses
import json
import os
import re
import signal
import subprocess

import click
import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from commands import COMMAND, assert_one_line, environment, mnistcnn
from mnistcnn import (
    DigitCNNClassifier,
    TestTimeAugmentationClassifier,
    load_sample_digits,
    read_kaggle_csv,
)
from mnistcnn.cli._main import commands
from mnistcnn.datasets import read_digit_recognizer

N_TRAIN, N_TEST = 400, 25
DIGITS = load_sample_digits(as_frame=True)
TRAIN = DIGITS.frame.head(N_TRAIN)[["label", *DIGITS.feature_names]]
TEST = DIGITS.data.tail(N_TEST)


class Files:
    """Kaggle's files in a folder, and the arguments that name them."""

    def __init__(self, folder):
        self.train, self.test = folder / "train.csv", folder / "test.csv"
        self.sample, self.submission = folder / "sample_submission.csv", folder / "mine.csv"
        TRAIN.to_csv(self.train, index=False)
        TEST.to_csv(self.test, index=False)
        sample = pd.DataFrame({"ImageId": range(1, N_TEST + 1), "Label": 0})
        sample.to_csv(self.sample, index=False)

    @property
    def arguments(self):
        return ["--train", self.train, "--test", self.test, "--submission", self.submission]


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path)


def kaggle(*arguments):
    """Run the command in this process; what it refuses is raised."""
    return commands.main(["kaggle", *map(str, arguments)], standalone_mode=False)


def labels_in(path):
    frame = pd.read_csv(path)
    assert list(frame.columns) == ["ImageId", "Label"]
    assert list(frame["ImageId"]) == list(range(1, len(frame) + 1))
    return frame["Label"].to_numpy()


@pytest.mark.slow
class TestSubmission:
    def test_the_estimate_is_printed_and_the_submission_written(self, files, capsys):
        kaggle(*files.arguments, "--epochs", "6", "--sample-submission", files.sample)
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
        assert lines[3:] == [f"{files.submission} holds the predictions for 25 images."]
        reports = printed.err.splitlines()
        assert re.fullmatch(
            r"epoch 1 of 6: loss .*, validation accuracy .*; \d+ s left", reports[0]
        )
        assert len(reports) == 6
        right = labels_in(files.submission) == DIGITS.target.tail(N_TEST).to_numpy()
        assert right.mean() > 0.5

    def test_all_images_are_trained_on_without_an_estimate(self, files, capsys):
        options = ("--validation-fraction", "0", "--epochs", "1", "--augmentation", "none")
        kaggle(*files.arguments, *options, "--quiet")
        printed = capsys.readouterr()
        assert printed.err == ""
        assert "on 400 images" in printed.out
        assert "nothing is held out" in printed.out
        assert "Accuracy" not in printed.out
        assert len(labels_in(files.submission)) == N_TEST

    @pytest.mark.parametrize("n_views", [1, 5])
    def test_the_views_of_each_image_answer_together(self, n_views, files, capsys):
        recipe, options = "two_layer_mlp", {"epochs": 3, "random_state": 0}
        views = [] if n_views == 5 else ["--views", n_views]
        kaggle(
            *files.arguments, "--recipe", recipe, "--epochs", options["epochs"], *views,
            "--validation-fraction", "0", "--json",
        )  # fmt: skip
        assert json.loads(capsys.readouterr().out)["views"] == n_views
        X, y, X_test = read_digit_recognizer(files.train, files.test)
        network = DigitCNNClassifier.from_recipe(recipe, **options).fit(X, y)
        answering = TestTimeAugmentationClassifier(network, n_views)
        np.testing.assert_array_equal(labels_in(files.submission), answering.predict(X_test))

    @pytest.mark.parametrize("n_views", [0, 26, 10_000])
    def test_views_that_would_leave_the_image_are_refused_before_the_training(self, n_views, files):
        with pytest.raises(click.BadParameter, match="1<=x<=25"):
            kaggle(*files.arguments, "--views", n_views)

    def test_an_ensemble_of_a_recipe(self, files, capsys):
        options = ("--recipe", "two_layer_mlp", "--ensemble", "2", "--epochs", "3")
        kaggle(*files.arguments, *options)
        printed = capsys.readouterr()
        assert "Trained 2 networks (two_layer_mlp) on 360 images in " in printed.out
        assert "The ensemble that was measured makes the predictions" in printed.out
        reports = printed.err.splitlines()
        assert [line.split(":")[0] for line in reports] == [f"epoch {i} of 6" for i in range(1, 7)]
        assert len(labels_in(files.submission)) == N_TEST

    def test_the_epochs_are_those_that_were_trained(self, files, capsys, monkeypatch):
        from mnistcnn import recipes

        stopping = {"early_stopping": True, "n_iter_no_change": 1, "learning_rate": 0.1}
        [recipe] = [each for each in recipes._RECIPES if each.name == "two_layer_mlp"]
        monkeypatch.setitem(
            recipes._BY_NAME,
            "two_layer_mlp",
            dataclasses.replace(recipe, parameters=recipe.parameters | stopping),
        )
        options = ("--recipe", "two_layer_mlp", "--ensemble", "2", "--epochs", "40", "--json")
        kaggle(*files.arguments, *options)
        printed = capsys.readouterr()
        n_reported = sum(line.startswith("epoch ") for line in printed.err.splitlines())
        assert json.loads(printed.out)["epochs"] == n_reported < 80

    @pytest.mark.parametrize("inverted", ["test", "train", "both"])
    def test_inverted_test_images_are_noticed_whatever_the_recipe_makes_of_pixels(
        self, files, inverted, capsys
    ):
        if inverted != "test":
            (255 - TRAIN[DIGITS.feature_names]).assign(label=TRAIN["label"]).to_csv(
                files.train, index=False
            )
        if inverted != "train":
            (255 - TEST).head(1).to_csv(files.test, index=False)
        assert DigitCNNClassifier.from_recipe("two_layer_mlp").pixel_scaling != "standard"
        kaggle(*files.arguments, "--recipe", "two_layer_mlp", "--epochs", "1")
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

    def test_no_epoch_is_chosen_by_the_images_that_are_held_out(self, files, capsys, monkeypatch):
        seen = []
        fit = DigitCNNClassifier.fit

        def noted(classifier, X, y, **validation):
            seen.append((len(y), sorted(validation)))
            return fit(classifier, X, y, **validation)

        monkeypatch.setattr(DigitCNNClassifier, "fit", noted)
        # Its early stopping keeps the best of all epochs, by a part of what it trains on.
        kaggle(*files.arguments, "--recipe", "deep_256", "--epochs", "1", "--json")
        summary = json.loads(capsys.readouterr().out)
        assert (summary["architecture"], summary["validation_images"]) == ("deep_256", 40)
        assert seen == [(360, [])]

    def test_json_holds_the_interval_of_wilson(self, files, capsys):
        files.submission.write_text("older")
        kaggle(*files.arguments, "--epochs", "1", "--json", "--quiet", "--force")
        printed = capsys.readouterr()
        summary = json.loads(printed.out)
        assert (summary["training_images"], summary["validation_images"]) == (360, 40)
        assert (summary["test_images"], summary["submission"]) == (25, str(files.submission))
        accuracy, n, z = summary["accuracy"], 40, norm.ppf(0.975)
        # Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
        middle = (accuracy + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z * np.sqrt(accuracy * (1 - accuracy) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
        assert summary["confidence_interval"] == pytest.approx([middle - half, middle + half])
        assert len(labels_in(files.submission)) == N_TEST

    @pytest.mark.long
    def test_the_same_seed_gives_the_same_submission_in_another_process(self, files):
        answers = []
        for _ in range(2):
            answer = mnistcnn("kaggle", *files.arguments, "--epochs", "2", "--force")
            assert answer.returncode == 0, answer.stderr
            answers.append((files.submission.read_text(), answer.stdout.splitlines()[1]))
        assert answers[0] == answers[1]


def with_header(frame, **options):
    return lambda path: frame.to_csv(path, index=False, **options)


def blank_line_at_the_end(path):
    TRAIN.to_csv(path, index=False)
    with path.open("a") as file:
        file.write("\n")


FORMS = {
    "quoted": with_header(TRAIN, quoting=1),
    "byte-order mark": with_header(TRAIN, encoding="utf-8-sig"),
    "Windows line ends": with_header(TRAIN, lineterminator="\r\n"),
    "semicolons": with_header(TRAIN, sep=";"),
    "blank line": blank_line_at_the_end,
    "label last": with_header(TRAIN[[*DIGITS.feature_names, "label"]]),
}


def changed(frame, row, column, value):
    """Put another cell in, whatever it is."""
    frame = frame.astype(object)
    frame.iloc[row, frame.columns.get_loc(column)] = value
    return frame


REFUSED_TRAIN = {
    "a label above 9": (changed(TRAIN, 3, "label", 10), "from 0 to 9 here, got '10' in line 5"),
    "a negative label": (changed(TRAIN, 0, "label", -1), "from 0 to 9 here, got '-1' in line 2"),
    "a label that is a word": (changed(TRAIN, 2, "label", "two"), "got 'two' in line 4"),
    "a pixel above 255": (changed(TRAIN, 2, "pixel7", 256), "got '256' in line 4, column 'pixel7'"),
    "no pixel": (changed(TRAIN, 2, "pixel7", None), "in line 4, column 'pixel7'"),
    "no labels": (TRAIN.drop(columns="label"), "must have a column 'label'"),
    "a pixel too few": (TRAIN.drop(columns="pixel9"), "missing: 'pixel9'"),
}


class TestFiles:
    @pytest.mark.parametrize("form", FORMS)
    def test_what_is_plain_is_read(self, tmp_path, form):
        FORMS[form](tmp_path / "train.csv")
        TEST.to_csv(tmp_path / "test.csv", index=False)
        X, y, X_test = read_digit_recognizer(tmp_path / "train.csv", tmp_path / "test.csv")
        np.testing.assert_array_equal(X, TRAIN[DIGITS.feature_names])
        np.testing.assert_array_equal(y, TRAIN["label"])
        np.testing.assert_array_equal(X_test, TEST)
        assert X.dtype == X_test.dtype == np.uint8

    @pytest.mark.parametrize("case", REFUSED_TRAIN)
    def test_a_training_file_with_a_fault_is_named_with_its_line(self, files, case):
        frame, message = REFUSED_TRAIN[case]
        frame.to_csv(files.train, index=False)
        with pytest.raises(ValueError, match=re.escape(message)) as error:
            kaggle(*files.arguments)
        assert str(files.train) in str(error.value)
        assert not files.submission.exists()

    def test_exchanged_files_are_refused(self, files):
        files.train, files.test = files.test, files.train
        with pytest.raises(ValueError, match="swap the two files"):
            kaggle(*files.arguments)

    @pytest.mark.parametrize("by", ["name", "link"])
    def test_one_file_in_both_places_is_refused(self, files, by):
        files.test.unlink()
        if by == "name":
            files.test = files.train
        else:
            files.test.symlink_to(files.train)
        with pytest.raises(ValueError, match=r"must be different, got .*\.csv twice"):
            kaggle(*files.arguments)

    def test_a_test_file_with_labels_is_refused_with_the_remedy(self, files):
        TRAIN.tail(5).rename(columns={"label": "Digit"}).to_csv(files.test, index=False)
        with pytest.raises(ValueError, match=r"test\.csv with a column 'Digit'.*remove the column"):
            kaggle(*files.arguments)

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("ImageId,Label\n1,0\n2,0\n", "25 images and 2 predictions"),
            ("Id,Digit\n1,0\n", "first line must be ImageId,Label, got 'Id,Digit'"),
            ("ImageId,Label\n1,0\n3,0\n", "line 3 must be 2,Label, got '3,0'"),
            ("", "first line must be ImageId,Label, got ''"),
            (b"\xff\xfe\x00", "is not a sample submission"),
        ],
    )
    def test_a_sample_submission_that_does_not_fit_is_refused(self, files, content, message):
        files.sample.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(ValueError, match=re.escape(message)) as error:
            kaggle(*files.arguments, "--sample-submission", files.sample)
        assert "sample_submission.csv" in str(error.value)

    @pytest.mark.parametrize(
        ("name", "numbers", "message"),
        [
            ("ImageId", [2, 1, *range(3, 26)], "line 2 must have the ImageId 1, got '2'"),
            ("imageid", [0, 1, 3, 2, *range(4, 25)], "line 4 must have the imageid 2, got '3'"),
            ("image_id", range(28001, 28026), "line 2 must have the image_id 1, got '28001'"),
            ("ImageId", ["first", *range(2, 26)], "line 2 must have the ImageId 1, got 'first'"),
            ("id", [*range(28002, 28026), 28001], "line 26 must have the id 28026, got '28001'"),
            ("Id", [7] * 25, "line 3 must have the Id 8, got '7'"),
        ],
    )
    def test_test_images_in_another_order_than_their_numbers_are_refused(
        self, files, name, numbers, message
    ):
        TEST.assign(**{name: list(numbers)}).to_csv(files.test, index=False)
        with pytest.raises(ValueError, match=re.escape(message)) as error:
            kaggle(*files.arguments)
        assert str(files.test) in str(error.value)
        if name.casefold() == "id":
            # Numbers of another kind than a submission's, which hold where the image is from.
            assert read_kaggle_csv(files.test, target=None).data.shape == (25, 784)
            return
        with pytest.warns(UserWarning, match=re.escape(message)) as caught:
            assert read_kaggle_csv(files.test, target=None).data.shape == (25, 784)
        assert [warning.filename for warning in caught] == [__file__]
        assert str(files.test) in str(caught[0].message)

    @pytest.mark.parametrize(
        ("name", "numbers"),
        [
            ("ImageId", range(1, 26)),
            ("ImageId", range(25)),
            ("id", range(28001, 28026)),
            ("id", list("shuffledbyletters" + "abcdefgh")),
        ],
    )
    def test_test_images_in_the_order_of_their_numbers_are_read(self, files, name, numbers):
        numbered = TEST.copy()
        numbered.insert(0, name, list(numbers))
        numbered.to_csv(files.test, index=False)
        _, _, X_test = read_digit_recognizer(files.train, files.test)
        np.testing.assert_array_equal(X_test, TEST)
        np.testing.assert_array_equal(read_kaggle_csv(files.test, target=None).data, TEST)

    @pytest.mark.parametrize("quoting", [0, 1])
    def test_images_with_labels_may_lie_in_any_order(self, files, quoting):
        TRAIN.assign(ImageId=range(N_TRAIN, 0, -1)).to_csv(
            files.train, index=False, quoting=quoting
        )
        np.testing.assert_array_equal(read_kaggle_csv(files.train).target, TRAIN["label"])

    @pytest.mark.parametrize(
        ("train", "came"),
        [
            (TRAIN.head(1), "1 image, all of class 0"),
            (TRAIN[TRAIN["label"] == 4].head(30), "30 images, all of class 4"),
        ],
        ids=["one image", "one class"],
    )
    def test_a_training_file_of_one_class_is_named(self, files, train, came):
        train.to_csv(files.train, index=False)
        message = rf"train\.csv must hold digits of at least two classes, got {came}\."
        with pytest.raises(ValueError, match=message):
            kaggle(*files.arguments)

    def test_too_few_images_for_a_recipe_that_stops_early_name_the_recipe(self, files):
        TRAIN.head(20).to_csv(files.train, index=False)
        message = r"--recipe deep_256 holds out .*regardless of --validation-fraction.*20 images of"
        with pytest.raises(ValueError, match=message):
            kaggle(*files.arguments, "--recipe", "deep_256")

    @pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="a folder that takes no file")
    def test_a_submission_that_cannot_be_written_is_refused_before_the_training(self, files):
        files.train.write_text("not read")
        files.submission = "/proc/x.csv"
        with pytest.raises(click.BadParameter, match=r"/proc/x\.csv cannot be written") as error:
            kaggle(*files.arguments)
        assert error.value.param_hint == "'--submission'"

    @pytest.mark.parametrize("name", ["train", "test", "sample"])
    def test_what_is_read_is_never_overwritten(self, files, name):
        files.submission = getattr(files, name)
        before = files.submission.read_bytes()
        with pytest.raises(
            click.UsageError, match="--submission would overwrite .*, which is read"
        ):
            kaggle(*files.arguments, "--sample-submission", files.sample, "--force")
        assert files.submission.read_bytes() == before

    def test_an_older_submission_is_replaced_only_with_force(self, files):
        files.submission.write_text("precious")
        with pytest.raises(click.UsageError, match="--submission would overwrite .*add --force"):
            kaggle(*files.arguments)
        assert files.submission.read_text() == "precious"

    def test_too_few_images_to_hold_out_are_refused(self, files):
        TRAIN.head(12).to_csv(files.train, index=False)
        with pytest.raises(click.UsageError, match="cannot leave images of each of the 10 classes"):
            kaggle(*files.arguments, "--validation-fraction", "0.1")


@pytest.mark.slow
@pytest.mark.long
class TestProcess:
    def test_a_fault_is_one_line_and_status_2(self, files):
        changed(TRAIN, 3, "label", 12).to_csv(files.train, index=False)
        answer = mnistcnn("kaggle", *files.arguments)
        assert_one_line(answer, status=2, mentions="train.csv must hold integers from 0 to 9 here")

    @pytest.mark.skipif(os.name == "nt", reason="limits are POSIX's")
    def test_a_full_disk_leaves_the_older_submission_whole(self, files):
        import resource

        files.submission.write_text("precious")
        answer = mnistcnn(
            *("kaggle", *files.arguments, "--epochs", "1", "--force"),
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50, 50)),
        )
        assert answer.returncode == 1, answer.stderr
        assert "Accuracy" in answer.stdout
        assert "holds the predictions" not in answer.stdout
        assert answer.stderr.splitlines()[-1].startswith("mnistcnn: error: ")
        assert files.submission.read_text() == "precious"
        assert len(list(files.submission.parent.iterdir())) == 4

    @pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["kill", "Ctrl-C"])
    def test_an_end_before_the_submission_leaves_the_older_one_whole(self, files, number):
        files.submission.write_text("precious")
        process = subprocess.Popen(
            [*COMMAND, "kaggle", *map(str, files.arguments), "--epochs", "500", "--force"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        assert process.stderr.readline().startswith("epoch 1 of 500")
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
        assert files.submission.read_text() == "precious"
        assert len(list(files.submission.parent.iterdir())) == 4
        if number == signal.SIGINT:
            assert process.returncode == 130
            assert f"{files.submission} is unchanged." in said
