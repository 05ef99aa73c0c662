"""Kaggle's CSV files: digits in, predictions out."""

import os

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mnistcnn import load_sample_digits, read_kaggle_csv, write_kaggle_submission
from mnistcnn.datasets import load_labeled

HEADER = ["label", *(f"pixel{i}" for i in range(784))]


@pytest.fixture
def train_csv(tmp_path):
    """Write a file like Kaggle's train.csv, with other cells where a test needs them."""

    def write(*, n=5, cells=None, columns=HEADER):
        rows = [["7", *["0"] * 784] for _ in range(n)]
        for (line, column), text in (cells or {}).items():
            rows[line - 2][column] = text
        path = tmp_path / "train.csv"
        path.write_text("\n".join(",".join(row) for row in [columns, *rows]) + "\n")
        return path

    return write


@given(
    pixels=arrays(np.uint8, st.tuples(st.integers(1, 4), st.just(784))),
    label=st.integers(0, 9),
    place=st.integers(0, 784),
)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_digits_survive_the_way_through_a_file(tmp_path, pixels, label, place):
    frame = pd.DataFrame(pixels, columns=HEADER[1:])
    frame.insert(place, "label", label)
    frame.to_csv(tmp_path / "train.csv", index=False)
    digits = read_kaggle_csv(tmp_path / "train.csv")
    np.testing.assert_array_equal(digits.data, pixels)
    np.testing.assert_array_equal(digits.images, pixels.reshape(-1, 28, 28))
    np.testing.assert_array_equal(digits.target, [label] * len(pixels))


def test_result_has_the_documented_types(train_csv):
    digits = read_kaggle_csv(train_csv(cells={(3, 0): "4", (3, 784): "255"}))
    assert digits.data.dtype == np.uint8
    assert digits.target.dtype == np.int64
    assert np.shares_memory(digits.data, digits.images)
    assert digits.images[1, 27, 27] == 255
    assert digits.target.tolist() == [7, 4, 7, 7, 7]
    assert digits.target_names.tolist() == [4, 7]
    assert digits.frame is None
    assert "train.csv" in digits.DESCR


def test_frames_and_tuples_on_request(train_csv):
    path = train_csv(n=3)
    X, y = read_kaggle_csv(path, return_X_y=True)
    assert (X.shape, y.tolist()) == ((3, 784), [7, 7, 7])
    digits = read_kaggle_csv(path, as_frame=True)
    pd.testing.assert_frame_equal(digits.frame[["label"]], pd.DataFrame({"label": [7, 7, 7]}))
    assert list(digits.data.columns) == HEADER[1:]
    assert digits.target.name == "label"


def test_file_without_labels_is_read_by_name(train_csv, tmp_path):
    frame = pd.read_csv(train_csv(n=2)).drop(columns="label")
    frame.to_csv(tmp_path / "test.csv", index=False)
    digits = read_kaggle_csv(tmp_path / "test.csv", target=None)
    assert digits.target is None
    assert digits.target_names is None
    assert digits.data.shape == (2, 784)
    X, y = read_kaggle_csv(tmp_path / "test.csv", target=None, return_X_y=True, as_frame=True)
    assert X.shape == (2, 784)
    assert y is None
    with pytest.raises(ValueError, match=r"must have a column 'label'.*target=None"):
        read_kaggle_csv(tmp_path / "test.csv")
    with pytest.raises(ValueError, match="got a column 'label' beside the pixels.*target='label'"):
        read_kaggle_csv(train_csv(), target=None)


def test_labels_may_have_another_name(train_csv):
    path = train_csv(columns=["digit", *HEADER[1:]])
    assert read_kaggle_csv(path, target="digit").target.tolist() == [7] * 5


def test_packed_files_and_other_line_ends_are_read(tmp_path):
    frame = load_sample_digits(as_frame=True).frame.head(4)
    frame.to_csv(tmp_path / "train.csv.gz", index=False)
    frame.to_csv(tmp_path / "windows.csv", index=False, lineterminator="\r\n", encoding="utf-8-sig")
    frame.to_csv(tmp_path / "quoted.csv", index=False, quoting=1, lineterminator="\r\n")
    content = frame.to_csv(index=False)
    (tmp_path / "blank.csv").write_text(f"\n{content}\n  \n\n")
    (tmp_path / "no end.csv").write_text(content.rstrip("\n"))
    (tmp_path / "old Mac.csv").write_text(content.replace("\n", "\r"))
    for name in ("train.csv.gz", "windows", "quoted", "blank", "no end", "old Mac"):
        path = (tmp_path / name).with_suffix(".csv") if "." not in name else tmp_path / name
        digits = read_kaggle_csv(path, as_frame=True)
        pd.testing.assert_frame_equal(digits.data, frame.drop(columns="label"))
        assert digits.target.tolist() == frame["label"].tolist()


