"""The displays draw what the results hold."""

import subprocess
import sys

import matplotlib
import numpy as np
import pandas as pd
import pytest

from figures import HISTORY
from mnistcnn import ComparisonResult
from mnistcnn.plotting import (
    ComparisonDisplay,
    DigitGridDisplay,
    FeatureMapDisplay,
    PairwiseDisplay,
    SaliencyDisplay,
    TrainingHistoryDisplay,
)

matplotlib.use("agg")

from matplotlib import pyplot  # noqa: E402  (after the choice of the backend)
from matplotlib.figure import Figure  # noqa: E402

pytestmark = pytest.mark.usefixtures("no_figures")


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


def a_result(accuracies=None):
    accuracies = accuracies or {"baseline": [0.91, 0.92, 0.9], "simple": [0.95, 0.96, 0.97]}
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


class TestComparisonOfAccuracies:
    @pytest.mark.parametrize(
        ("kind", "places"), [("fit_time", [1.0, 1.0]), ("parameters", [9.0, 9.0])]
    )
    def test_mean_and_interval_stand_above_time_and_size(self, kind, places):
        result = a_result()
        display = ComparisonDisplay.from_result(result, kind=kind, confidence=0.9)
        expected = result.intervals(confidence=0.9)
        assert list(display.means_) == ["simple", "baseline"]
        for container, place, row in zip(
            display.means_.values(), places, expected.itertuples(), strict=True
        ):
            point, _, [bar] = container.lines
            np.testing.assert_allclose(point.get_xydata(), [[place, 100 * row.mean]])
            [segment] = bar.get_segments()
            np.testing.assert_allclose(segment[:, 1], [100 * row.lower, 100 * row.upper])
        assert display.ax_.get_ylabel() == "accuracy (%), mean and 90 % interval"
        assert display.ax_.get_xscale() == "log"

    def test_architectures_differ_without_their_colors(self):
        means = ComparisonDisplay.from_result(a_result(), kind="parameters").means_
        markers = [container.lines[0].get_marker() for container in means.values()]
        assert len(set(markers)) == 2

    def test_what_failed_is_named_and_a_single_fold_has_no_interval(self):
        errors = {"fast": [1.5], "broken": [np.nan]}
        sizes = dict.fromkeys(errors, 9)
        display = ComparisonDisplay(prediction_errors=errors, parameters=sizes)
        display.plot(kind="parameters").figure_.canvas.draw()
        legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
        assert sorted(legend) == ["broken: failed", "fast"]
        assert display.ax_.get_ylabel() == "accuracy (%)"

    def test_what_it_needs_and_unknown_kinds_are_named(self):
        with pytest.raises(ValueError, match="fit_seconds must be given for kind='fit_time'"):
            a_display().plot(kind="fit_time")
        with pytest.raises(ValueError, match=r"kind must be one of \['errors', .*got 'speed'"):
            a_display().plot(kind="speed")
        assert pyplot.get_fignums() == []


class TestIntervals:
    def test_they_are_those_of_the_corrected_test(self):
        # With scores of 0 for the other, the interval of a mean is that of a difference.
        accuracies = [0.95, 0.96, 0.97]
        result = a_result({"simple": accuracies, "nothing": [0.0, 0.0, 0.0]})
        [_, upper] = result.intervals().set_index("architecture").loc["simple", ["lower", "upper"]]
        [pair] = result.pairwise().itertuples()
        assert 100 * (upper - 0.96) == pytest.approx(pair.upper - pair.difference)

    def test_shares_end_at_one_and_a_single_fold_tells_nothing(self):
        wide = a_result({"simple": [0.5, 1.0, 1.0]}).intervals()
        assert wide["upper"].tolist() == [1.0]
        single = a_result({"simple": [0.9]}).intervals()
        assert single["mean"].tolist() == [0.9]
        assert single[["lower", "upper"]].isna().all(axis=None)

    def test_what_failed_comes_last_without_a_number(self):
        table = a_result({"broken": [np.nan, 0.9], "simple": [0.9, 0.8]}).intervals()
        assert table["architecture"].tolist() == ["simple", "broken"]
        assert table.loc[1, ["mean", "lower", "upper"]].isna().all()

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"confidence": 1}, "confidence must be between 0 and 1, got 1"),
            ({"scorer": "f1"}, r"scorer must be one of \['accuracy'\], got 'f1'"),
        ],
    )
    def test_a_parameter_that_is_refused_is_named(self, parameters, message):
        with pytest.raises(ValueError, match=message):
            a_result().intervals(**parameters)


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


DRAWABLE = {
    "comparison": a_display(),
    "pairs": PairwiseDisplay(pairs=TestPairwiseDisplay.PAIRS, rope=0.1),
    "history": TrainingHistoryDisplay(history=HISTORY),
    "grid": DigitGridDisplay(images=np.zeros((1, 2, 2)), titles=["a"]),
    "saliency": SaliencyDisplay(
        images=np.zeros((1, 2, 2)), maps=np.ones((1, 1, 2, 2)), titles=[["a"]]
    ),
    "layers": FeatureMapDisplay(maps={"conv": np.ones((2, 2, 3))}),
}


@pytest.mark.parametrize("display", DRAWABLE.values(), ids=DRAWABLE)
class TestAxes:
    def test_those_of_a_closed_figure_are_refused(self, display):
        figure, ax = pyplot.subplots()
        pyplot.close(figure)
        with pytest.raises(ValueError, match="ax must be in an open figure, got .*closed"):
            display.plot(ax)

    def test_those_of_a_closed_figure_whose_number_was_given_again_are_refused(self, display):
        figure, ax = pyplot.subplots()
        pyplot.close(figure)
        current = pyplot.figure(figure.number)
        with pytest.raises(ValueError, match="ax must be in an open figure"):
            display.plot(ax)
        assert pyplot.gcf() is current

    def test_those_that_were_removed_are_refused(self, display):
        figure, (cleared, removed) = pyplot.subplots(2)
        removed.remove()
        with pytest.raises(ValueError, match="ax must be in a figure, got Axes that were removed"):
            display.plot(removed)
        figure.clear()
        with pytest.raises(ValueError, match="ax must be in a figure, got Axes that were removed"):
            display.plot(cleared)

    def test_what_is_no_axes_is_refused(self, display):
        with pytest.raises(ValueError, match="ax must be a matplotlib Axes or None, got Figure"):
            display.plot(pyplot.figure())

    def test_those_of_figures_without_pyplot_and_those_in_others_will_do(self, display):
        own = Figure().subplots()
        within = pyplot.figure().subfigures(1, 2)[0].subplots()
        inset = pyplot.subplots()[1].inset_axes((0, 0, 1, 1))
        for ax in (own, within, inset):
            assert display.plot(ax).ax_ is ax
            assert display.figure_ is ax.figure

    def test_a_display_is_drawn_again_into_a_figure_of_its_own(self, display):
        first = display.plot().figure_
        pyplot.close(first)
        assert display.plot().figure_ is not first


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
