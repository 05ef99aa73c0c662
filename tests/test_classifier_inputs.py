"""What images may look like, and what is said of those that may not."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from scipy.sparse import csr_matrix
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from mnistcnn import ImageReshaper, PixelScaler, RejectingClassifier, compare_architectures
from networks import quick_classifier as quick

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
def test_images_that_are_objects_give_the_same_predictions(form, fitted_baseline, small_digits):
    X, y = small_digits
    images, expected = form(X), fitted_baseline.predict_proba(X)
    np.testing.assert_array_equal(quick().fit(images, y).predict_proba(X), expected)
    np.testing.assert_array_equal(fitted_baseline.predict_proba(images), expected)
    np.testing.assert_array_equal(
        fitted_baseline.predict_log_proba(images), fitted_baseline.predict_log_proba(X)
    )
    np.testing.assert_array_equal(fitted_baseline.predict(images), fitted_baseline.predict(X))
    assert fitted_baseline.score(images, y) == fitted_baseline.score(X, y)
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
def test_images_of_several_shapes_are_refused(ragged, fitted_baseline):
    X = ragged()
    for use in (fitted_baseline.predict, lambda X: quick().fit(X, [0, 1]), ImageReshaper().fit):
        with pytest.raises(ValueError, match="X must hold images of one and the same shape"):
            use(X)


def test_a_table_of_one_column_of_images_is_refused_with_the_column(fitted_baseline, small_digits):
    X, y = small_digits
    table = pd.DataFrame({"image": list(X.reshape(-1, 8, 8))})
    for use in (fitted_baseline.predict, lambda X: quick().fit(X, y)):
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
def test_what_is_not_in_memory_is_refused_with_what_to_pass(
    make, message, fitted_baseline, small_digits
):
    y = small_digits[1]
    uses = [
        lambda X: quick().fit(X, y),
        lambda X: quick().partial_fit(X, y, classes=range(10)),
        fitted_baseline.predict,
        fitted_baseline.predict_proba,
        lambda X: fitted_baseline.score(X, y),
        ImageReshaper().fit,
        PixelScaler().fit,
        lambda X: RejectingClassifier(quick()).fit(X, y),
        RejectingClassifier(fitted_baseline).predict,
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


def test_arrays_of_other_libraries_give_the_same_predictions(fitted_baseline, small_digits):
    X, _ = small_digits
    expected = fitted_baseline.predict_proba(X)
    np.testing.assert_array_equal(fitted_baseline.predict_proba(tf.constant(X)), expected)
    # As dask's arrays and many others do.
    blocks = a_stand_in("dask.array.core", "Array", __array__=lambda *_, **__: X.reshape(-1, 8, 8))
    np.testing.assert_array_equal(fitted_baseline.predict_proba(blocks), expected)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_form_of_the_same_images_gives_the_same_predictions(
    form, fitted_baseline, small_digits
):
    X, y = small_digits
    expected = fitted_baseline.predict_proba(X)
    np.testing.assert_array_equal(fitted_baseline.predict_proba(form(X)), expected)
    np.testing.assert_array_equal(quick().fit(form(X), y).predict_proba(X), expected)


def test_integers_just_above_a_byte_stay_what_they_are(small_digits):
    X, y = 16 * small_digits[0], small_digits[1]
    assert X.max() == 256
    expected = quick().fit(X, y).predict_proba(X)
    found = quick().fit(X.astype(np.int16), y).predict_proba(X.astype(np.uint16))
    np.testing.assert_array_equal(found, expected)


def test_data_frame_gives_the_same_predictions_and_feature_names(fitted_baseline, small_digits):
    X, y = small_digits
    frame = pd.DataFrame(X.astype(int), columns=[f"pixel{i}" for i in range(64)])
    from_frame = quick().fit(frame, y)
    assert from_frame.feature_names_in_[63] == "pixel63"
    np.testing.assert_array_equal(from_frame.predict_proba(frame), fitted_baseline.predict_proba(X))


def test_predictions_do_not_depend_on_the_unit_of_the_pixels(small_digits):
    X, y = small_digits
    scores = [
        quick(architecture="fast", epochs=10).fit(unit(X), y).score(unit(X), y)
        for unit in (lambda X: X, lambda X: X / 16, lambda X: 1000 * X - 5000)
    ]
    assert min(scores) > 0.95


def test_color_images():
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


def test_one_sample_is_refused(small_digits):
    X, y = small_digits
    with pytest.raises(ValueError, match="minimum of 2"):
        quick().fit(X[:1], y[:1])


def test_images_of_different_sizes_are_refused():
    with pytest.raises(ValueError, match="X must hold images of one and the same shape"):
        quick().fit([[1, 2, 3, 4], [1]], [0, 1])


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
