"""Comparisons: what is measured, on which folds, and what is kept of it."""

import json
import random

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import (
    GroupKFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline

from mnistcnn import (
    ComparisonResult,
    DigitCNNClassifier,
    ImageReshaper,
    compare_architectures,
    get_architecture,
)
from mnistcnn.architectures import Fast
from networks import one_layer

# Most of them train a network or several.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def compared(small_digits):
    """One comparison that several tests look at, and the partial results it reported."""
    partial = []
    result = compare_architectures(
        *small_digits,
        architectures={"one_layer": one_layer, "again": one_layer, "baseline": "baseline"},
        cv=StratifiedShuffleSplit(3, test_size=50),
        scoring=["roc_auc_ovr", "accuracy"],
        epochs=3,
        random_state=7,
        on_architecture_done=partial.append,
    )
    return result, partial


QUICK = {"architectures": {"one_layer": one_layer}, "cv": 2, "epochs": 1, "random_state": 0}


@pytest.fixture(scope="module")
def quick(small_digits):
    return compare_architectures(*small_digits, **QUICK)


def accuracies(result, architecture):
    return [r["accuracy"] for r in result.records if r["architecture"] == architecture]


class TestWhatIsMeasured:
    def test_every_architecture_is_scored_on_the_same_folds_with_the_same_seeds(self, compared):
        result, _ = compared
        assert accuracies(result, "one_layer") == accuracies(result, "again")
        # The splits are drawn without a seed; accuracies on 50 images can be equal by chance.
        folds = [r for r in result.records if r["architecture"] == "one_layer"]
        assert len({r["roc_auc_ovr"] for r in folds}) > 1

    def test_scores_are_those_of_cross_val_score_on_the_same_pipeline(self, small_digits, quick):
        expected = cross_val_score(
            make_pipeline(ImageReshaper(), DigitCNNClassifier(one_layer, epochs=1, random_state=0)),
            *small_digits,
            cv=StratifiedKFold(2, shuffle=True, random_state=0),
        )
        assert accuracies(quick, "one_layer") == list(expected)

    def test_records_hold_one_row_a_fold_with_sizes_scores_and_seconds(self, compared):
        result, _ = compared
        assert len(result.records) == 9
        first = result.records[0]
        assert (first["architecture"], first["fold"]) == ("one_layer", 0)
        assert (first["train_images"], first["test_images"]) == (250, 50)
        assert 0.5 < first["roc_auc_ovr"] <= 1
        assert first["fit_seconds"] > first["predict_seconds"] > 0

    def test_parameters_are_counted_for_the_images_and_classes_at_hand(self, compared):
        result, _ = compared
        assert result.parameters["one_layer"] == 64 * 10 + 10
        assert (
            result.parameters["baseline"]
            == get_architecture("baseline").build((8, 8, 1), 10).count_params()
        )

    def test_integer_cv_shuffles_and_keeps_all_classes_in_every_fold(self, small_digits):
        X, y = small_digits
        in_order = np.argsort(y, kind="stable")
        result = compare_architectures(
            X[in_order],
            y[in_order],
            architectures={"one_layer": one_layer},
            cv=4,
            epochs=1,
            scoring={"classes": lambda estimator, X, y: len(set(y))},  # noqa: ARG005
            random_state=0,
        )
        assert [record["classes"] for record in result.records] == [10] * 4

    def test_groups_reach_the_splitter(self, small_digits):
        X, y = small_digits
        writers = np.arange(len(y)) % 5
        result = compare_architectures(
            X, y, architectures=[one_layer], cv=GroupKFold(5), groups=writers, epochs=1
        )
        assert [record["test_images"] for record in result.records] == [60] * 5

    def test_masks_split_as_indices_do(self, small_digits):
        in_training = [np.arange(300) % 10 != fold for fold in (0, 1)]
        masks = [(mask, ~mask) for mask in in_training]
        indices = [tuple(map(np.flatnonzero, pair)) for pair in masks]
        by_mask, by_index = (
            compare_architectures(
                *small_digits, architectures=[one_layer], cv=cv, epochs=1, random_state=0
            )
            for cv in (masks, indices)
        )
        counted = ("train_images", "test_images", "accuracy")
        assert [[record[name] for name in counted] for record in by_mask.records] == [
            [record[name] for name in counted] for record in by_index.records
        ]
        assert by_mask.records[0]["test_images"] == 30

    def test_accuracy_is_measured_beside_another_scorer(self, small_digits):
        result = compare_architectures(
            *small_digits, architectures=[one_layer], cv=2, epochs=1, scoring="f1_macro"
        )
        assert {"f1_macro_mean", "f1_macro_sd", "accuracy_mean"} <= set(result.table.columns)

    def test_template_gives_the_other_parameters_of_the_classifier(self, small_digits):
        X, y = small_digits
        template = DigitCNNClassifier(image_shape=(4, 16), epochs=2, random_state=11)
        result = compare_architectures(X, y, architectures=[one_layer], cv=2, estimator=template)
        assert result.metadata["image_shape"] == [4, 16, 1]
        assert result.metadata["classifier"]["epochs"] == 2
        assert result.metadata["random_state"] == 11

    @pytest.mark.parametrize(
        "as_given",
        [
            lambda X: X.reshape(-1, 8, 8),
            lambda X: X.reshape(-1, 8, 8, 1),
            lambda X: pd.DataFrame(X),
            lambda X: X.tolist(),
        ],
        ids=["images", "images with a channel", "frame", "lists"],
    )
    def test_forms_of_the_same_images_give_the_same_scores(self, small_digits, quick, as_given):
        X, y = small_digits
        other = compare_architectures(as_given(X), y, **QUICK)
        assert accuracies(other, "one_layer") == accuracies(quick, "one_layer")


class TestRandomness:
    def test_a_drawn_seed_is_in_the_metadata_and_repeats_the_comparison(self, small_digits):
        options = {"architectures": {"one_layer": one_layer}, "cv": 2, "epochs": 1}
        first = compare_architectures(*small_digits, **options)
        again = compare_architectures(
            *small_digits, **options, random_state=first.metadata["random_state"]
        )
        assert accuracies(first, "one_layer") == accuracies(again, "one_layer")

    def test_each_seed_draws_folds_of_its_own(self, small_digits):
        def ink_of_folds(seed):
            result = compare_architectures(
                *small_digits,
                architectures={"one_layer": one_layer},
                cv=2,
                epochs=1,
                scoring={"ink": lambda estimator, X, y: X.sum()},  # noqa: ARG005
                random_state=seed,
            )
            return [record["ink"] for record in result.records]

        first, again, other = map(ink_of_folds, (0, 0, 1))
        assert first == again
        assert first != other

    def test_a_generator_gives_the_seed(self, small_digits):
        options = {"architectures": {"one_layer": one_layer}, "cv": 2, "epochs": 1}
        seeds = [
            compare_architectures(
                *small_digits, **options, random_state=np.random.RandomState(5)
            ).metadata["random_state"]
            for _ in range(2)
        ]
        assert seeds == [np.random.RandomState(5).randint(np.iinfo(np.int32).max)] * 2

    def test_the_callers_generators_are_left_alone(self, small_digits):
        python_state, numpy_state = random.getstate(), np.random.get_state()[1].copy()
        compare_architectures(*small_digits, architectures=["baseline"], cv=2, epochs=1)
        assert random.getstate() == python_state
        np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)


