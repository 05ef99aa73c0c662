"""What the displays look like, held against images that were looked at.

All of them are of fixed numbers, in axes of fixed places. To make the images anew, after a change
that is meant:

    pytest tests/test_display_images.py --numprocesses=0 --mpl-generate-path=tests/display_images
"""

import matplotlib
import numpy as np
import pandas as pd
import pytest

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

# Letters are left out, since matplotlib's versions draw them differently; other tests read them.
# An edge may lie a pixel beside where another version draws it.
LINES = {"tolerance": 2, "savefig_kwargs": {"dpi": 50}}
IMAGES = {"tolerance": 10, "savefig_kwargs": {"dpi": 100}}
NO_LETTERS = dict.fromkeys(
    ["text.color", "axes.labelcolor", "axes.titlecolor", "xtick.labelcolor", "ytick.labelcolor"],
    "none",
)


def held_against(filename, content):
    """Mark a test whose figure must look as an image does; None names it after the test."""
    return pytest.mark.mpl_image_compare(
        baseline_dir="display_images",
        filename=filename,
        style=["default", NO_LETTERS],
        **content,
    )


def without_legends(figure):
    """Return a figure without what has its size from letters."""
    for ax in figure.axes:
        if ax.get_legend() is not None:
            ax.get_legend().set_visible(False)
    return figure


def axes_of(width, height, *, left=0.1, right=0.98, bottom=0.14, top=0.95, n_rows=1):
    """Return axes whose places depend on no letters."""
    figure, axes = pyplot.subplots(n_rows, figsize=(width, height))
    figure.subplots_adjust(left=left, right=right, bottom=bottom, top=top)
    return axes


def blobs(n, side=12):
    """Return images of one smooth dark blob each on white, which lies otherwise in each of them."""
    place = np.arange(side)
    rows, columns = 3 + np.arange(n) % 6, 8 - np.arange(n) % 5
    far = (place[:, None] - rows[:, None, None]) ** 2 + (place - columns[:, None, None]) ** 2
    return 1 - np.exp(-far / 8)


class TestDigitGrid:
    @held_against("samples.png", IMAGES)
    def test_samples(self):
        ax = axes_of(4, 3, left=0.02, bottom=0.02)
        display = DigitGridDisplay.from_samples(
            blobs(7), [0, 1, 0, 1, 2, 1, 0], n_per_class=3, ax=ax
        )
        return display.figure_

    @held_against("misclassified.png", IMAGES)
    def test_misclassified(self):
        ax = axes_of(4, 2.5, left=0.02, bottom=0.02, top=0.85)
        display = DigitGridDisplay.from_predictions(
            blobs(4), [1, 2, 3, 4], [1, 7, 5, 9], y_proba=[1.0, 0.6, 0.75, 0.99], ax=ax
        )
        return display.figure_

    @held_against("normalized.png", IMAGES)
    def test_normalized(self):
        class Inverter:
            def transform(self, X):
                return np.array([image[:, ::2] for image in X])

        images = [np.uint8(255 * image).repeat(2, axis=1) for image in blobs(3)]
        ax = axes_of(6, 1.2, left=0.02, bottom=0.02, top=0.9)
        return DigitGridDisplay.from_normalizer(Inverter(), images, ax=ax).figure_


class TestTrainingHistory:
    HISTORY = {
        "loss": [0.9, 0.5, 0.3, 0.2],
        "val_loss": [0.8, 0.6, 0.5, 0.55],
        "accuracy": [0.6, 0.8, 0.9, 0.95],
        "val_accuracy": [0.65, 0.75, 0.85, 0.8],
        "learning_rate": [0.01, 0.02, 0.01, 0.001],
    }

    @held_against("history.png", LINES)
    def test_one_fit(self):
        axes = axes_of(5, 7, left=0.14, bottom=0.07, n_rows=3)
        quantities = ["loss", "accuracy", "learning_rate"]
        display = TrainingHistoryDisplay(history=self.HISTORY)
        return without_legends(display.plot(axes, quantity=quantities).figure_)

    @pytest.mark.parametrize("band", ["min-max", "sd"])
    @held_against(None, LINES)
    def test_several_fits(self, band):
        runs = [
            {name: [value + shift for value in values] for name, values in self.HISTORY.items()}
            for shift in (-0.1, 0.02, 0.1)
        ]
        ax = axes_of(5, 3.5)
        return without_legends(TrainingHistoryDisplay(history=runs).plot(ax, band=band).figure_)


class TestComparison:
    @pytest.mark.parametrize("kind", ["errors", "fit_time", "parameters"])
    @held_against(None, LINES)
    def test_each_kind(self, kind):
        display = ComparisonDisplay(
            prediction_errors={"fast": [1, 2, 1.5], "larger": [3, 2, 4], "broken": [np.nan] * 3},
            parameters={"fast": 100_000, "larger": 900_000, "broken": 9},
            fit_seconds={"fast": 2.0, "larger": 30.0, "broken": np.nan},
            accuracy_intervals={"fast": (97.5, 99.5), "larger": (95, 99)},
        )
        return without_legends(
            display.plot(axes_of(5.5, 3, left=0.22, bottom=0.18), kind=kind).figure_
        )


@held_against("pairs.png", LINES)
def test_pairs():
    pairs = pd.DataFrame(
        {
            "first": ["fast", "fast", "larger"],
            "second": ["larger", "baseline", "baseline"],
            "difference": [0.2, 3.0, 2.8],
            "lower": [-0.5, 2.0, 1.9],
            "upper": [0.9, 4.0, 3.7],
        }
    )
    ax = axes_of(5.5, 2.2, left=0.26, bottom=0.22)
    return without_legends(PairwiseDisplay(pairs=pairs, rope=0.5).plot(ax).figure_)


@held_against("saliency.png", IMAGES)
def test_saliency():
    images = blobs(2)
    maps = np.stack([images - 0.5, 0.5 * images[:, ::-1]], axis=1)
    titles = [["3: 97.0 %", "8: 2.0 %"], ["1: 60.0 %", "7: 39.0 %"]]
    display = SaliencyDisplay(images=images, maps=maps, titles=titles, label="fall")
    return display.plot(axes_of(5.5, 3.3, left=0.02, right=0.98, bottom=0.02)).figure_


@held_against("feature_maps.png", IMAGES)
def test_feature_maps():
    maps = {
        "conv2d": np.moveaxis(blobs(10), 0, 2) * np.arange(1, 11),
        "dense": np.sin(np.arange(12)),
    }
    display = FeatureMapDisplay(maps=maps, image=blobs(1)[0], n_maps=10)
    return display.plot(axes_of(6, 4, left=0.02, bottom=0.02)).figure_
