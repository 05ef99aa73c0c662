"""``mnistcnn predict --sheet``: whole sheets as lines of digits, in a table, as CSV and as JSON."""

import csv
import json
from io import StringIO

import numpy as np
import pytest
from PIL import Image

from commands import assert_one_line, mnistcnn

# They start processes of their own.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sheets(tmp_path_factory, written_sheet):
    """Two sheets, an empty one and one that is no image."""
    folder = tmp_path_factory.mktemp("sheets")
    written_sheet([[3, 1, 4], [1, 5]]).save(folder / "a.png")
    written_sheet([[2, 7]]).save(folder / "b.png")
    Image.new("L", (200, 200), 255).save(folder / "empty.png")
    (folder / "none.png").write_text("no image")
    return folder


@pytest.fixture(scope="module")
def as_table(sheets):
    # Long paths would be broken in two.
    return mnistcnn("predict", "--sheet", ".", cwd=sheets)


def test_a_row_for_each_line_of_digits(as_table):
    cells = [line.split() for line in as_table.stdout.splitlines() if ".png" in line]
    assert [tuple(row[:3]) for row in cells] == [
        ("a.png", "1", "314"),
        ("a.png", "2", "15"),
        ("b.png", "1", "27"),
    ]


def test_what_cannot_be_read_is_named_and_the_others_are_read(as_table):
    assert as_table.returncode == 1
    first, second = as_table.stderr.splitlines()
    assert "empty.png shows no digits." in first
    assert "none.png" in second


def test_csv_has_a_row_for_each_digit_with_its_box(sheets):
    answer = mnistcnn("predict", "--sheet", "--csv", sheets / "b.png")
    rows = list(csv.DictReader(StringIO(answer.stdout)))
    assert [row["digit"] for row in rows] == ["2", "7"]
    assert all(0.9 < float(row["probability"]) <= 1 for row in rows)
    with Image.open(sheets / "b.png") as sheet:
        width, height = sheet.size
    for row in rows:
        assert 0 <= int(row["x"]) < int(row["x"]) + int(row["width"]) <= width
        assert 0 <= int(row["y"]) < int(row["y"]) + int(row["height"]) <= height


@pytest.mark.long
def test_json_has_text_lines_and_what_was_rejected(sheets, tmp_path):
    with Image.open(sheets / "a.png") as image:
        sheet = np.array(image)
    rows, columns = np.ogrid[: sheet.shape[0], : sheet.shape[1] + 100]
    sheet = np.pad(sheet, ((0, 0), (0, 100)), mode="edge")
    sheet[(rows - 60) ** 2 + (columns - sheet.shape[1] + 40) ** 2 < 15**2] = 0
    Image.fromarray(sheet).save(tmp_path / "blot.png")
    (read,) = json.loads(mnistcnn("predict", "--sheet", "--json", tmp_path / "blot.png").stdout)
    assert read["text"] == "314\n15"
    assert [[digit["digit"] for digit in line] for line in read["lines"]] == [[3, 1, 4], [1, 5]]
    assert len(read["rejected"]) == 1


@pytest.mark.long
def test_paths_come_from_stdin(sheets):
    answer = mnistcnn("predict", "--sheet", "--csv", input=f"{sheets / 'b.png'}\n")
    assert answer.stdout.count("b.png") == 2


@pytest.mark.parametrize("option", ["--show-normalized", "--submission"])
def test_what_makes_no_sense_for_sheets_is_refused(option, sheets, tmp_path):
    path = tmp_path / ("seen.png" if option == "--show-normalized" else "submission.csv")
    answer = mnistcnn("predict", "--sheet", sheets, option, path)
    assert_one_line(answer, status=2, mentions=f"{option} and --sheet cannot be combined")
    assert not path.exists()


@pytest.mark.long
def test_a_missing_file_exits_with_2(sheets):
    answer = mnistcnn("predict", "--sheet", sheets / "missing.png", sheets / "b.png")
    assert answer.returncode == 2
    assert "missing.png" in answer.stderr
    assert "27" in answer.stdout


def test_a_table_is_none(tmp_path):
    (tmp_path / "test.csv").write_text("pixel0,pixel1\n0,1\n")
    answer = mnistcnn("predict", "--sheet", tmp_path / "test.csv")
    assert answer.returncode == 1
    assert "test.csv is a table of single digits: leave --sheet out." in answer.stderr
    assert answer.stdout == ""
