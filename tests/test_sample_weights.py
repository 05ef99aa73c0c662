"""Weights of images and classes: what they mean, and which are refused."""

import keras
import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from networks import quick_classifier as quick


def test_weight_zero_is_the_same_as_leaving_out(small_digits):
    X, y = small_digits
    weight = np.ones(300)
    weight[200:] = 0
    weighted = quick(pixel_scaling=None).fit(X, y, sample_weight=weight)
    shorter = quick(pixel_scaling=None).fit(X[:200], y[:200])
    np.testing.assert_array_equal(weighted.predict_proba(X), shorter.predict_proba(X))


def test_the_scale_of_weights_does_not_matter(small_digits):
    X, y = small_digits
    weight = np.random.default_rng(0).uniform(0.5, 2, 300)
    once, thrice = (quick().fit(X, y, sample_weight=k * weight) for k in (1, 4))
    np.testing.assert_array_equal(once.predict_proba(X), thrice.predict_proba(X))


def test_class_weight_moves_predictions_towards_the_class(small_digits):
    X, y = small_digits
    even = quick().fit(X, y).predict_proba(X)[:, 3].mean()
    favored = quick(class_weight={3: 50.0}).fit(X, y).predict_proba(X)[:, 3].mean()
    assert favored > even + 0.05


def test_balanced_weights_are_those_of_scikit_learn(small_digits):
    X, y = small_digits
    # Many zeros and ones, few of the rest, and no nine.
    chosen = (y < 2) | ((y < 9) & (np.arange(300) % 4 == 0))
    X, y = X[chosen], y[chosen]
    weights = compute_class_weight("balanced", classes=np.arange(9), y=y)
    by_hand = quick(class_weight=dict(enumerate(weights))).fit(X, y).predict_proba(X)
    balanced = quick(class_weight="balanced").fit(X, y).predict_proba(X)
    np.testing.assert_allclose(balanced, by_hand, rtol=1e-4)
    assert np.abs(balanced - quick().fit(X, y).predict_proba(X)).max() > 0.01


def test_balanced_weights_are_those_of_the_classes_that_are_there(small_digits):
    X, y = small_digits
    # On a warm start: all threes, few of the digits above, and none of those below.
    chosen = (y == 3) | ((y > 3) & (np.arange(300) % 4 == 0))
    X_part, y_part = X[chosen], y[chosen]
    weights = compute_class_weight("balanced", classes=np.arange(3, 10), y=y_part)
    how = {"balanced": ("balanced", None), "by hand": (None, weights[y_part - 3])}
    answers = {}
    for name, (class_weight, sample_weight) in {**how, "even": (None, None)}.items():
        classifier = quick(warm_start=True, precision="float32").fit(X, y)
        classifier.set_params(class_weight=class_weight)
        answers[name] = classifier.fit(X_part, y_part, sample_weight).predict_proba(X)
    np.testing.assert_allclose(answers["balanced"], answers["by hand"], rtol=1e-4)
    assert np.abs(answers["balanced"] - answers["even"]).max() > 0.01


BAD_WEIGHTS = {
    "all zero": (np.zeros(300), "sample_weight"),
    "negative": (-np.ones(300), "sample_weight"),
    "too few": (np.ones(299), "sample_weight"),
    "NaN": (np.full(300, np.nan), "NaN"),
}


@pytest.mark.parametrize(("weight", "message"), BAD_WEIGHTS.values(), ids=BAD_WEIGHTS)
def test_bad_weights_are_refused(weight, message, small_digits):
    with pytest.raises(ValueError, match=message):
        quick().fit(*small_digits, sample_weight=weight)


@pytest.mark.parametrize("weight", [-1, np.nan, np.inf, "heavy"])
def test_bad_class_weights_are_refused(weight, small_digits):
    with pytest.raises(ValueError, match="class_weight must hold finite weights"):
        quick(class_weight={3: weight}).fit(*small_digits)


@pytest.mark.parametrize("scale", [1e-46, 1e39, 1e-300, 1e300])
def test_weights_of_any_size_mean_the_same(scale, small_digits):
    X, y = small_digits
    weight = np.random.default_rng(0).choice([0.5, 1, 2], 300)
    usual = quick().fit(X, y, sample_weight=weight)
    extreme = quick().fit(X, y, sample_weight=weight * scale)
    np.testing.assert_allclose(extreme.predict_proba(X), usual.predict_proba(X), rtol=1e-3)


