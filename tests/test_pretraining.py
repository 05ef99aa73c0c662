"""What trains the network of the package: other pens, images of no digit, calibration."""

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.special import log_softmax

ROOT = Path(__file__).parents[1]
# The commands belong to the repository, not to the installed package.
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT)]

import train_pretrained  # noqa: E402
from benchmarks._thinning import middle_lines  # noqa: E402
from pretraining.allographs import with_allographs  # noqa: E402
from pretraining.calibration import (  # noqa: E402
    best_temperature,
    expected_calibration_error,
)
from pretraining.non_digits import even_grays, non_digits, pairs  # noqa: E402
from pretraining.out_of_distribution import OUT_OF_DISTRIBUTION  # noqa: E402
from pretraining.parts_of_lines import Lines  # noqa: E402
from pretraining.pens import redrawn  # noqa: E402
from pretraining.training_images import training_images, with_other_pens  # noqa: E402

from mnistcnn import get_architecture, load_pretrained  # noqa: E402
from mnistcnn.pretrained._loading import _loaded  # noqa: E402

# Each fits several networks.
pytestmark = [pytest.mark.slow, pytest.mark.long]


@pytest.fixture(scope="module")
def images(digits):
    return digits[0][:100].reshape(-1, 28, 28), digits[1][:100]


def test_a_bar_is_thinned_to_its_middle_line_and_its_neighbors_do_not_matter():
    bars = np.zeros((2, 20, 12), dtype=bool)
    bars[0, 2:18, 4:9] = True
    bars[1] = bars[0, :, ::-1]
    lines = middle_lines(bars)
    rows, columns = np.nonzero(lines[0])
    assert (columns == 6).all()
    assert rows.min() <= 5
    assert rows.max() >= 14
    np.testing.assert_array_equal(middle_lines(bars[:1])[0], lines[0])


def test_other_pens_draw_the_same_digits_thinner_and_thicker(images):
    X, y = images
    images = with_other_pens(X, y, 0)
    assert images.shape == X.shape
    assert images.dtype == np.uint8
    assert load_pretrained().score(images, y) > 0.75
    ratio = images.mean(axis=(1, 2)) / X.mean(axis=(1, 2))
    assert ratio.min() < 0.7
    assert ratio.max() > 1.2
    np.testing.assert_array_equal(with_other_pens(X, y, 0), images)
    assert (with_other_pens(X, y, 1) != images).any()


@pytest.fixture(scope="module")
def straight_line():
    line = np.zeros((84, 84), dtype=bool)
    line[12:72, 42] = True
    return line


@pytest.mark.parametrize(
    ("digit", "where"),
    [
        (1, (slice(12, 72), slice(0, 84))),
        (7, (slice(30, 54), slice(0, 84))),
        (9, (slice(71, 84), slice(0, 43))),
    ],
)
def test_strokes_are_added_where_writers_elsewhere_put_them(digit, where, straight_line):
    lines = np.stack([straight_line] * 50)
    drawn = with_allographs(lines, np.full(50, digit), np.random.default_rng(0))
    added = drawn & ~lines
    assert (drawn & lines == lines).all()
    assert 0.1 < added.any(axis=(1, 2)).mean() < 0.9
    outside = added.copy()
    outside[:, *where] = False
    assert not outside.any()


def test_some_fours_are_drawn_anew_in_the_place_of_the_others(straight_line):
    lines = np.stack([straight_line] * 50)
    drawn = with_allographs(lines, np.full(50, 4), np.random.default_rng(0))
    anew = (drawn != lines).any(axis=(1, 2))
    assert 0.1 < anew.mean() < 0.6
    rows = np.nonzero(drawn[anew].any(axis=(0, 2)))[0]
    assert (rows.min(), rows.max()) == (12, 71 + 1)
    assert (drawn[anew].any(axis=1).sum(axis=1) > 15).all()


def test_other_digits_and_empty_images_are_left_alone(straight_line):
    lines = np.stack([straight_line] * 20 + [np.zeros_like(straight_line)] * 20)
    target = np.array([5] * 20 + [1] * 20)
    np.testing.assert_array_equal(with_allographs(lines, target, np.random.default_rng(0)), lines)


def test_images_come_in_many_sizes(images):
    sizes = {image.shape for image in redrawn(*images, np.random.default_rng(0))}
    assert min(map(max, sizes)) < 24
    assert max(map(max, sizes)) > 60


