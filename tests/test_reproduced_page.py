"""The page of reproduced results says what its records say."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.reproduced.figures import (  # noqa: E402
    draw_accuracy_against_time,
    draw_confusion_matrix,
    draw_images,
)
from benchmarks.reproduced.page import SIZES, document, most_accurate, still_wrong  # noqa: E402
from benchmarks.reproduced.writers import errors_by_writer  # noqa: E402

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
    assert [cell.strip() for cell in found[3:8]] == ["99.100", "0.100", "3", "10", "31"]
    assert "2 cores of a processor, tensorflow 2.21.0, float32" in page


def test_every_recipe_has_a_row_and_says_where_it_was_not_run():
    page = document([a_record()])
    for name in list_recipes():
        assert f"| `{name}` |" in page
    assert page.count("not run") == len(list_recipes()) - 1


def test_a_shortened_training_is_said():
    page = document([a_record("deotte", epochs_scale=0.5)])
    assert "`deotte` was trained for 0.5 of its epochs." in page


def test_a_recipe_below_what_was_reported_is_said_with_its_distance():
    page = document([a_record(accuracy=each) for each in (0.9887, 0.9889, 0.9891)])
    assert row(page.partition("## Below")[2].partition("##")[0], "`simple`")[1:] == [
        "0.080",
        "4.0",
        "98.91",
        "3",
    ]


def test_nothing_is_said_to_be_below_where_all_reach_what_was_reported():
    assert "## Below" not in document([a_record(accuracy=0.9897)])


def test_other_settings_are_listed_with_what_they_brought_and_where():
    validated = {
        "recipe": "accurate", "n_members": 1, "n_views": 5, "parameters": {"epochs": 12},
        "accuracy": 0.9964, "n_training_images": 50_000,
    }  # fmt: skip
    reproduced = a_record(precision="bfloat16", parameters={"batch_size": "64"})
    tried = [validated, {**validated, "accuracy": 0.9966}, reproduced]
    page = document([], tried=tried)
    cells = row(page.partition("## Other settings")[2], "`accurate`")
    assert cells[1] == "`epochs=12`, 5 views of each image"
    assert cells[2:] == ["training images 50,000 to 60,000", "99.650", "0.014", "2"]
    cells = row(page.partition("## Other settings")[2], "`simple`")
    assert cells[1:3] == ["`batch_size=64`, 10 epochs in bfloat16", "test images"]


def wrong(image, predicted, *, label=5, probability=0.95):
    return {"image": image, "label": label, "predicted": predicted, "probability": probability}


def accurate_records(*mistakes):
    return [a_record(seed=seed, accuracy=0.996, wrong=each) for seed, each in enumerate(mistakes)]


def test_images_that_all_accurate_networks_got_wrong_are_told_with_what_they_were_taken_for():
    records = accurate_records([wrong(8, 6)], [wrong(8, 3), wrong(3, 7)])
    page = document([*records, a_record("baseline", accuracy=0.98, wrong=[])])
    assert row(page, "8") == ["8", "5", "6 (1), 3 (1)", "95", ""]
    assert "| 3 | 5 |" not in page


@pytest.mark.parametrize(
    ("answers", "probability", "is_doubtful"),
    [((6, 6), 0.95, True), ((6, 3), 0.95, False), ((6, 6), 0.8, False)],
)
def test_a_label_is_doubted_where_all_are_sure_of_the_same_other_digit(
    answers, probability, is_doubtful
):
    records = accurate_records(*([wrong(8, each, probability=probability)] for each in answers))
    (found,) = still_wrong(records)
    assert found.is_doubtful is is_doubtful


def test_the_surest_mistakes_come_first():
    mistakes = [wrong(1, 6, probability=0.6), wrong(2, 6, probability=0.9), wrong(3, 6)]
    assert [each.image for each in still_wrong(accurate_records(mistakes))] == [3, 2, 1]


def test_the_most_accurate_recipe_is_that_with_the_best_mean_on_mnists_own_split():
    records = [
        a_record("simple", accuracy=0.999),
        a_record("simple", accuracy=0.98),
        a_record("fast", accuracy=0.99),
        a_record("deep", accuracy=1.0, data="kaggle"),
    ]
    assert most_accurate(records) == "fast"
    assert most_accurate(records[3:]) is None


def test_an_ensemble_stands_below_the_best_single_network():
    ensemble = a_record("accurate", accuracy=0.998, n_members=20, n_views=1, seconds=6000.0)
    page = document([a_record()], ensembles=[ensemble])
    assert row(page, "20 networks of `accurate`") == [
        "20 networks of `accurate`", "99.800", "-", "1", "6000",
    ]  # fmt: skip


def test_the_time_to_a_target_is_the_median_beside_the_mean_accuracy():
    seeds = [{"seconds": s, "accuracy_percent": a} for s, a in ((3, 99.1), (9, 99.3), (4, 99.2))]
    page = document([a_record()], targets=[{"measurements": {"fast, 1 epoch": seeds}}])
    timed, most_accurate = page.split("## The most accurate")
    expected = ["fast, 1 epoch", "99.200", "0.100", "3", "4"]
    assert row(timed, "fast, 1 epoch") == row(most_accurate, "fast, 1 epoch") == expected


def test_the_interval_over_writers_is_wider_than_one_over_images():
    # Ten writers of a hundred images each, one of whom is wrong throughout.
    writers = np.repeat(np.arange(10), 100)
    run = {"wrong": [{"image": image} for image in range(100)]}
    found = errors_by_writer([run], writers)
    assert found.error == 0.1
    assert (found.n_writers, found.n_without_error, found.share_of_worst) == (10, 9, 1.0)
    independent = 1.96 * (0.1 * 0.9 / 1000) ** 0.5
    assert found.low == 0.0
    assert found.high > 0.1 + 3 * independent


def test_errors_of_several_runs_are_averaged():
    runs = [{"wrong": [{"image": 0}]}, {"wrong": []}]
    assert errors_by_writer(runs, np.array([1, 2])).error == 0.25


def test_writers_are_named_on_the_page():
    page = document([a_record()], writers=np.arange(10_000) // 100)
    assert "come from 100 writers" in page
    assert "got 0.01 % of the images wrong" in page


def test_figures_are_the_same_files_from_the_same_records(tmp_path):
    labels = np.arange(10).repeat(2)
    records = {"simple": [a_record()], "fast": [], "tiny": [a_record("tiny")]}
    images = np.random.default_rng(0).integers(0, 256, (3, 28, 28), np.uint8)

    def draw(folder):
        draw_accuracy_against_time(records, folder / "time.svg")
        draw_confusion_matrix([a_record()], labels, folder / "matrix.svg")
        draw_images(images, ["a", "b\nc", "d"], folder / "images.png")
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    first = draw(tmp_path / "first")
    assert first == draw(tmp_path / "second")
    assert b">tiny<" in first["time.svg"]
    assert b">fast<" not in first["time.svg"]


@pytest.mark.parametrize("records", [[], [a_record("deep", data="kaggle")]])
def test_without_results_on_mnists_test_set_nothing_is_said_of_its_images(records):
    page = document(records)
    assert "Errors by digit" not in page
    assert "still wrong" not in page
    assert "images/results" not in page
