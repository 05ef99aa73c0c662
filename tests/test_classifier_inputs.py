"""What images, labels and weights may look like, and what is said of those that may not."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.class_weight import compute_class_weight

from mnistcnn import (
    DigitCNNClassifier,
    ImageReshaper,
    PixelScaler,
    RejectingClassifier,
    compare_architectures,
)
from networks import quick_classifier as quick


@pytest.fixture(scope="module")
def fitted(small_digits):
    return quick().fit(*small_digits)


FORMS = {
    "flat": lambda X: X,
    "images": lambda X: X.reshape(-1, 8, 8),
    "images with a channel": lambda X: X.reshape(-1, 8, 8, 1),
    "lists": lambda X: X.tolist(),
    "image lists": lambda X: X.reshape(-1, 8, 8).tolist(),
    "objects": lambda X: X.astype(object),
    "uint8": lambda X: X.astype(np.uint8),
    "int64": lambda X: X.astype(np.int64),
    "float32": lambda X: X.astype(np.float32),
    "float16": lambda X: X.astype(np.float16),
    "Fortran order": np.asfortranarray,
    "not contiguous": lambda X: np.repeat(X, 2, axis=0)[::2],
    "big endian": lambda X: X.astype(">f8"),
}


def as_objects(images):
    objects = np.empty(len(images), dtype=object)
    objects[:] = list(images)
    return objects


OBJECTS = {
    "object array": lambda X: as_objects(X.reshape(-1, 8, 8)),
    "object array of rows": as_objects,
    "series": lambda X: pd.Series(list(X.reshape(-1, 8, 8)), index=range(900, 900 + len(X))),
    "series of lists": lambda X: pd.Series(X.reshape(-1, 8, 8).tolist()),
    "series of bytes": lambda X: pd.Series(list(X.reshape(-1, 8, 8, 1).astype(np.uint8))),
    "list of images": lambda X: list(X.reshape(-1, 8, 8)),
}


@pytest.mark.parametrize("form", OBJECTS.values(), ids=OBJECTS)
def test_images_that_are_objects_give_the_same_predictions(form, fitted, small_digits):
    X, y = small_digits
    images, expected = form(X), fitted.predict_proba(X)
    np.testing.assert_array_equal(quick().fit(images, y).predict_proba(X), expected)
    np.testing.assert_array_equal(fitted.predict_proba(images), expected)
    np.testing.assert_array_equal(fitted.predict_log_proba(images), fitted.predict_log_proba(X))
    np.testing.assert_array_equal(fitted.predict(images), fitted.predict(X))
    assert fitted.score(images, y) == fitted.score(X, y)
    in_parts = quick().partial_fit(images, y, classes=range(10)).partial_fit(images, y)
    from_array = quick().partial_fit(X, y, classes=range(10)).partial_fit(X, y)
    np.testing.assert_array_equal(in_parts.predict_proba(X), from_array.predict_proba(X))


def test_a_series_of_images_serves_in_pipelines_searches_and_comparisons(small_digits):
    X, y = small_digits
    images = pd.Series(list(X.reshape(-1, 8, 8)))
    pipeline = make_pipeline(PixelScaler(), ImageReshaper(), quick())
    scores = cross_val_score(pipeline, images, y, cv=3)
    np.testing.assert_array_equal(scores, cross_val_score(pipeline, X.reshape(-1, 8, 8), y, cv=3))
    compared = compare_architectures(images, y, architectures=["baseline"], cv=2, epochs=1)
    assert compared.metadata["image_shape"] == [8, 8, 1]
    rejecting = RejectingClassifier(quick(), threshold=0.0).fit(images, y)
    empty = pd.Series([np.zeros((8, 8)), X[0].reshape(8, 8)])
    assert (rejecting.predict(empty) == -1).tolist() == [True, False]


RAGGED = {
    "object array": lambda: as_objects([np.zeros((8, 8)), np.zeros((8, 9))]),
    "series": lambda: pd.Series([np.zeros((8, 8)), np.zeros((8, 9))]),
    "series with a gap": lambda: pd.Series([np.zeros((8, 8)), None]),
    "list": lambda: [np.zeros((8, 8)), np.zeros((8, 9))],
    "ragged image": lambda: pd.Series([[[0, 1], [0]], [[0, 1], [0]]]),
}


@pytest.mark.parametrize("ragged", RAGGED.values(), ids=RAGGED)
def test_images_of_several_shapes_are_refused(ragged, fitted):
    X = ragged()
    for use in (fitted.predict, lambda X: quick().fit(X, [0, 1]), ImageReshaper().fit):
        with pytest.raises(ValueError, match="X must hold images of one and the same shape"):
            use(X)


def test_a_table_of_one_column_of_images_is_refused_with_the_column(fitted, small_digits):
    X, y = small_digits
    table = pd.DataFrame({"image": list(X.reshape(-1, 8, 8))})
    for use in (fitted.predict, lambda X: quick().fit(X, y)):
        with pytest.raises(ValueError, match=r"pass X\['image'\]"):
            use(table)


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        return np.zeros((5, 8, 8)), np.zeros(5)


def a_stand_in(module, *names, **attributes):
    """Return an object of a class as a package that is not installed here defines it."""
    base = object
    for name in names:
        base = type(name, (base,), {"__module__": module, **attributes})
    return base()


BATCHED = {
    "tf.data": lambda: tf.data.Dataset.from_tensor_slices(np.zeros((9, 8, 8))).batch(3),
    "DataLoader": lambda: a_stand_in(
        "torch.utils.data.dataloader", "DataLoader", __iter__=lambda _: iter([]), __len__=len
    ),
}
STREAMS = {
    "generator": lambda: (image for image in np.zeros((3, 8, 8))),
    "iterator": lambda: iter(np.zeros((3, 8, 8))),
    "map": lambda: map(np.asarray, np.zeros((3, 8, 8))),
    "set": lambda: {1, 2},
    "values": lambda: {"a": np.zeros((8, 8))}.values(),
}
PLANS = {
    "dask's bag": (lambda: a_stand_in("dask.bag.core", "Bag"), r"pass X\.compute\(\)"),
    "dask's table": (
        lambda: a_stand_in(
            "dask.dataframe.dask_expr._collection", "DataFrame", columns=["a"], __array__=None
        ),
        r"pass X\.compute\(\)",
    ),
    "LazyFrame": (
        lambda: a_stand_in("polars.lazyframe.frame", "LazyFrame", columns=["a"]),
        r"pass X\.collect\(\)",
    ),
    "torch's dataset": (
        lambda: a_stand_in("torch.utils.data.dataset", "Dataset", "MNIST"),
        r"pass numpy\.stack\(\[image for image, _ in X\]\)",
    ),
    "Keras": (Batches, r"pass numpy\.concatenate\(\[X\[i\]\[0\] for i in range\(len\(X\)\)\]\)"),
    "dict": (lambda: {"image": np.zeros((3, 8, 8))}, r"X\[key\]"),
}
NOT_IN_MEMORY = {
    **{
        name: (make, r"pass numpy\.concatenate\(\[images for images, _ in X\]\)")
        for name, make in BATCHED.items()
    },
    **{name: (make, r"pass numpy\.stack\(list\(X\)\)") for name, make in STREAMS.items()},
    **PLANS,
}


@pytest.mark.parametrize(("make", "message"), NOT_IN_MEMORY.values(), ids=NOT_IN_MEMORY)
def test_what_is_not_in_memory_is_refused_with_what_to_pass(make, message, fitted, small_digits):
    y = small_digits[1]
    uses = [
        lambda X: quick().fit(X, y),
        lambda X: quick().partial_fit(X, y, classes=range(10)),
        fitted.predict,
        fitted.predict_proba,
        lambda X: fitted.score(X, y),
        ImageReshaper().fit,
        PixelScaler().fit,
        lambda X: RejectingClassifier(quick()).fit(X, y),
        RejectingClassifier(fitted).predict,
        lambda X: compare_architectures(X, y, architectures=["baseline"]),
    ]
    for use in uses:
        with pytest.raises(TypeError, match=f"X must be an array.*in memory, got a .*{message}"):
            use(make())


LABELS_TO_COME = {**BATCHED, **STREAMS, "Keras": Batches}


@pytest.mark.parametrize("make", LABELS_TO_COME.values(), ids=LABELS_TO_COME)
def test_labels_and_weights_that_are_not_in_memory_are_refused(make, small_digits):
    X, y = small_digits
    for use in (
        lambda y: quick().fit(X, y),
        lambda y: quick().partial_fit(X, y, classes=range(10)),
        lambda y: RejectingClassifier(quick()).fit(X, y),
        lambda y: compare_architectures(X, y, architectures=["baseline"]),
    ):
        with pytest.raises(TypeError, match="y must be an array.*in memory, got a .*; pass "):
            use(make())
    with pytest.raises(TypeError, match="sample_weight must be an array.*in memory"):
        quick().fit(X, y, sample_weight=make())


def test_arrays_of_other_libraries_give_the_same_predictions(fitted, small_digits):
    X, _ = small_digits
    expected = fitted.predict_proba(X)
    np.testing.assert_array_equal(fitted.predict_proba(tf.constant(X)), expected)
    # As dask's arrays and many others do.
    blocks = a_stand_in("dask.array.core", "Array", __array__=lambda *_, **__: X.reshape(-1, 8, 8))
    np.testing.assert_array_equal(fitted.predict_proba(blocks), expected)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_form_of_the_same_images_gives_the_same_predictions(form, fitted, small_digits):
    X, y = small_digits
    expected = fitted.predict_proba(X)
    np.testing.assert_array_equal(fitted.predict_proba(form(X)), expected)
    np.testing.assert_array_equal(quick().fit(form(X), y).predict_proba(X), expected)


def test_integers_just_above_a_byte_stay_what_they_are(small_digits):
    X, y = 16 * small_digits[0], small_digits[1]
    assert X.max() == 256
    expected = quick().fit(X, y).predict_proba(X)
    found = quick().fit(X.astype(np.int16), y).predict_proba(X.astype(np.uint16))
    np.testing.assert_array_equal(found, expected)


def test_data_frame_gives_the_same_predictions_and_feature_names(fitted, small_digits):
    X, y = small_digits
    frame = pd.DataFrame(X.astype(int), columns=[f"pixel{i}" for i in range(64)])
    from_frame = quick().fit(frame, y)
    assert from_frame.feature_names_in_[63] == "pixel63"
    np.testing.assert_array_equal(from_frame.predict_proba(frame), fitted.predict_proba(X))


def test_predictions_do_not_depend_on_the_unit_of_the_pixels(small_digits):
    X, y = small_digits
    scores = [
        quick(architecture="fast", epochs=10).fit(unit(X), y).score(unit(X), y)
        for unit in (lambda X: X, lambda X: X / 16, lambda X: 1000 * X - 5000)
    ]
    assert min(scores) > 0.95


@pytest.mark.parametrize("n_images", [1, 2, 3, 40])
def test_an_image_gets_the_same_bits_in_whatever_company(fitted, small_digits, n_images):
    X, _ = small_digits
    np.testing.assert_array_equal(
        fitted.predict_proba(X[:n_images]), fitted.predict_proba(X)[:n_images]
    )


def test_colour_images():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 255, (60, 9, 12, 3)).astype(np.uint8)
    y = rng.integers(0, 2, 60)
    X[y == 1, :, :, 0] = 255
    classifier = quick(architecture="fast", image_shape=(9, 12, 3), epochs=10).fit(X, y)
    assert classifier.image_shape_ == (9, 12, 3)
    assert classifier.n_features_in_ == 324
    np.testing.assert_array_equal(
        classifier.predict_proba(X.reshape(60, -1)), classifier.predict_proba(X)
    )
    assert classifier.score(X, y) > 0.9


def test_padded_rows():
    X = np.random.default_rng(0).normal(size=(40, 10))
    y = X[:, 0] > 0
    classifier = quick(image_shape="pad").fit(X, y)
    assert classifier.image_shape_ == (4, 4, 1)
    assert classifier.n_features_in_ == 10
    filled_up = np.hstack([X, np.zeros((40, 6))])
    expected = quick().fit(filled_up, y).predict_proba(filled_up)
    np.testing.assert_array_equal(classifier.predict_proba(X), expected)


LABELS = {
    "strings": lambda y: np.array(["zero", "one"])[y],
    "string objects": lambda y: np.array(["zero", "one"], dtype=object)[y],
    "bools": lambda y: y.astype(bool),
    "floats": lambda y: y.astype(float),
    "int8": lambda y: y.astype(np.int8),
    "uint64": lambda y: y.astype(np.uint64),
    "negative": lambda y: 3 - 10 * y,
    "lists": lambda y: y.tolist(),
    "series": lambda y: pd.Series(y, index=range(100, 100 + len(y))),
    "categories": lambda y: pd.Series(y).map({0: "zero", 1: "one"}).astype("category"),
    "nullable integers": lambda y: pd.Series(y, dtype="Int64"),
}


@pytest.mark.parametrize("encode", LABELS.values(), ids=LABELS)
def test_labels_of_every_kind_come_back(encode, two_classes):
    X, y = two_classes
    labels = encode(y)
    classifier = quick(epochs=8, batch_size=8).fit(X, labels)
    np.testing.assert_array_equal(classifier.classes_, np.unique(np.asarray(labels)))
    assert classifier.score(X, labels) == 1.0
    assert classifier.predict(X).dtype == classifier.classes_.dtype


@settings(max_examples=15, deadline=None)
@given(
    st.one_of(
        st.lists(st.integers(-(2**62), 2**62), min_size=2, max_size=5, unique=True),
        st.lists(st.text("abcdefgh", min_size=1), min_size=2, max_size=5, unique=True),
    )
)
def test_predicted_labels_are_the_users_own(labels):
    y = np.array(labels * 3)
    X = np.random.default_rng(0).normal(size=(len(y), 4))
    classifier = quick(epochs=1).fit(X, y)
    assert classifier.classes_.tolist() == sorted(labels)
    assert set(classifier.predict(X)) <= set(labels)
    np.testing.assert_allclose(classifier.predict_proba(X).sum(axis=1), 1, atol=1e-12)


def test_two_classes_have_one_decision_and_more_have_as_many(two_classes, small_digits):
    X, y = two_classes
    classifier = quick().fit(X, y)
    decision = classifier.decision_function(X)
    assert decision.shape == (len(X),)
    np.testing.assert_array_equal(classifier.predict(X), (decision > 0).astype(int))
    assert quick().fit(*small_digits).decision_function(X).shape == (len(X), 10)


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
    favoured = quick(class_weight={3: 50.0}).fit(X, y).predict_proba(X)[:, 3].mean()
    assert favoured > even + 0.05


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


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int64])
def test_bytes_with_a_sign_are_refused_with_the_conversion(dtype, digits):
    X, y = digits[0][:100], digits[1][:100]
    signed = X.view(np.int8).astype(dtype)
    with pytest.raises(ValueError, match=r"X must hold no negative.*X.astype\(numpy.uint8\)"):
        quick().fit(signed, y)
    fitted = quick().fit(signed.astype(np.uint8), y)
    np.testing.assert_array_equal(fitted.predict_proba(X), quick().fit(X, y).predict_proba(X))
    with pytest.raises(ValueError, match="X must hold no negative"):
        fitted.predict(signed)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 8, 8)])
def test_channels_first_are_refused_with_the_conversion(shape):
    X, y = np.zeros((20, *shape), np.uint8), np.arange(20) % 2
    for train in (quick().fit, lambda X, y: quick().partial_fit(X, y, classes=[0, 1])):
        with pytest.raises(ValueError, match=r"numpy.moveaxis\(X, 1, -1\)"):
            train(X, y)


def test_one_hot_labels_are_refused_with_the_conversion(small_digits):
    X, y = small_digits
    for one_hot in (np.eye(10)[y], pd.get_dummies(y), np.eye(10, dtype=int)[y].tolist()):
        for use in (
            quick().fit,
            RejectingClassifier(quick()).fit,
            lambda X, y: quick().partial_fit(X, y, classes=range(10)),
            lambda X, y: compare_architectures(X, y, architectures=["baseline"]),
        ):
            with pytest.raises(ValueError, match="y must hold one label per image.*argmax"):
                use(X, one_hot)


def test_log_probabilities_are_the_logarithms_of_probabilities(fitted, small_digits):
    X, _ = small_digits
    np.testing.assert_allclose(
        np.exp(fitted.predict_log_proba(X)), fitted.predict_proba(X), atol=1e-12
    )


@pytest.mark.parametrize("n_classes", [2, 3])
def test_log_probabilities_of_a_network_that_ends_in_softmax(n_classes, small_digits):
    X, y = small_digits[0], small_digits[1] % n_classes

    def ends_in_softmax(input_shape, n_classes):
        softmax = keras.layers.Dense(n_classes, activation="softmax")
        return keras.Sequential([keras.Input(input_shape), keras.layers.Flatten(), softmax])

    classifier = quick(architecture=ends_in_softmax).fit(X, y)
    logarithms = classifier.predict_log_proba(X)
    assert logarithms.shape == (len(X), n_classes)
    assert logarithms.dtype == np.float64
    np.testing.assert_allclose(np.exp(logarithms), classifier.predict_proba(X), atol=1e-12)


def test_log_probabilities_are_finite_where_softmax_is_rounded_to_zero(small_digits):
    X, _ = small_digits
    softmax = keras.layers.Dense(3, activation="softmax")
    model = keras.Sequential([keras.Input((64,)), softmax])
    softmax.kernel.assign(1e4 * softmax.kernel)
    sure = DigitCNNClassifier.from_keras_model(model)
    assert (sure.predict_proba(X) == 0).any()
    logarithms = sure.predict_log_proba(X)
    assert np.isfinite(logarithms).all()
    np.testing.assert_array_equal(logarithms.argmax(axis=1), sure.predict(X))


def with_value(X, value):
    X = X.copy()
    X[3, 5] = value
    return X


BAD_IMAGES = {
    "empty": (lambda X: X[:0], "0 sample"),
    "one dimension": (lambda X: X[0], "Reshape your data"),
    "five dimensions": (lambda X: X.reshape(-1, 8, 8, 1, 1), "X must hold flat rows"),
    "NaN": (lambda X: with_value(X, np.nan), "NaN"),
    "infinite": (lambda X: with_value(X, np.inf), "infinity"),
    "too large for float32": (lambda X: with_value(X, 1e300), "float32"),
    "complex": (lambda X: X.astype(complex), "[Cc]omplex"),
    "text": (lambda X: np.full(X.shape, "a"), "dtype|float"),
    "text objects": (lambda X: with_value(X.astype(object), "a"), "could not convert|float"),
    "no square": (lambda X: X[:, :63], "image_shape"),
}


@pytest.mark.parametrize(("spoil", "message"), BAD_IMAGES.values(), ids=BAD_IMAGES)
def test_bad_images_are_refused_in_fit(spoil, message, small_digits):
    X, y = small_digits
    classifier = quick()
    with pytest.raises(ValueError, match=message):
        classifier.fit(spoil(X), y[: len(spoil(X))])
    assert not hasattr(classifier, "n_features_in_")


def test_sparse_images_are_refused(small_digits):
    X, y = small_digits
    with pytest.raises(TypeError, match="[Ss]parse"):
        quick().fit(csr_matrix(X), y)


def test_column_count_that_is_no_square_names_the_next_squares(small_digits):
    X, y = small_digits
    with pytest.raises(ValueError, match=r"(?s)image_shape.*63.*49.*64"):
        quick().fit(X[:, :63], y)


BAD_LABELS = {
    "one class": (lambda y: np.zeros_like(y), "1 class"),
    "continuous": (lambda y: y + 0.5, "continuous"),
    "too few": (lambda y: y[:-1], "inconsistent"),
    "NaN": (lambda y: np.where(y == 1, np.nan, y), "NaN"),
    "two columns": (lambda y: np.c_[y, y], "1d|y should be"),
    "none": (lambda _: None, "y"),
}


@pytest.mark.parametrize(("spoil", "message"), BAD_LABELS.values(), ids=BAD_LABELS)
def test_bad_labels_are_refused(spoil, message, small_digits):
    X, y = small_digits
    with pytest.raises(ValueError, match=message):
        quick().fit(X, spoil(y))


def test_one_sample_is_refused(small_digits):
    X, y = small_digits
    with pytest.raises(ValueError, match="minimum of 2"):
        quick().fit(X[:1], y[:1])


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


def test_images_of_different_sizes_are_refused():
    with pytest.raises(ValueError, match="X must hold images of one and the same shape"):
        quick().fit([[1, 2, 3, 4], [1]], [0, 1])


def test_numbers_may_be_those_of_numpy(small_digits):
    X, y = small_digits
    classifier = quick(
        epochs=np.int64(2),
        batch_size=np.int64(32),
        early_stopping=np.bool_(True),
        validation_fraction=np.float32(0.2),
        learning_rate=np.float32(0.01),
    )
    assert classifier.fit(X, y).n_iter_ == 2


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


BAD_PARAMETERS = {
    "architecture": ["baselin", 3, None],
    "image_shape": ["square", (8,), (8, 0), (7, 8)],
    "pixel_scaling": ["minmax"],
    "augmentation": ["medium"],
    "epochs": [0, -1, 1.5, "ten"],
    "batch_size": [0, -8, "all"],
    "optimizer": ["adagradient", 3],
    "learning_rate": [0, -0.1, "fast", float("nan")],
    "lr_schedule": ["linear"],
    "weight_decay": [-0.1],
    "label_smoothing": [-0.1, 1.0],
    "class_weight": ["even", [1, 2]],
    "early_stopping": ["yes"],
    "validation_fraction": [0, 1, -0.1, 1.5],
    "n_iter_no_change": [0],
    "warm_start": ["no"],
    "precision": ["float64"],
    "random_state": ["seed", -1],
    "verbose": [-1],
}


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, values in BAD_PARAMETERS.items() for value in values],
)
def test_bad_parameters_are_refused_by_name_with_what_came(name, value, small_digits):
    with pytest.raises(ValueError, match=name) as caught:
        quick(**{name: value}).fit(*small_digits)
    assert repr(value).strip("'()") in str(caught.value)


def test_unknown_architecture_names_the_nearest(small_digits):
    with pytest.raises(ValueError, match="'baseline'"):
        quick(architecture="baselin").fit(*small_digits)


def test_architecture_class_in_place_of_an_instance(small_digits):
    from mnistcnn.architectures import Simple

    with pytest.raises(ValueError, match=r"Simple\(\)"):
        quick(architecture=Simple).fit(*small_digits)


def test_image_too_small_for_the_architecture(small_digits):
    X, y = small_digits
    with pytest.raises(ValueError, match="architecture"):
        quick(architecture="simple", image_shape=(2, 2)).fit(X[:, :4], y)


def test_predict_before_fit():
    for method in ("predict", "predict_proba", "decision_function"):
        with pytest.raises(NotFittedError):
            getattr(quick(), method)([[1.0]])
    assert not hasattr(quick(), "model_")


def test_other_pixel_counts_and_shapes_are_refused_in_predict(fitted, small_digits):
    X, _ = small_digits
    with pytest.raises(ValueError, match="63 features.*expecting 64"):
        fitted.predict(X[:, :63])
    with pytest.raises(ValueError, match=r"\(8, 8\)"):
        fitted.predict(X.reshape(-1, 4, 16))
    with pytest.raises(ValueError, match="0 sample"):
        fitted.predict(X[:0])


def test_one_image_alone_is_told_from_several(fitted, small_digits):
    X, _ = small_digits
    for alone in (X[0], X[0].reshape(8, 8)):
        with pytest.raises(ValueError, match=r"\[image\]"):
            fitted.predict(alone)
        assert fitted.predict([alone]).shape == (1,)


def test_a_failed_fit_leaves_a_fitted_estimator_as_it_was(small_digits):
    X, y = small_digits
    classifier = quick().fit(X, y)
    before = classifier.predict_proba(X)
    for bad_X, bad_y in [
        (X[:, :49], y[:-1]),
        (X[:, :36], np.zeros(300)),
        (with_value(X, np.nan), y),
    ]:
        with pytest.raises(ValueError, match=r".+"):
            classifier.fit(bad_X, bad_y)
    assert classifier.n_features_in_ == 64
    np.testing.assert_array_equal(classifier.predict_proba(X), before)
