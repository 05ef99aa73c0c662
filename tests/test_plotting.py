"""The displays draw what the results hold."""

import subprocess
import sys

import matplotlib
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from mnistcnn import ComparisonResult
from mnistcnn.plotting import ComparisonDisplay, PairwiseDisplay, TrainingHistoryDisplay

matplotlib.use("agg")

from matplotlib import pyplot  # noqa: E402  (after the choice of the backend)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    pyplot.close("all")


def a_display():
    return ComparisonDisplay(
        prediction_errors={"simple": [1.0, 2.0, 3.0], "baseline": [4.0, 4.0, 7.0]},
        parameters={"simple": 592_074, "baseline": 623_290},
    )


class TestComparisonDisplay:
    def test_nothing_is_drawn_before_plot(self):
        display = a_display()
        assert not hasattr(display, "ax_")
        assert pyplot.get_fignums() == []

    def test_every_fold_is_a_dot_in_the_row_of_its_architecture(self):
        ax = a_display().plot().ax_
        dots = [line for line in ax.lines if line.get_label() == "one fold"]
        assert [list(line.get_xdata()) for line in dots] == [[1.0, 2.0, 3.0], [4.0, 4.0, 7.0]]
        assert [set(line.get_ydata()) for line in dots] == [{0}, {1}]

    def test_first_architecture_stands_at_the_top(self):
        ax = a_display().plot().ax_
        labels = {label.get_text(): label.get_position()[1] for label in ax.get_yticklabels()}
        heights = {
            name.splitlines()[0]: ax.transData.transform((0, y))[1] for name, y in labels.items()
        }
        assert heights["simple"] > heights["baseline"]

    def test_rows_tell_the_mean_and_the_number_of_parameters(self):
        ax = a_display().plot().ax_
        assert [text.get_text() for text in ax.texts] == ["2.00 %", "5.00 %"]
        assert ax.get_yticklabels()[0].get_text() == "simple\n592,074 parameters"

    def test_a_single_fold_is_drawn_without_a_deviation(self):
        display = ComparisonDisplay(prediction_errors={"fast": [1.5]}, parameters={"fast": 9})
        display.plot().figure_.canvas.draw()
        assert [text.get_text() for text in display.ax_.texts] == ["1.50 %"]

    def test_what_failed_has_the_dots_of_its_other_folds_and_no_mean(self):
        errors = {"fast": [1.5, 2.5], "broken": [np.nan, 3.0]}
        display = ComparisonDisplay(prediction_errors=errors, parameters=dict.fromkeys(errors, 9))
        display.plot().figure_.canvas.draw()
        assert [text.get_text() for text in display.ax_.texts] == ["2.00 %", "failed"]

    def test_plot_draws_into_the_axes_that_it_is_given(self):
        figure, ax = pyplot.subplots()
        display = a_display().plot(ax)
        assert display.ax_ is ax
        assert display.figure_ is figure
        assert len(pyplot.get_fignums()) == 1

    def test_options_reach_the_dots(self):
        ax = a_display().plot(color="tab:red", marker="s").ax_
        dots = [line for line in ax.lines if line.get_label() == "one fold"]
        assert {(line.get_color(), line.get_marker()) for line in dots} == {("tab:red", "s")}


def a_result():
    accuracies = {"baseline": [0.91, 0.92, 0.9], "simple": [0.95, 0.96, 0.97]}
    return ComparisonResult(
        records=[
            {"architecture": name, "fold": fold, "train_images": 40, "test_images": 20}
            | {"accuracy": accuracy, "fit_seconds": 1.0, "predict_seconds": 0.1}
            for name, folds in accuracies.items()
            for fold, accuracy in enumerate(folds)
        ],
        parameters=dict.fromkeys(accuracies, 9),
        scoring=("accuracy",),
        metadata={},
    )