@pytest.mark.parametrize("label", ["10", "-1", "46"])
def test_labels_of_other_data_than_digits_are_read(train_csv, label):
    assert read_kaggle_csv(train_csv(cells={(3, 0): label})).target[1] == int(label)


def test_more_lines_than_one_block_come_in_order(train_csv):
    digits = read_kaggle_csv(train_csv(n=2100, cells={(2051, 5): "9", (2101, 0): "3"}))
    assert digits.data.shape == (2100, 784)
    assert np.argwhere(digits.data).tolist() == [[2049, 4]]
    assert np.flatnonzero(digits.target == 3).tolist() == [2099]


@pytest.mark.parametrize("text", ["9.0", '"9"', " 9", "+9", "0009", "9e0"])
@pytest.mark.parametrize("line", [2, 900, 2101])
def test_a_number_in_another_form_is_read_wherever_it_stands(train_csv, line, text):
    digits = read_kaggle_csv(train_csv(n=2100, cells={(line, 7): text, (2100, 0): "3"}))
    assert digits.data.shape == (2100, 784)
    assert np.argwhere(digits.data).tolist() == [[line - 2, 6]]
    assert digits.data[line - 2, 6] == 9
    assert np.flatnonzero(digits.target == 3).tolist() == [2098]


def test_blank_lines_are_left_out_wherever_they_stand(train_csv):
    path = train_csv(n=3, cells={(4, 0): "3"})
    header, *lines = path.read_text().splitlines()
    path.write_text("\n".join([header, "", lines[0], "\n" * 2_200_000, *lines[1:], "", ""]))
    assert read_kaggle_csv(path).target.tolist() == [7, 7, 3]


@pytest.mark.parametrize(
    ("line", "column", "text"),
    [
        (2, 1, "256"),
        (3, 2, "999"),
        (4, 784, "-1"),
        (4, 300, "ink"),
        (3, 300, "0.5"),
        (3, 300, "True"),
        (3, 300, ""),
        (3, 300, "1e30"),
        (3, 300, "99999999999999999999"),
        (3, 300, "inf"),
        (5, 0, "seven"),
        (5, 0, "7.5"),
        (5, 0, ""),
    ],
)
def test_bad_cell_is_named_with_its_place(train_csv, line, column, text):
    path = train_csv(cells={(line, column): text})
    with pytest.raises(ValueError, match="must hold integers from") as error:
        read_kaggle_csv(path)
    message = str(error.value)
    assert str(path) in message
    assert f"in line {line}, column {HEADER[column]!r}" in message
    assert column == 0 or "from 0 to 255" in message


def test_bad_cell_far_down_is_named_with_its_line(train_csv):
    path = train_csv(n=2100, cells={(2090, 7): "256"})
    with pytest.raises(ValueError, match="got '256' in line 2090, column 'pixel6'"):
        read_kaggle_csv(path)
    header, *lines = path.read_text().splitlines()
    for end in ("\n", "\r\n", "\r"):
        path.write_text(
            end.join(["", header, "", *lines[:1000], "", "", *lines[1000:]]), newline=""
        )
        with pytest.raises(ValueError, match="got '256' in line 2094, column 'pixel6'"):
            read_kaggle_csv(path)


