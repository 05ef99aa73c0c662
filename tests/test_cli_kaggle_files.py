"""Which files ``mnistcnn kaggle`` reads and writes, and what it says of others."""

import os
import re

import click
import numpy as np
import pandas as pd
import pytest

from kaggle_files import DIGITS, N_TRAIN, TEST, TRAIN, changed, kaggle
from mnistcnn import read_kaggle_csv
from mnistcnn.datasets import read_digit_recognizer


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
    def test_a_training_file_with_a_fault_is_named_with_its_line(self, kaggle_files, case):
        frame, message = REFUSED_TRAIN[case]
        frame.to_csv(kaggle_files.train, index=False)
        with pytest.raises(ValueError, match=re.escape(message)) as error:
            kaggle(*kaggle_files.arguments)
        assert str(kaggle_files.train) in str(error.value)
        assert not kaggle_files.submission.exists()

    def test_exchanged_files_are_refused(self, kaggle_files):
        kaggle_files.train, kaggle_files.test = kaggle_files.test, kaggle_files.train
        with pytest.raises(ValueError, match="swap the two files"):
            kaggle(*kaggle_files.arguments)

    @pytest.mark.parametrize("by", ["name", "link"])
    def test_one_file_in_both_places_is_refused(self, kaggle_files, by):
        kaggle_files.test.unlink()
        if by == "name":
            kaggle_files.test = kaggle_files.train
        else:
            kaggle_files.test.symlink_to(kaggle_files.train)
        with pytest.raises(ValueError, match=r"must be different, got .*\.csv twice"):
            kaggle(*kaggle_files.arguments)

    def test_a_test_file_with_labels_is_refused_with_the_remedy(self, kaggle_files):
        TRAIN.tail(5).rename(columns={"label": "Digit"}).to_csv(kaggle_files.test, index=False)
        with pytest.raises(ValueError, match=r"test\.csv with a column 'Digit'.*remove the column"):
            kaggle(*kaggle_files.arguments)

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
    def test_a_sample_submission_that_does_not_fit_is_refused(self, kaggle_files, content, message):
        kaggle_files.sample.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(ValueError, match=re.escape(message)) as error:
            kaggle(*kaggle_files.arguments, "--sample-submission", kaggle_files.sample)
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
        self, kaggle_files, name, numbers, message
    ):
        TEST.assign(**{name: list(numbers)}).to_csv(kaggle_files.test, index=False)
        with pytest.raises(ValueError, match=re.escape(message)) as error:
            kaggle(*kaggle_files.arguments)
        assert str(kaggle_files.test) in str(error.value)
        if name.casefold() == "id":
            # Numbers of another kind than a submission's, which hold where the image is from.
            assert read_kaggle_csv(kaggle_files.test, target=None).data.shape == (25, 784)
            return
        with pytest.warns(UserWarning, match=re.escape(message)) as caught:
            assert read_kaggle_csv(kaggle_files.test, target=None).data.shape == (25, 784)
        assert [warning.filename for warning in caught] == [__file__]
        assert str(kaggle_files.test) in str(caught[0].message)

    @pytest.mark.parametrize(
        ("name", "numbers"),
        [
            ("ImageId", range(1, 26)),
            ("ImageId", range(25)),
            ("id", range(28001, 28026)),
            ("id", list("shuffledbyletters" + "abcdefgh")),
        ],
    )
    def test_test_images_in_the_order_of_their_numbers_are_read(self, kaggle_files, name, numbers):
        numbered = TEST.copy()
        numbered.insert(0, name, list(numbers))
        numbered.to_csv(kaggle_files.test, index=False)
        _, _, X_test = read_digit_recognizer(kaggle_files.train, kaggle_files.test)
        np.testing.assert_array_equal(X_test, TEST)
        np.testing.assert_array_equal(read_kaggle_csv(kaggle_files.test, target=None).data, TEST)

    @pytest.mark.parametrize("name", ["", "Unnamed: 0", "index", "row"])
    def test_test_images_in_another_order_than_the_index_of_their_frame_are_refused(
        self, kaggle_files, name
    ):
        shuffled = TEST.reset_index(drop=True).sample(frac=1, random_state=0)
        shuffled.to_csv(kaggle_files.test, index_label=name)
        column = f"the column '{name}'" if name else "the column without a name"
        message = rf"test\.csv is not in order: its line \d+ must have \d+ or more in {column}, got"
        with pytest.raises(ValueError, match=message):
            kaggle(*kaggle_files.arguments)
        # What numbers the lines of a frame is no matter where predictions are not numbered.
        read = read_kaggle_csv(kaggle_files.test, target=None)
        np.testing.assert_array_equal(read.data, shuffled)
        TRAIN.sample(frac=1, random_state=0).to_csv(kaggle_files.train, index_label=name)
        assert len(read_kaggle_csv(kaggle_files.train).data) == N_TRAIN

    @pytest.mark.parametrize(
        "numbers",
        [
            range(25),
            range(28000, 28025),
            [*range(15), *range(10)],
            [*range(1, 16), *range(1, 11)],
            [0] * 25,
            range(0, 75, 3),
            [*range(5), "", *range(6, 25)],
            list("shuffledbyletters" + "abcdefgh"),
        ],
        ids=["all", "the last", "two frames", "from 1", "rows", "every third", "a gap", "names"],
    )
    @pytest.mark.parametrize("name", ["", "index"])
    def test_lines_that_are_numbered_as_they_lie_are_read(self, kaggle_files, name, numbers):
        TEST.set_index(pd.Index(list(numbers))).to_csv(kaggle_files.test, index_label=name)
        _, _, X_test = read_digit_recognizer(kaggle_files.train, kaggle_files.test)
        np.testing.assert_array_equal(X_test, TEST)

    @pytest.mark.parametrize(
        "numbers", [[*range(5, 25), *range(5)], range(24, -1, -1), [1, 0, *range(2, 25)]],
        ids=["parts exchanged", "reversed", "two exchanged"],
    )  # fmt: skip
    def test_whichever_way_their_order_is_another(self, kaggle_files, numbers):
        TEST.set_index(pd.Index(list(numbers))).to_csv(kaggle_files.test)
        with pytest.raises(ValueError, match="in the column without a name"):
            read_digit_recognizer(kaggle_files.train, kaggle_files.test)

    @pytest.mark.parametrize("quoting", [0, 1])
    def test_images_with_labels_may_lie_in_any_order(self, kaggle_files, quoting):
        TRAIN.assign(ImageId=range(N_TRAIN, 0, -1)).to_csv(
            kaggle_files.train, index=False, quoting=quoting
        )
        np.testing.assert_array_equal(read_kaggle_csv(kaggle_files.train).target, TRAIN["label"])

    @pytest.mark.parametrize(
        ("train", "came"),
        [
            (TRAIN.head(1), "1 image, all of class 0"),
            (TRAIN[TRAIN["label"] == 4].head(30), "30 images, all of class 4"),
        ],
        ids=["one image", "one class"],
    )
    def test_a_training_file_of_one_class_is_named(self, kaggle_files, train, came):
        train.to_csv(kaggle_files.train, index=False)
        message = rf"train\.csv must hold digits of at least two classes, got {came}\."
        with pytest.raises(ValueError, match=message):
            kaggle(*kaggle_files.arguments)

    def test_too_few_images_for_a_recipe_that_stops_early_name_the_recipe(self, kaggle_files):
        TRAIN.head(20).to_csv(kaggle_files.train, index=False)
        message = r"--recipe deep_256 holds out .*regardless of --validation-fraction.*20 images of"
        with pytest.raises(ValueError, match=message):
            kaggle(*kaggle_files.arguments, "--recipe", "deep_256")

    @pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="a folder that takes no file")
    def test_a_submission_that_cannot_be_written_is_refused_before_the_training(self, kaggle_files):
        kaggle_files.train.write_text("not read")
        kaggle_files.submission = "/proc/x.csv"
        with pytest.raises(click.BadParameter, match=r"/proc/x\.csv cannot be written") as error:
            kaggle(*kaggle_files.arguments)
        assert error.value.param_hint == "'--submission'"

    @pytest.mark.parametrize("name", ["train", "test", "sample"])
    def test_what_is_read_is_never_overwritten(self, kaggle_files, name):
        kaggle_files.submission = getattr(kaggle_files, name)
        before = kaggle_files.submission.read_bytes()
        with pytest.raises(
            click.UsageError, match="--submission would overwrite .*, which is read"
        ):
            kaggle(*kaggle_files.arguments, "--sample-submission", kaggle_files.sample, "--force")
        assert kaggle_files.submission.read_bytes() == before

    def test_an_older_submission_is_replaced_only_with_force(self, kaggle_files):
        kaggle_files.submission.write_text("precious")
        with pytest.raises(click.UsageError, match="--submission would overwrite .*add --force"):
            kaggle(*kaggle_files.arguments)
        assert kaggle_files.submission.read_text() == "precious"

    def test_too_few_images_to_hold_out_are_refused(self, kaggle_files):
        TRAIN.head(12).to_csv(kaggle_files.train, index=False)
        with pytest.raises(click.UsageError, match="cannot leave images of each of the 10 classes"):
            kaggle(*kaggle_files.arguments, "--validation-fraction", "0.1")
