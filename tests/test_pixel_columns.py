"""Tables whose names say that their columns lie elsewhere, or are no pixels."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from mnistcnn import (
    DigitCNNClassifier,
    ImageReshaper,
    PixelScaler,
    compare_architectures,
    load_sample_digits,
)
from mnistcnn.preprocessing import check_pixel_columns

PIXELS = [f"pixel{i}" for i in range(784)]
FROM_ONE = [f"pixel{i}" for i in range(1, 785)]
PADDED = [f"px_{i:03}" for i in range(784)]
GRID = [f"{row}x{column}" for row in range(1, 29) for column in range(1, 29)]
BY_COLUMN = [f"{column}x{row}" for row in range(1, 29) for column in range(1, 29)]


def table(names, n=2):
    return pd.DataFrame(np.zeros((n, len(names)), dtype=np.uint8), columns=names)


@pytest.fixture(scope="module")
def small_table(small_digits):
    return pd.DataFrame(small_digits[0]).rename(columns="pixel{}".format), small_digits[1]


@pytest.fixture(scope="module")
def by_arrays(small_digits):
    classifier = DigitCNNClassifier("two_layer_mlp", epochs=1, random_state=0)
    return classifier.fit(*small_digits)


SCRAMBLED = {
    "sorted as text": (
        sorted(PIXELS),
        r"got 'pixel10' in place 2, where 'pixel2' belongs\. Pass X\[\[f\"pixel\{i\}\" for i in "
        r"range\(784\)\]\], or numpy\.asarray\(X\) if the columns really are in pixel order\.",
    ),
    "sorted as text, from 1": (sorted(FROM_ONE), r"f\"pixel\{i\}\" for i in range\(1, 785\)"),
    "from the last": (PIXELS[::-1], "got 'pixel783' in place 0, where 'pixel0' belongs"),
    "two exchanged": (
        ["b1", "b0", *[f"b{i}" for i in range(2, 64)]],
        r"\{i\}\" for i in range\(64",
    ),
    "of one width": (PADDED[::-1], r"f\"px_\{i:03\}\" for i in range\(784\)"),
    "numbers as text": (sorted(map(str, range(784))), r"f\"\{i\}\" for i in range\(784\)"),
    "integers": ([1, 0, *range(2, 64)], r"got 1 in place 0, where 0 belongs\. Pass X\[list\(range"),
    "by row and column": (
        sorted(GRID),
        r"got '10x1' in place 0, where '1x1' belongs\. Pass X\[\[f\"\{row\}x\{column\}\" for row "
        r"in range\(1, 29\) for column in range\(1, 29\)\]\]",
    ),
    "with gaps": (
        ["pixel3", "pixel20", "pixel5", "pixel7"],
        "got 'pixel20' in place 1, where 'pixel5' belongs. Put the columns in the order",
    ),
}


@pytest.mark.parametrize(("names", "message"), SCRAMBLED.values(), ids=SCRAMBLED)
def test_names_and_places_that_disagree_are_refused(names, message):
    with pytest.raises(ValueError, match=message):
        check_pixel_columns(table(names))


@pytest.mark.parametrize("names", [sorted(PIXELS), sorted(FROM_ONE), PADDED[::-1], sorted(GRID)])
def test_what_the_message_says_to_pass_is_accepted(names):
    X = table(names)
    with pytest.raises(ValueError, match="Pass X") as refused:
        check_pixel_columns(X)
    remedy = str(refused.value).partition("Pass ")[2].partition(", or numpy")[0]
    check_pixel_columns(eval(remedy, {"X": X}))


ORDERLY = {
    "from 0": PIXELS,
    "from 1": FROM_ONE,
    "of one width": PADDED,
    "integers": list(range(64)),
    "integers without the label's column": list(range(1, 65)),
    "by row and column": GRID,
    "columns before rows": BY_COLUMN,
    "by column": [f"{row}x{column}" for column in range(1, 29) for row in range(1, 29)],
    "with gaps": ["pixel3", "pixel5", "pixel7", "pixel20"],
    "colors one after the other": [f"{color}{i}" for color in "rgb" for i in range(16)],
    "colors side by side": [f"{i}{color}" for i in range(16) for color in "rgb"],
    "words": ["left", "right", "above", "below"],
    "labels alone": ["label"],
    "two": ["x0", "y"],
    "words with numbers": ["area", "radius2", "width1", "label"],
}


@pytest.mark.parametrize("names", ORDERLY.values(), ids=ORDERLY)
def test_tables_in_order_are_taken(names):
    check_pixel_columns(table(names))


@given(st.permutations(range(9)), st.sampled_from(["pixel{}", "{}", "p{:02}", "x{}y"]))
def test_every_order_but_the_right_one_is_refused(order, form):
    X = table([form.format(number) for number in order])
    if list(order) == sorted(order):
        check_pixel_columns(X)
    else:
        with pytest.raises(ValueError, match=r"in the order of their numbers"):
            check_pixel_columns(X)


@pytest.mark.parametrize("name", ["label", "Label", "labels", "class", "target", "digit", "y"])
@pytest.mark.parametrize("place", [0, 784])
def test_a_column_of_labels_is_no_pixel(name, place):
    names = [*PIXELS[:place], name, *PIXELS[place:]]
    with pytest.raises(ValueError, match=f"pixels alone, got a column '{name}' among 'pixel0'"):
        check_pixel_columns(table(names))


@pytest.mark.parametrize("name", ["Unnamed: 0", "id", "index", "ImageId"])
def test_a_column_that_numbers_the_images_is_no_pixel(name):
    with pytest.raises(ValueError, match=f"pixels alone, got a column '{name}'"):
        check_pixel_columns(table([name, *PIXELS]))


def test_a_label_beside_integers_is_no_pixel():
    with pytest.raises(ValueError, match="got a column 'label' among 0"):
        check_pixel_columns(pd.DataFrame(np.zeros((2, 64))).assign(label=0))


@pytest.mark.parametrize(
    "make",
    [
        lambda names: SimpleNamespace(columns=names),
        lambda names: SimpleNamespace(columns=[object()] * len(names), column_names=names),
    ],
    ids=["polars", "pyarrow"],
)
def test_tables_of_other_libraries_are_read_by_their_names(make):
    check_pixel_columns(make(PIXELS))
    with pytest.raises(ValueError, match="got 'pixel10' in place 2"):
        check_pixel_columns(make(sorted(PIXELS)))


def test_what_has_no_names_has_no_order():
    check_pixel_columns(np.zeros((2, 64)))
    check_pixel_columns([[0, 1], [2, 3]])
    check_pixel_columns(
        pd.DataFrame(np.zeros((2, 2)), columns=pd.MultiIndex.from_product([["a", "b"], ["c"]]))
    )


FITTED = {
    "classifier": lambda X, y: DigitCNNClassifier("two_layer_mlp", epochs=1).fit(X, y),
    "parts": lambda X, y: DigitCNNClassifier("two_layer_mlp").partial_fit(X, y, classes=range(10)),
    "reshaper": lambda X, y: ImageReshaper().fit(X, y),
    "scaler": lambda X, y: PixelScaler().fit(X, y),
    "unfitted": lambda X, y: ImageReshaper().transform(X),  # noqa: ARG005
    "unit": lambda X, y: PixelScaler(method="unit").transform(X),  # noqa: ARG005
    "pipeline": lambda X, y: make_pipeline(PixelScaler(), KNeighborsClassifier()).fit(X, y),
    "comparison": lambda X, y: compare_architectures(X, y, architectures="two_layer_mlp"),
}


# Of what learns nothing scikit-learn says so.
@pytest.mark.filterwarnings("ignore:X has feature names")
@pytest.mark.parametrize("fit", FITTED.values(), ids=FITTED)
def test_nothing_learns_from_scrambled_images_or_labels(fit, small_table):
    X, y = small_table
    with pytest.raises(
        ValueError, match=r"'pixel10' in place 2.*\"pixel\{i\}\" for i in range\(64"
    ):
        fit(X[sorted(X.columns)], y)
    with pytest.raises(ValueError, match="got a column 'label' among 'pixel0'"):
        fit(X.assign(label=y), y)


def test_padding_does_not_make_a_pixel_of_the_label(small_table):
    X, y = small_table
    classifier = DigitCNNClassifier("two_layer_mlp", image_shape="pad", epochs=1)
    with pytest.raises(ValueError, match="got a column 'label' among 'pixel0'"):
        classifier.fit(X.assign(label=y), y)


def test_a_validation_set_is_held_to_the_same(small_table):
    X, y = small_table
    classifier = DigitCNNClassifier("two_layer_mlp", epochs=1)
    scrambled = X[sorted(X.columns)]
    with pytest.raises(
        ValueError, match=r"X_val: (The feature names should match|X must have its)"
    ):
        classifier.fit(X, y, X_val=scrambled, y_val=y)


@pytest.mark.filterwarnings("ignore:X has feature names")
def test_predictions_from_arrays_refuse_a_scrambled_table(by_arrays, small_table):
    X, _ = small_table
    assert len(by_arrays.predict(X)) == len(X)
    with pytest.raises(ValueError, match="'pixel10' in place 2, where 'pixel2' belongs"):
        by_arrays.predict(X[sorted(X.columns)])


def test_predictions_by_name_are_refused_in_scikit_learns_words(small_table):
    X, y = small_table
    classifier = DigitCNNClassifier("two_layer_mlp", epochs=1).fit(X, y)
    for transformer in (classifier, ImageReshaper().fit(X), PixelScaler().fit(X)):
        answer = getattr(transformer, "predict", None) or transformer.transform
        with pytest.raises(ValueError, match="Feature names must be in the same order"):
            answer(X[sorted(X.columns)])


@pytest.mark.parametrize("n_columns", [785, 65])
@pytest.mark.parametrize("estimator", [DigitCNNClassifier(), ImageReshaper()])
def test_one_column_too_many_may_be_the_labels(n_columns, estimator):
    X = np.zeros((20, n_columns))
    asked = "If one of them holds the labels, pass it as y and leave it out of X"
    with pytest.raises(ValueError, match=f"got {n_columns} columns.*{asked}"):
        estimator.fit(X, np.arange(20) % 2)


def test_one_column_more_than_stated_may_be_the_labels():
    with pytest.raises(ValueError, match=r"64 columns, got 65 columns\. If one of them holds the"):
        ImageReshaper((8, 8)).fit(np.zeros((2, 65)))
    with pytest.raises(ValueError, match=r"64 columns, got 66 columns\.$"):
        ImageReshaper((8, 8)).fit(np.zeros((2, 66)))
    with pytest.raises(ValueError, match="83 columns") as refused:
        ImageReshaper().fit(np.zeros((2, 83)))
    assert "labels" not in str(refused.value)


def test_the_bundled_digits_are_in_order():
    check_pixel_columns(load_sample_digits(as_frame=True).data)