def test_whole_numbers_written_with_a_point_are_taken(train_csv):
    digits = read_kaggle_csv(train_csv(cells={(2, 1): "12.0", (2, 0): "3.0"}))
    assert (digits.data[0, 0], digits.target[0]) == (12, 3)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        (",".join(HEADER) + "\n", "is empty"),
        (",".join(HEADER[:-1]) + "\n", "784 columns of pixels, got 783"),
        ("pixel0,pixel1\n0,1\n", "must have a column 'label', got 2 columns: pixel0, pixel1"),
        (",".join("0" * 786) + "\n", "no line of column names and must then have 784 columns"),
        (",".join(map(str, range(785))) + "\n", "must have a column 'label', got 785"),
        (",".join(["7", *"0" * 783, "3"]) + "\n", "last column could hold the labels"),
        ("label\n7\n", "must have 784 columns of pixels, got 0"),
        (",".join([*HEADER, "Label"]) + "\n", "must have one column of labels"),
        (",".join([*HEADER[:-1], "pixel5"]) + "\n", "must name each pixel once, got 'pixel5'"),
        (",".join([*HEADER[:9], *HEADER[10:]]) + "\n", "got 783, .*; missing: 'pixel8'"),
        (",".join([*HEADER, "writer"]) + "\n", "'writer' may be pixels, labels or neither"),
        (
            ",".join(["label", *(f"{x}x{y}" for y in range(28) for x in range(28))]) + "\n",
            "the first varying fastest",
        ),
        (",".join(HEADER[:400]) + ";" + ";".join(HEADER[400:]) + "\n", "',' and ';'; use a single"),
        ("0," * 1_000_000, "a line of more than 262,144 characters"),
        (",".join(HEADER) + "\n" + "0," * 1_000_000, "a line of more than 262,144 characters"),
        (",".join(HEADER) + "\n" + ",".join("0" * 785) + "\n" + "0," * 1_000_000, "a line of more"),
        (b"\x28\xb5\x2f\xfd" + bytes(20), "packed with Zstandard; unpack it first"),
        (",".join(HEADER) + "\n" + ",".join("0" * 784) + "\n", "785 cells in each line, got 784"),
        (",".join(HEADER) + "\n" + ",".join("0" * 786) + "\n", "785 cells in each line, got 786"),
        (
            ",".join(HEADER) + "\n" + ",".join("0" * 785) + "\n" + ",".join("0" * 786) + "\n",
            "785 cells in each line, got 786 in line 3",
        ),
        (
            ",".join(HEADER) + "\n" + ",".join("0" * 785) + "\n" + ",".join("0" * 784) + "\n",
            "785 cells in each line, got 784 in line 3",
        ),
        (b"\x1f\x8b\xff\xfe\x00\x80", "is not a table of digits"),
    ],
    ids=lambda text: repr(text)[:60],
)
def test_file_that_is_no_table_of_digits_is_refused(tmp_path, content, message):
    path = tmp_path / "train.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=message) as error:
        read_kaggle_csv(path)
    assert str(path) in str(error.value)


WRITTEN = load_sample_digits(as_frame=True).frame.head(4)
PIXELS = WRITTEN.drop(columns="label")
GRID = [f"{row}x{column}" for row in range(1, 29) for column in range(1, 29)]


