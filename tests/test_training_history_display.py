"""TrainingHistoryDisplay: the curves of one fit or of several."""

import matplotlib
import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from figures import HISTORY
from mnistcnn import DigitCNNClassifier, ImageReshaper
from mnistcnn.plotting import TrainingHistoryDisplay

matplotlib.use("agg")

from matplotlib import pyplot  # noqa: E402  (after the choice of the backend)

pytestmark = pytest.mark.usefixtures("no_figures")


class TestTrainingHistoryDisplay:
    def test_validation_is_drawn_beside_training_from_epoch_one(self):
        lines = TrainingHistoryDisplay(history=HISTORY).plot().lines_
        training, validation = lines["loss"], lines["val_loss"]
        np.testing.assert_array_equal(training.get_xydata(), [[1, 0.9], [2, 0.4], [3, 0.2]])
        np.testing.assert_array_equal(validation.get_ydata(), [0.8, 0.5, 0.4])

    def test_quantity_without_validation_is_one_line(self):
        display = TrainingHistoryDisplay(history=HISTORY).plot(quantity="learning_rate")
        assert list(display.lines_) == ["learning_rate"]
        assert display.ax_.get_ylabel() == "learning rate"

    def test_several_quantities_are_drawn_one_below_the_other(self):
        quantities = ["loss", "accuracy", "learning_rate"]
        display = TrainingHistoryDisplay(history=HISTORY).plot(quantity=quantities)
        assert [ax.get_ylabel() for ax in display.axes_] == ["loss", "accuracy", "learning rate"]
        assert list(display.lines_) == ["loss", "val_loss", "accuracy", "learning_rate"]
        heights = [ax.get_position().y0 for ax in display.axes_]
        assert heights == sorted(heights, reverse=True)

    def test_several_quantities_go_to_the_axes_that_are_given(self):
        _, axes = pyplot.subplots(1, 2)
        display = TrainingHistoryDisplay(history=HISTORY)
        display.plot(axes, quantity=["loss", "accuracy"])
        assert list(display.axes_) == list(axes)
        with pytest.raises(ValueError, match="ax must be 2 Axes, one for each quantity, got 1"):
            display.plot(axes[0], quantity=["loss", "accuracy"])

    @pytest.mark.parametrize(
        ("validation", "best"),
        [
            ({"val_accuracy": [0.5, 0.8, 0.7]}, 2),
            ({"val_accuracy": [0.5, 0.8, 0.8], "val_loss": [0.5, 0.4, 0.3]}, 3),
            ({"val_loss": [0.5, 0.3, 0.4]}, 2),
            ({}, None),
        ],
        ids=["accuracy", "equal accuracies", "loss", "none"],
    )
    def test_the_best_epoch_of_the_validation_is_marked(self, validation, best):
        display = TrainingHistoryDisplay(history={"loss": [3.0, 2.0, 1.0], **validation}).plot()
        assert display.best_epoch_ == best
        marked = [line.get_xdata()[0] for line in display.best_epoch_lines_]
        assert marked == ([] if best is None else [best])

    def test_training_and_validation_differ_without_their_colors(self):
        lines = TrainingHistoryDisplay(history=HISTORY).plot().lines_
        looks = {(line.get_linestyle(), line.get_marker()) for line in lines.values()}
        assert len(looks) == 2

    RUNS = ({"loss": [4.0, 2.0, 1.0]}, {"loss": [2.0, 1.0]}, {"loss": [3.0, 0.0]})

    @pytest.mark.parametrize(
        ("band", "ends"), [("min-max", [(2, 4), (0, 2)]), ("sd", [(2, 4), (0, 2)])]
    )
    def test_several_fits_have_their_mean_and_a_band(self, band, ends):
        display = TrainingHistoryDisplay(history=self.RUNS).plot(band=band)
        np.testing.assert_allclose(display.lines_["loss"].get_xydata(), [[1, 3], [2, 1]])
        corners = display.bands_["loss"].get_paths()[0].vertices
        for epoch, (low, high) in enumerate(ends, start=1):
            heights = corners[corners[:, 0] == epoch][:, 1]
            assert (heights.min(), heights.max()) == pytest.approx((low, high))
        lengths = [len(line.get_xdata()) for line in display.run_lines_["loss"]]
        assert lengths == [3, 2, 2]
        legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
        assert legend[0] == "training, mean of 3 fits"
        assert ("standard deviation" in legend[1]) == (band == "sd")

    def test_the_best_epoch_of_several_fits_is_that_of_their_mean(self):
        accuracies = ([0.1, 0.9, 0.5], [0.1, 0.2, 0.7])
        runs = [{"loss": [1, 1, 1], "val_accuracy": each} for each in accuracies]
        assert TrainingHistoryDisplay(history=runs).plot().best_epoch_ == 3

    @pytest.mark.parametrize(
        ("n_epochs", "values", "epochs"),
        [
            (4, [0.5, 0.9], [2, 4]),
            (5, [0.5, 0.9], [2, 4]),
            (9, [0.3, 0.5, 0.9], [3, 6, 9]),
            (3, [0.9], [3]),
            (4, [np.nan, 0.5, np.nan, 0.9], [2, 4]),
            (3, [0.5, 0.9, np.nan], [1, 2]),
        ],
    )
    def test_validations_of_some_epochs_are_drawn_at_theirs(self, n_epochs, values, epochs):
        losses = [1 - value for value in values]
        history = {"loss": [1.0] * n_epochs, "val_accuracy": values, "val_loss": losses}
        display = TrainingHistoryDisplay(history=history).plot()
        drawn = display.lines_["val_loss"]
        assert drawn.get_xdata().tolist() == epochs
        assert not np.isnan(drawn.get_ydata()).any()
        assert display.best_epoch_ == epochs[-1]
        assert len(display.lines_["loss"].get_xdata()) == n_epochs
        several = TrainingHistoryDisplay(history=[history, history]).plot()
        assert several.lines_["val_loss"].get_xdata().tolist() == epochs
        assert several.best_epoch_ == epochs[-1]

    @pytest.mark.parametrize(("n_epochs", "n_values"), [(5, 3), (7, 4), (7, 5), (10, 6)])
    def test_validations_whose_epochs_nobody_knows_are_refused(self, n_epochs, n_values):
        history = {"loss": [1.0] * n_epochs, "val_loss": [0.5] * n_values}
        message = f"got {n_values} values of val_loss for {n_epochs} epochs; put NaN"
        with pytest.raises(ValueError, match=message):
            TrainingHistoryDisplay(history=history).plot()

    @pytest.mark.parametrize("name", ["f1", "val_f1"])
    @pytest.mark.parametrize("n_values", [4, 5])
    @pytest.mark.parametrize("n_validations", [10, 3, 0])
    def test_others_in_epochs_that_nobody_knows_are_no_obstacle(
        self, name, n_values, n_validations
    ):
        history = {"loss": [1.0] * 10, "f1": [0.5] * 10, name: [0.5] * n_values}
        if n_validations:
            history["val_loss"] = [0.5] * n_validations
        display = TrainingHistoryDisplay(history=history).plot()
        assert len(display.lines_["loss"].get_xdata()) == 10
        if n_validations:
            assert len(display.lines_["val_loss"].get_xdata()) == n_validations
        pyplot.close("all")
        message = f"got {n_values} values of {name} for 10 epochs; put NaN"
        with pytest.raises(ValueError, match=message):
            display.plot(quantity=["loss", "f1"])
        assert pyplot.get_fignums() == []

    def test_the_best_epoch_is_unknown_where_that_of_a_validation_is(self):
        history = {"loss": [1.0] * 10, "learning_rate": [0.1] * 10, "val_accuracy": [0.5] * 6}
        display = TrainingHistoryDisplay(history=history).plot(quantity=["learning_rate", "loss"])
        assert display.best_epoch_ is None
        assert display.best_epoch_lines_ == []

    def test_metrics_of_keras_are_drawn_at_the_epochs_of_its_validation(self):
        validations = {"val_loss": [0.5] * 3, "val_f1": [0.5] * 3}
        history = {"loss": [1.0] * 6, "f1": [0.5] * 6, **validations}
        lines = TrainingHistoryDisplay(history=history).plot(quantity="f1").lines_
        assert lines["val_f1"].get_xdata().tolist() == [2, 4, 6]

    @pytest.mark.parametrize("values", [[], [np.nan, np.nan]])
    def test_validations_of_no_epoch_have_no_best_one(self, values):
        history = {"loss": [1.0, 0.5], "val_loss": values}
        display = TrainingHistoryDisplay(history=history).plot()
        assert display.best_epoch_ is None
        assert display.best_epoch_lines_ == []

    def test_options_reach_the_lines_by_their_short_names_too(self):
        display = TrainingHistoryDisplay(history=HISTORY).plot(c="black", ls=":")
        assert {line.get_color() for line in display.lines_.values()} == {"black"}

    @pytest.mark.parametrize("history", [{}, {"loss": []}, [], [{"loss": [1.0]}, {}]])
    def test_a_history_without_epochs_is_refused(self, history):
        with pytest.raises(ValueError, match="history must hold at least one epoch"):
            TrainingHistoryDisplay(history=history).plot()

    def test_an_unknown_band_is_refused(self):
        with pytest.raises(ValueError, match=r"band must be one of \['min-max', 'sd'\], got 'ci'"):
            TrainingHistoryDisplay(history=self.RUNS).plot(band="ci")

    def test_validation_that_was_not_measured_is_refused_with_the_remedy(self):
        display = TrainingHistoryDisplay(history={"loss": [1.0, 0.5]})
        with pytest.raises(
            ValueError, match="got 'val_loss'; a fit measures .*early_stopping=True"
        ):
            display.plot(quantity="val_loss")
        assert pyplot.get_fignums() == []

    def test_fits_within_searches_and_ensembles_are_found(self, small_digits):
        X, y = small_digits
        network = DigitCNNClassifier("two_layer_mlp", epochs=2, early_stopping=True)
        pipeline = make_pipeline(ImageReshaper(), network).fit(X, y)
        display = TrainingHistoryDisplay.from_estimator(pipeline)
        assert display.history == pipeline[-1].history_
        assert display.best_epoch_ == pipeline[-1].best_epoch_
        found = TrainingHistoryDisplay.from_estimators([pipeline, pipeline[-1]], band="sd")
        assert len(found.run_lines_["val_loss"]) == 2

    def test_what_has_no_history_is_refused(self, small_digits):
        neighbors = KNeighborsClassifier(1).fit(*small_digits)
        with pytest.raises(ValueError, match="estimator must be a DigitCNN.*got KNeighbors"):
            TrainingHistoryDisplay.from_estimator(neighbors)
        with pytest.raises(ValueError, match=r"estimators\[0\] must be a DigitCNNClassifier"):
            TrainingHistoryDisplay.from_estimators([neighbors])

    def test_unknown_quantity_is_refused_with_the_known_ones(self):
        display = TrainingHistoryDisplay(history=HISTORY)
        with pytest.raises(ValueError, match=r"quantity must be one of .*'loss'.*got 'f1'"):
            display.plot(quantity="f1")
        assert pyplot.get_fignums() == []

    def test_classifier_that_is_not_fitted_is_refused(self):
        with pytest.raises(NotFittedError):
            TrainingHistoryDisplay.from_estimator(DigitCNNClassifier())
        with pytest.raises(NotFittedError):
            TrainingHistoryDisplay.from_estimators([DigitCNNClassifier()])