class TestPairwiseDisplay:
    PAIRS = pd.DataFrame(
        {
            "first": ["simple", "simple"],
            "second": ["larger", "baseline"],
            "difference": [0.5, 3.0],
            "lower": [-0.5, 2.0],
            "upper": [1.5, 4.0],
        }
    )

    def test_every_pair_has_its_difference_and_interval_the_first_at_the_top(self):
        ax = PairwiseDisplay(pairs=self.PAIRS, rope=0.1).plot().ax_
        [container] = ax.containers
        points, _, [bars] = container.lines
        np.testing.assert_array_equal(points.get_xydata(), [[0.5, 0], [3.0, 1]])
        assert [list(bar[:, 0]) for bar in bars.get_segments()] == [[-0.5, 1.5], [2.0, 4.0]]
        labels = [label.get_text() for label in ax.get_yticklabels()]
        assert labels == ["simple - larger", "simple - baseline"]
        assert ax.transData.transform((0, 0))[1] > ax.transData.transform((0, 1))[1]

    @pytest.mark.parametrize(("rope", "n_regions"), [(0.25, 1), (0, 0)])
    def test_the_region_of_practical_equivalence_is_shaded(self, rope, n_regions):
        ax = PairwiseDisplay(pairs=self.PAIRS, rope=rope).plot().ax_
        assert len(ax.patches) == n_regions
        for region in ax.patches:
            assert region.get_extents().transformed(ax.transData.inverted()).intervalx == (
                pytest.approx([-rope, rope])
            )

    def test_a_result_is_drawn_as_its_pairs_say(self):
        result = a_result()
        display = PairwiseDisplay.from_result(result, rope=0.5, confidence=0.8, color="tab:red")
        pd.testing.assert_frame_equal(display.pairs, result.pairwise(rope=0.5, confidence=0.8))
        assert display.rope == 0.5
        assert display.ax_.get_xlabel() == "difference (points)"
        assert display.ax_.containers[0].lines[0].get_color() == "tab:red"

    def test_no_pairs_make_an_empty_chart(self):
        PairwiseDisplay(pairs=self.PAIRS[:0], rope=0.1).plot().figure_.canvas.draw()


class TestTrainingHistoryDisplay:
    HISTORY = {
        "loss": [0.9, 0.4, 0.2],
        "accuracy": [0.7, 0.9, 0.95],
        "val_loss": [0.8, 0.5, 0.4],
        "learning_rate": [0.1, 0.1, 0.01],
    }

    def test_validation_is_drawn_beside_training_from_epoch_one(self):
        ax = TrainingHistoryDisplay(history=self.HISTORY).plot().ax_
        training, validation = ax.lines
        np.testing.assert_array_equal(training.get_xydata(), [[1, 0.9], [2, 0.4], [3, 0.2]])
        np.testing.assert_array_equal(validation.get_ydata(), [0.8, 0.5, 0.4])

    def test_quantity_without_validation_is_one_line(self):
        ax = TrainingHistoryDisplay(history=self.HISTORY).plot(quantity="learning_rate").ax_
        assert [line.get_label() for line in ax.lines] == ["training"]
        assert ax.get_ylabel() == "learning rate"

    def test_unknown_quantity_is_refused_with_the_known_ones(self):
        display = TrainingHistoryDisplay(history=self.HISTORY)
        with pytest.raises(ValueError, match=r"quantity must be one of .*'loss'.*got 'f1'"):
            display.plot(quantity="f1")
        assert pyplot.get_fignums() == []

    def test_classifier_that_is_not_fitted_is_refused(self):
        from mnistcnn import DigitCNNClassifier

        with pytest.raises(NotFittedError):
            TrainingHistoryDisplay.from_estimator(DigitCNNClassifier())


@pytest.mark.slow
def test_missing_matplotlib_is_answered_with_the_extra_that_brings_it():
    script = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from mnistcnn.plotting import ComparisonDisplay\n"
        "try:\n"
        "    ComparisonDisplay(prediction_errors={}, parameters={}).plot()\n"
        "except ImportError as error:\n"
        "    print(error)\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert "mnistcnn[plot]" in answer.stdout