def test_non_digits_are_in_mnists_form_and_some_are_empty(images):
    X, y = images
    others = non_digits(X, y, np.random.default_rng(0))
    assert others.shape == X.shape
    assert others.dtype == np.uint8
    grays = even_grays(200, np.random.default_rng(0))
    assert 0.3 < (grays == 0).all(axis=(1, 2)).mean() < 0.7
    widths = pairs(X, np.random.default_rng(0)).any(axis=1).sum(axis=1)
    assert (widths == 20).mean() > 0.9


def test_training_images_are_digits_twice_and_a_tenth_of_others(images):
    X, y = images
    pens = with_other_pens(X, y, 0)
    images, labels = training_images(X, pens, y, 0)
    assert len(images) == len(labels) == 210
    np.testing.assert_array_equal(images[:200], np.concatenate([X, pens]))
    np.testing.assert_array_equal(labels[:200], np.concatenate([y, y]))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_labels_were_drawn_with_is_found(temperature):
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (20_000, 4))
    probabilities = np.exp(log_softmax(logits, axis=1))
    target = (probabilities.cumsum(axis=1) < rng.random((20_000, 1))).sum(axis=1)
    assert best_temperature(temperature * logits, target) == pytest.approx(temperature, rel=0.05)


def test_the_calibration_error_is_the_gap_between_confidence_and_accuracy():
    sure = np.array([[0.9, 0.1]] * 10)
    right, wrong = np.zeros(10, int), np.ones(10, int)
    assert expected_calibration_error(sure, right) == pytest.approx(0.1)
    assert expected_calibration_error(sure, wrong) == pytest.approx(0.9)
    nine_of_ten = np.array([0] * 9 + [1])
    assert expected_calibration_error(sure, nine_of_ten) == pytest.approx(0.0, abs=1e-12)


def test_what_is_written_answers_as_the_trained_networks_at_their_temperature(digits, tmp_path):
    X, y = digits[0][:400].reshape(-1, 28, 28), digits[1][:400]
    parameters = {"epochs": 2, "random_state": 0, "precision": "float32"}
    kinds = get_architecture("tiny"), get_architecture("tiny").set_params(filters=(4, 8, 8, 8, 8))
    columns = [train_pretrained.trained(X[:300], X[:300], y[:300], k, parameters) for k in kinds]
    figures = train_pretrained.calibration(columns, X[300:], y[300:])
    train_pretrained.write(columns, figures, parameters, tmp_path, "tiny")
    loaded = _loaded(tmp_path, "tiny")
    assert loaded.architecture == get_architecture("multi_column").set_params(columns=kinds)
    logits = np.mean([member.decision_function(X[300:]) for member in columns], axis=0)
    # The weights are stored in float16.
    expected = logits / figures["temperature"]
    np.testing.assert_allclose(loaded.decision_function(X[300:]), expected, rtol=0.01, atol=0.02)
    assert loaded.score(X, y) > 0.5


@pytest.mark.parametrize("make", dict(OUT_OF_DISTRIBUTION).values(), ids=dict(OUT_OF_DISTRIBUTION))
def test_images_out_of_distribution_are_of_the_size_of_digits(make, images):
    images = make(images[0], np.random.default_rng(0))
    assert images.shape[1:] == (28, 28)
    assert images.dtype == np.uint8


class TestPartsOfLines:
    """Lines are taken apart as a reader does, and it is known what each part is."""

    @pytest.fixture(scope="class")
    @staticmethod
    def judged(images):
        rng = np.random.default_rng(3)
        lines = [Lines(*images).judged(rng) for _ in range(60)]
        return [np.concatenate(each) for each in zip(*lines, strict=True)]

    def test_there_are_digits_pairs_pieces_several_and_others(self, judged):
        views, labels = judged
        assert views.shape == (len(labels), 32, 32, 3)
        assert views.dtype == np.uint8
        sorts = {len(label) if label.isdigit() else label for label in labels.tolist()}
        assert sorts == {1, 2, "piece", "several", "other"}

    def test_the_network_of_the_package_agrees(self, judged):
        views, labels = judged
        assert load_pretrained("parts").score(views, labels) > 0.7

    def test_the_same_seed_gives_the_same(self, images):
        one, other = (Lines(*images).judged(np.random.default_rng(8)) for _ in range(2))
        np.testing.assert_array_equal(one.views, other.views)
        assert one.labels.tolist() == other.labels.tolist()