class TestArchitecturesArgument:
    def test_names_objects_and_functions_are_labeled(self, small_digits):
        result = compare_architectures(
            *small_digits,
            architectures=[
                "baseline",
                get_architecture("baseline").set_params(dense_units=5),
                one_layer,
            ],
            cv=2,
            epochs=1,
        )
        assert set(result.table["architecture"]) == {
            "baseline",
            "Baseline(dense_units=5)",
            "one_layer",
        }

    def test_one_name_needs_no_list(self, small_digits):
        result = compare_architectures(*small_digits, architectures="baseline", cv=2, epochs=1)
        assert list(result.table["architecture"]) == ["baseline"]


class TestReports:
    def test_partial_results_grow_by_one_architecture_each(self, compared):
        result, partial = compared
        names = [sorted(part.table["architecture"]) for part in partial]
        assert names == [["one_layer"], ["again", "one_layer"], ["again", "baseline", "one_layer"]]
        assert partial[-1].records == result.records

    def test_an_exception_from_the_report_ends_the_comparison(self, small_digits):
        reported = []

        def stop(result):
            reported.append(result)
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            compare_architectures(
                *small_digits,
                architectures={"a": one_layer, "b": one_layer},
                cv=2,
                epochs=1,
                on_architecture_done=stop,
            )
        assert len(reported) == 1


FOLDS = st.lists(
    st.tuples(st.floats(0, 1), st.floats(0.1, 100), st.floats(1e-6, 1), st.integers(1, 1000)),
    min_size=2,
    max_size=6,
)


def result_of(folds_by_architecture):
    records = [
        {
            "architecture": name,
            "fold": fold,
            "train_images": 100,
            "test_images": images,
            "accuracy": accuracy,
            "fit_seconds": fit,
            "predict_seconds": predict,
        }
        for name, folds in folds_by_architecture.items()
        for fold, (accuracy, fit, predict, images) in enumerate(folds)
    ]
    return ComparisonResult(
        records=records,
        parameters=dict.fromkeys(folds_by_architecture, 10),
        scoring=("accuracy",),
        metadata={"random_state": 0},
    )


