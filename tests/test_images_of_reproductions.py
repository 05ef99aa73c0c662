"""Training and test images of a reproduction that do not belong together, before any training."""

import re

import numpy as np
import pandas as pd
import pytest

from mnistcnn import PixelRangeWarning
from mnistcnn.evaluation import DigitImages, reproduce
from mnistcnn.evaluation._image_checks import checked_images


@pytest.fixture(scope="module")
def images(digits):
    X, y = digits
    return DigitImages(X[:300], y[:300], X[300:400], y[300:400])


def one_hot(labels):
    return np.eye(10)[labels]


def shuffled(values):
    return pd.Series(values).sample(frac=1, random_state=0)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (lambda i: {"y_test": i.y_test.astype(str)}, "y_test must hold only labels .*, got also"),
        (lambda i: {"y": i.y.astype(str)}, "y_test must hold only labels"),
        (lambda i: {"y_test": i.y_test + 1}, r"y_test must .*got also \[10\]"),
        (lambda i: {"y_test": one_hot(i.y_test)}, "y_test: y must hold one label per image"),
        (lambda i: {"y": one_hot(i.y)}, "y: y must hold one label per image"),
        (lambda i: {"y_test": i.y_test[:-1]}, "y_test: .*inconsistent numbers of samples"),
        (lambda i: {"y": i.y[:-1]}, "y: .*inconsistent numbers of samples"),
        (lambda i: {"y_test": i.y_test.astype(object)}, r"y_test: .*astype\(int\)"),
        (lambda i: {"y": i.y * 0}, "y must hold at least 2 classes"),
        (lambda i: {"X_test": i.X_test[:0], "y_test": i.y_test[:0]}, "y_test.*at least one"),
        (lambda i: {"X_test": i.X_test[:, :64]}, r"X_test must .*\(784,\), got \(64,\)"),
        (lambda i: {"X_test": i.X_test.reshape(-1, 14, 56), "X": i.X.reshape(-1, 28, 28)}, "14"),
    ],
)
def test_are_refused_before_a_folder_is_made(changed, told, images, tmp_path):
    folder = tmp_path / "records"
    with pytest.raises(ValueError, match=told):
        reproduce("baseline", images._replace(**changed(images)), output=folder)
    assert not folder.exists()


def test_a_tuple_of_another_length_is_refused(images):
    with pytest.raises(ValueError, match="images must be a DigitImages .* got 2 values"):
        reproduce("baseline", tuple(images)[:2])


def test_columns_of_data_frames_must_have_one_order(images):
    X, X_test = (pd.DataFrame(each).rename(columns="p{}".format) for each in images[::2])
    turned = images._replace(X=X, X_test=X_test[X_test.columns[::-1]])
    with pytest.raises(ValueError, match=re.escape("pass X_test[X.columns]")):
        checked_images(turned)
    checked_images(images._replace(X=X, X_test=X_test))


def test_test_images_in_another_unit_are_told_of_before_the_training(images):
    told = "from 0 to 1, but the training images have pixels from 0 to 255, so the results"
    with pytest.warns(PixelRangeWarning, match=told):
        reproduce("baseline", images._replace(X_test=images.X_test / 255))
    with pytest.warns(PixelRangeWarning, match="images show .* but the training images have"):
        checked_images(images._replace(X_test=255 - images.X_test))


def test_what_belongs_together_is_taken_as_it_is(images):
    X, y, X_test, y_test = checked_images(images)
    assert X is images.X
    assert X_test is images.X_test
    np.testing.assert_array_equal(y, images.y)
    np.testing.assert_array_equal(y_test, images.y_test)
    assert checked_images(images._replace(X_test=images.X_test.reshape(-1, 28, 28)))[2].ndim == 2
    assert checked_images(images._replace(X=images.X.reshape(-1, 28, 28)))[2].shape[1:] == (28, 28)


def test_labels_in_another_order_than_images_are_told_of(images):
    X_test = pd.DataFrame(images.X_test)
    with pytest.warns(UserWarning, match=re.escape("pass y_test.loc[X_test.index]")):
        checked_images(images._replace(X_test=X_test, y_test=shuffled(images.y_test)))


@pytest.mark.slow
def test_labels_of_pandas_in_lists_and_in_columns_give_the_same_record(images):
    (expected,) = reproduce("baseline", images, epochs_scale=0.1)
    index = np.arange(100)[::-1]
    forms = [
        images._replace(y=pd.Series(images.y), y_test=pd.Series(images.y_test, index=index)),
        images._replace(y=images.y.tolist(), y_test=images.y_test.tolist()),
    ]
    for form in forms:
        (record,) = reproduce("baseline", form, epochs_scale=0.1)
        assert record["wrong"] == expected["wrong"]
    words = images._replace(y=images.y.astype(str), y_test=images.y_test.astype(str).astype(object))
    (record,) = reproduce("baseline", words, epochs_scale=0.1)
    assert [each["label"] for each in record["wrong"]] == [
        str(each["label"]) for each in expected["wrong"]
    ]