@pytest.mark.parametrize(
    "frame",
    [
        WRITTEN,
        WRITTEN[["label", *PIXELS.columns]],
        WRITTEN[sorted(WRITTEN.columns)],
        WRITTEN[WRITTEN.columns[::-1]],
        WRITTEN.rename(columns={"label": "Label"}).rename(columns=str.upper),
        WRITTEN.rename(columns={f"pixel{i}": f"pixel{i + 1}" for i in range(784)}),
        WRITTEN.rename(columns={f"pixel{i}": f"px_{i:03}" for i in range(784)}),
        WRITTEN.rename(columns={f"pixel{i}": str(i) for i in range(784)}),
        WRITTEN.rename(columns=dict(zip(PIXELS.columns, GRID, strict=True))),
        WRITTEN.rename(columns=dict(zip(PIXELS.columns, GRID, strict=True)))[
            sorted([*GRID, "label"])
        ],
        WRITTEN.reset_index(),
        WRITTEN.reset_index().rename(columns={"index": ""}),
        WRITTEN.reset_index().rename(columns={"index": "Unnamed: 0"}),
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_names_decide_which_column_holds_what(tmp_path, frame, separator):
    frame.to_csv(tmp_path / "TRAIN.CSV", index=False, sep=separator)
    for X, y in (
        read_kaggle_csv(tmp_path / "TRAIN.CSV", return_X_y=True),
        load_labeled(tmp_path / "TRAIN.CSV"),
    ):
        np.testing.assert_array_equal(X, PIXELS)
        np.testing.assert_array_equal(y, WRITTEN["label"])


@pytest.mark.parametrize("form", ["%d", "%.1f", "%.18e"])
def test_file_without_names_has_the_label_first_and_loses_no_image(tmp_path, form):
    rows = WRITTEN[["label", *PIXELS.columns]].to_numpy()
    np.savetxt(tmp_path / "train.csv", rows, fmt=form, delimiter=",")
    X, y = read_kaggle_csv(tmp_path / "train.csv", return_X_y=True)
    np.testing.assert_array_equal(X, PIXELS)
    np.testing.assert_array_equal(y, WRITTEN["label"])
    np.savetxt(tmp_path / "test.csv", rows[:, 1:], fmt=form, delimiter=",")
    np.testing.assert_array_equal(read_kaggle_csv(tmp_path / "test.csv", target=None).data, PIXELS)


def test_file_without_names_whose_label_is_last_is_refused(tmp_path):
    WRITTEN.to_csv(tmp_path / "train.csv", index=False, header=False)
    with pytest.raises(ValueError, match="last column could hold the labels"):
        read_kaggle_csv(tmp_path / "train.csv")


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zip", ".tar", ".tar.gz"])
def test_packed_tables_are_read_whatever_their_name_says(tmp_path, suffix):
    path = tmp_path / f"train.csv{suffix}"
    WRITTEN.to_csv(path, index=False)
    for name in (path, path.rename(tmp_path / "train.csv")):
        if name.exists():
            np.testing.assert_array_equal(read_kaggle_csv(name).data, PIXELS)


@pytest.mark.parametrize("suffix", ["", ".gz", ".bz2", ".xz", ".zip", ".tar.gz"])
def test_damaged_packed_table_is_named(tmp_path, suffix):
    path = tmp_path / f"train.csv{suffix}"
    WRITTEN.to_csv(path, index=False)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2] + bytes(50) + content[len(content) // 2 :])
    with pytest.raises(ValueError, match=r"train\.csv"):
        read_kaggle_csv(path)


def test_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "train.csv")
    with pytest.raises(OSError, match=r"pipe.*train\.csv"):
        load_labeled(tmp_path / "train.csv")


def test_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read_kaggle_csv(tmp_path / "nowhere.csv")


def test_submission_has_one_line_an_image(tmp_path):
    write_kaggle_submission(tmp_path / "submission.csv", np.array([2, 0, 9]))
    assert (tmp_path / "submission.csv").read_bytes() == b"ImageId,Label\n1,2\n2,0\n3,9\n"


@pytest.mark.parametrize("predictions", [[], [0.5], ["2"], [[1], [2]], 3, [True]])
def test_predictions_that_are_no_digits_are_refused(tmp_path, predictions):
    path = tmp_path / "submission.csv"
    write_kaggle_submission(path, [1])
    with pytest.raises(ValueError, match="predictions must be a one-dimensional array"):
        write_kaggle_submission(path, predictions, overwrite=True)
    assert path.read_text() == "ImageId,Label\n1,1\n"
    assert list(tmp_path.iterdir()) == [path]


def test_submission_that_is_there_is_replaced_only_on_request(tmp_path):
    path = tmp_path / "submission.csv"
    write_kaggle_submission(path, [1])
    with pytest.raises(FileExistsError, match=r"submission\.csv exists already.*overwrite=True"):
        write_kaggle_submission(path, [2])
    assert path.read_text() == "ImageId,Label\n1,1\n"
    write_kaggle_submission(path, [2], overwrite=True)
    assert path.read_text() == "ImageId,Label\n1,2\n"


@pytest.mark.parametrize(
    ("predictions", "message"),
    [
        ([3, -1, 12], r"0 to 9.*got -1 in predictions\[1\]"),
        (np.array([3, 12], dtype=np.uint8), r"got 12 in predictions\[1\]"),
    ],
)
def test_labels_that_are_no_digits_leave_the_older_submission(tmp_path, predictions, message):
    path = tmp_path / "submission.csv"
    write_kaggle_submission(path, [1])
    with pytest.raises(ValueError, match=message):
        write_kaggle_submission(path, predictions, overwrite=True)
    assert path.read_text() == "ImageId,Label\n1,1\n"
