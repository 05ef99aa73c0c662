"""The page of reproduced results says what its records say."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.reproduced import SIZES, document  # noqa: E402

from mnistcnn import list_recipes  # noqa: E402

MACHINE = {
    "backend": "tensorflow",
    "versions": {"tensorflow": "2.21.0"},
    "logical_cores": 2,
    "processor": "a processor",
}


def a_record(recipe="simple", **changes):
    wrong = [{"image": 8, "label": 5, "predicted": 6, "probability": 0.7}]
    record = {
        "recipe": recipe, "seed": 0, "epochs_scale": 1.0, "reported": 0.9897, "accuracy": 0.99,
        "n_errors": 1, "seconds": 30.0, "epochs": 10, "data": "mnist", "precision": "float32",
        "wrong": wrong, "environment": MACHINE,
    }  # fmt: skip
    record |= changes
    n_training, n_test = SIZES[record["data"]]
    return {"n_training_images": n_training, "n_test_images": n_test, **record}


def test_runs_on_other_images_than_mnists_are_refused():
    validated = a_record(n_training_images=50_000)
    with pytest.raises(
        ValueError, match=r"simple-0 must have the images of MNIST, .* got \(50000, "
    ):
        document([a_record(seed=1), validated])


def row(page, start):
    (line,) = re.findall(rf"^\| {re.escape(start)} \|.*$", page, re.M)
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_means_and_deviations_are_those_of_the_runs():
    runs = [
        a_record(accuracy=each, seconds=s) for each, s in ((0.99, 30), (0.992, 50), (0.991, 31))
    ]
    page = document(runs)
    found = re.search(r"^\| `simple` \| 98\.97 \|.*$", page, re.M)[0].split("|")
    assert [cell.strip() for cell in found[3:8]] == ["99.10", "0.100", "3", "10", "31"]
    assert "2 cores of a processor, tensorflow 2.21.0, float32" in page


def test_every_recipe_has_a_row_and_says_where_it_was_not_run():
    page = document([a_record()])
    for name in list_recipes():
        assert f"| `{name}` |" in page
    assert page.count("not run") == len(list_recipes()) - 1


def test_a_shortened_training_is_said():
    page = document([a_record("deotte", epochs_scale=0.5)])
    assert "`deotte` was trained for 0.5 of its epochs." in page


def test_images_that_all_got_wrong_are_told_with_what_they_were_taken_for():
    also_wrong = {"image": 3, "label": 1, "predicted": 7, "probability": 0.6}
    first, second = a_record(), a_record(seed=1)
    second["wrong"] = [{**first["wrong"][0], "predicted": 3}, also_wrong]
    page = document([first, second])
    assert row(page, "8") == ["8", "5", "6 (1), 3 (1)"]
    assert "| 3 | 1 |" not in page


@pytest.mark.parametrize("records", [[], [a_record("deep", data="kaggle")]])
def test_without_results_on_mnists_test_set_nothing_is_said_of_its_images(records):
    page = document(records)
    assert "Errors by digit" not in page
    assert "every network got wrong" not in page