class TestComparisonResult:
    @settings(max_examples=30)
    @given(st.dictionaries(st.sampled_from(["a", "b", "c"]), FOLDS, min_size=1))
    def test_table_is_the_arithmetic_of_the_records(self, folds_by_architecture):
        table = result_of(folds_by_architecture).table
        assert sorted(table["architecture"]) == sorted(folds_by_architecture)
        assert table["accuracy_mean"].is_monotonic_decreasing
        for _, row in table.iterrows():
            accuracy, fit, predict, images = map(
                np.array, zip(*folds_by_architecture[row["architecture"]], strict=True)
            )
            expected = [
                accuracy.mean(),
                accuracy.std(ddof=1),
                100 * (1 - accuracy.mean()),
                fit.mean(),
                1e6 * predict.sum() / images.sum(),
            ]
            np.testing.assert_allclose(list(row[2:-1]), expected, rtol=1e-9, atol=1e-9)

    def test_columns(self, compared):
        assert list(compared[0].table.columns) == [
            "architecture",
            "parameters",
            "roc_auc_ovr_mean",
            "roc_auc_ovr_sd",
            "accuracy_mean",
            "accuracy_sd",
            "prediction_error_percent",
            "fit_seconds",
            "microseconds_per_image",
            "failure",
        ]

    def test_the_first_scorer_orders_the_table(self, compared):
        assert compared[0].table["roc_auc_ovr_mean"].is_monotonic_decreasing

    def test_repr_shows_the_table(self, compared):
        text = repr(compared[0])
        assert text.startswith("ComparisonResult: 3 architectures, 3 folds\n")
        assert "prediction_error_percent" in text

    def test_notebooks_show_the_table(self, compared):
        html = compared[0]._repr_html_()
        assert "<td>baseline</td>" in html
        assert "3 architectures, 3 folds" in html

    def test_metadata_say_how_to_repeat_it(self, compared):
        metadata = compared[0].metadata
        assert metadata["random_state"] == 7
        assert metadata["images"] == 300
        assert metadata["classifier"]["epochs"] == 3
        assert metadata["versions"]["keras"] == keras.__version__
        assert metadata["devices"]

    def test_csv_holds_the_table(self, compared, tmp_path):
        compared[0].to_csv(tmp_path / "results.csv")
        written = pd.read_csv(tmp_path / "results.csv", keep_default_na=False)
        pd.testing.assert_frame_equal(written, compared[0].table)

    def test_json_holds_table_folds_verdict_and_metadata(self, compared, tmp_path):
        result, _ = compared
        result.to_json(tmp_path / "results.json")
        content = json.loads((tmp_path / "results.json").read_text())
        assert content["metadata"] == result.metadata
        assert content["folds"] == result.records
        assert content["verdict"] == result.verdict
        pd.testing.assert_frame_equal(pd.DataFrame(content["table"]), result.table)

    def test_json_of_a_single_fold_is_valid_although_it_has_no_deviation(self, tmp_path):
        result_of({"a": [(0.5, 1.0, 0.1, 10)]}).to_json(tmp_path / "results.json")
        content = json.loads((tmp_path / "results.json").read_text(), parse_constant=pytest.fail)
        assert content["table"][0]["accuracy_sd"] is None

    def test_a_failed_write_leaves_the_older_file(self, compared, tmp_path):
        path = tmp_path / "results.json"
        compared[0].to_json(path)
        before = path.read_text()
        broken = result_of({"a": [(0.5, 1.0, 0.1, 10)]})
        broken.metadata["random_state"] = object()
        with pytest.raises(TypeError):
            broken.to_json(path, overwrite=True)
        assert path.read_text() == before
        assert list(tmp_path.iterdir()) == [path]

    @pytest.mark.parametrize("write", [ComparisonResult.to_csv, ComparisonResult.to_json])
    def test_a_file_that_is_there_is_replaced_only_on_request(self, compared, tmp_path, write):
        path = tmp_path / "results"
        path.write_text("older")
        with pytest.raises(FileExistsError, match="overwrite=True"):
            write(compared[0], path)
        assert path.read_text() == "older"
        write(compared[0], path, overwrite=True)
        assert "baseline" in path.read_text()
        assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("candidate", "told"),
    [
        (Fast, r"got the class Fast; pass an instance, Fast\(\)"),
        (one_layer((8, 8, 1), 10), "from_keras_model wraps a trained one"),
    ],
)
def test_a_class_and_a_network_are_refused_in_place_of_an_architecture(
    candidate, told, small_digits
):
    for form in ([candidate], candidate, {"name": candidate}):
        with pytest.raises(ValueError, match=told):
            compare_architectures(*small_digits, architectures=form, cv=2)
