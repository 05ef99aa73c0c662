"""What a command reads it never writes over, with ``--force`` neither."""

import os
import shutil

import click
import pytest

from mnistcnn import load_sample_digits
from mnistcnn.cli._main import commands

DIGITS = load_sample_digits(as_frame=True)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with what commands read; whatever they refuse, they do not get to read it."""
    DIGITS.data.head(5).to_csv(tmp_path / "test.csv", index=False)
    DIGITS.frame.head(50).to_csv(tmp_path / "results.csv", index=False)
    (tmp_path / "a.mnistcnn").write_text("precious")
    shutil.copy(tmp_path / "a.mnistcnn", tmp_path / "a.png")
    os.link(tmp_path / "test.csv", tmp_path / "linked.csv")
    (tmp_path / "link.csv").symlink_to("test.csv")
    (tmp_path / "link.onnx").symlink_to("a.mnistcnn")
    (tmp_path / "link.mnistcnn").symlink_to("results.csv")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("predict test.csv --submission test.csv", "--submission would overwrite test.csv"),
        ("predict test.csv --submission ./link.csv", "--submission would overwrite test.csv"),
        ("predict test.csv --submission linked.csv", "--submission would overwrite test.csv"),
        ("predict te*.csv --submission test.csv", "--submission would overwrite test.csv"),
        (
            "predict test.csv --model-file a.mnistcnn --submission a.mnistcnn",
            "--submission would overwrite a.mnistcnn",
        ),
        (
            "predict test.csv --model-file a.png --show-normalized a.png",
            "--show-normalized would overwrite a.png",
        ),
        ("export a.mnistcnn link.onnx", "OUTPUT would overwrite a.mnistcnn"),
        ("report a.mnistcnn --output a.mnistcnn", "--output would overwrite a.mnistcnn"),
        ("report a.mnistcnn --data test.csv -o link.csv", "--output would overwrite test.csv"),
        (
            "train --data results.csv --model-file link.mnistcnn",
            "--model-file would overwrite results.csv",
        ),
        ("compare --data results.csv --output .", "--output would overwrite results.csv"),
    ],
)
def test_it_is_refused(folder, arguments, message):
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(click.UsageError, match=f"^{message}, which is read; name another file"):
        commands.main([*arguments.split(), "--force"], standalone_mode=False)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("name", ["new.png", "./new.png"])
def test_one_name_for_two_results_is_refused(folder, name):
    arguments = ["predict", "test.csv", "--submission", "new.png", "--show-normalized", name]
    with pytest.raises(click.UsageError, match=r"must be different files, got new\.png twice"):
        commands.main(arguments, standalone_mode=False)
    assert not (folder / "new.png").exists()