@pytest.mark.parametrize("scale", [1, 1e-30, 1e30])
def test_an_image_of_twice_the_weight_counts_as_two(scale, small_digits):
    X, y = small_digits[0] / 16, small_digits[1]
    # All in one batch, and an optimizer whose steps are as long as the gradient.
    settings = {"batch_size": 512, "optimizer": keras.optimizers.SGD(0.1), "precision": "float32"}
    settings |= {"epochs": 5, "lr_schedule": "constant", "pixel_scaling": None}
    twice = np.arange(300) < 100
    weighted = quick(**settings).fit(X, y, sample_weight=scale * (1.0 + twice))
    repeated = quick(**settings).fit(np.vstack([X, X[twice]]), np.hstack([y, y[twice]]))
    np.testing.assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), rtol=1e-3)
    once = quick(**settings).fit(X, y)
    assert np.abs(weighted.predict_proba(X) / once.predict_proba(X) - 1).max() > 0.01


@pytest.mark.slow
def test_the_scale_of_weights_does_not_matter_in_partial_fit(small_digits):
    X, y = small_digits
    weight = np.random.default_rng(0).uniform(0.5, 2, 300)
    once, thrice = (
        quick(optimizer="sgd").partial_fit(X, y, classes=range(10), sample_weight=k * weight)
        for k in (1, 4)
    )
    np.testing.assert_array_equal(once.predict_proba(X), thrice.predict_proba(X))


def test_balanced_weights_do_not_count_images_of_weight_zero(small_digits):
    X, y = small_digits
    counted = (y != 3) | (np.arange(300) % 3 == 0)
    balanced = quick(class_weight="balanced", pixel_scaling=None)
    weighted = balanced.fit(X, y, sample_weight=counted.astype(float)).predict_proba(X)
    shorter = balanced.fit(X[counted], y[counted]).predict_proba(X)
    np.testing.assert_allclose(weighted, shorter, rtol=1e-5)


EXTREMES = [(1e300, 1e300), (1e-300, 1e-300), (1e300, 1e-300), (1e308, 1e10)]


@pytest.mark.parametrize(("of_images", "of_classes"), EXTREMES)
def test_products_of_extreme_weights_keep_their_ratios(of_images, of_classes, small_digits):
    X, y = small_digits
    weight = np.random.default_rng(0).choice([0.5, 1.0], 300)
    classes = {label: 1.0 + label % 2 for label in range(10)}
    usual = quick(class_weight=classes).fit(X, y, sample_weight=weight)
    greater = {label: of_classes * value for label, value in classes.items()}
    extreme = quick(class_weight=greater).fit(X, y, sample_weight=of_images * weight)
    np.testing.assert_allclose(extreme.predict_proba(X), usual.predict_proba(X), rtol=1e-3)
    parts = [
        quick(class_weight=each).partial_fit(X, y, classes=range(10), sample_weight=scaled)
        for each, scaled in ((classes, weight), (greater, of_images * weight))
    ]
    np.testing.assert_allclose(parts[1].predict_proba(X), parts[0].predict_proba(X), rtol=1e-3)


def test_weights_of_images_and_classes_may_make_up_for_each_other(small_digits):
    X, y = small_digits
    tiny = np.where(y == 3, 1e-300, 1.0)
    made_up = quick(class_weight={3: 1e300}).fit(X, y, sample_weight=tiny)
    np.testing.assert_allclose(
        made_up.predict_proba(X), quick().fit(X, y).predict_proba(X), rtol=1e-3
    )


def test_balanced_weights_of_a_class_that_weighs_next_to_nothing(small_digits):
    X, y = small_digits
    # pixel_scaling="standard" does not look at weights.
    tiny = np.where(y == 3, 1e-310, 1.0)
    balanced = quick(class_weight="balanced").fit(X, y, sample_weight=tiny)
    assert np.isfinite(balanced.predict_proba(X)).all()


def test_weights_beyond_floats_are_refused(small_digits):
    with pytest.raises(ValueError, match="class_weight must hold finite weights"):
        quick(class_weight={3: 10**400}).fit(*small_digits)


def test_class_weight_may_name_a_class_that_this_fold_lacks(small_digits):
    X, y = small_digits
    weights = {label: 1.0 + label for label in range(11)}
    assert quick(class_weight=weights).fit(X, y).score(X, y) > 0.3


def test_class_weight_for_an_unknown_label_is_refused(small_digits):
    with pytest.raises(ValueError, match=r"class_weight.*\[17\]"):
        quick(class_weight={17: 1.0}).fit(*small_digits)
