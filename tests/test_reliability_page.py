"""The page of the reliability suite says what its records say."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from reliability_page import document, main  # noqa: E402

MACHINE = {"versions": {"tensorflow": "2.21.0"}, "logical_cores": 2, "processor": "a processor"}


def a_record(trial="test_kills.py::test_a_kill_loses_nothing[train]", **changes):
    record = {
        "trial": trial, "inputs": {"runs of train": 1200}, "faults": {"`kill -9`": 30}, "lost": [],
        "n_lost": 0, "measured": {"MiB a fit": 0.1234},
        "skipped": None, "seconds": 61.4, "budget": 300.0,
        "recorded": "2026-01-02T03:04:05+00:00", "command": "pytest -m long tests/reliability",
        "machine": MACHINE,
    }  # fmt: skip
    return record | changes


def test_counts_are_those_of_the_records():
    other = a_record(
        "test_files.py::test_files", inputs={"runs of train": 1, "files": 5}, faults={}
    )
    page = document([a_record(), other])
    assert "2 trials tried 1,206 inputs and injected 30 faults. Nothing was lost." in page
    assert "| runs of train | 1,201 |" in page
    assert "| a kill loses nothing (train) | 1,200 | 30 | 0 | 61 |" in page
    assert "`pytest -m long tests/reliability`, 300 seconds, on 2 cores of a processor" in page
    assert "tensorflow 2.21.0" in page
    assert "| MiB a fit | 0.123 |" in page


def test_the_newest_record_of_a_trial_counts():
    older = a_record(inputs={"runs of train": 7}, recorded="2025-01-02T03:04:05+00:00")
    for records in ([a_record(), older], [older, a_record()]):
        assert "| runs of train | 1,200 |" in document(records)


def test_what_was_lost_stands_there():
    page = document([a_record(lost=["digits.mnistcnn"], n_lost=1)])
    assert "Nothing was lost" not in page
    assert "- a kill loses nothing (train): `digits.mnistcnn`" in page


def test_what_was_not_tried_is_said_with_its_reason():
    page = document([a_record(), a_record("test_no_room.py::test_disk", skipped="only root may")])
    assert "1 trials tried" in page
    assert "## What was not tried\n\n- disk: only root may\n" in page


def test_the_page_is_that_of_the_records(tmp_path):
    main(ROOT / "tests" / "reliability" / "records", tmp_path / "page.md")
    assert (ROOT / "docs" / "reliability.md").read_text("utf-8") == (
        tmp_path / "page.md"
    ).read_text("utf-8")


def test_records_are_read_from_all_files_of_a_folder(tmp_path):
    for number in range(2):
        line = json.dumps(a_record(f"test_{number}.py::test_{number}"))
        (tmp_path / f"{number}.jsonl").write_text(f"{line}\n")
    main(tmp_path, tmp_path / "page.md")
    assert (tmp_path / "page.md").read_text().startswith("# Reliability\n")
    assert "2 trials" in (tmp_path / "page.md").read_text()
