"""The bundled digits: always the same, and in the form of MNIST."""

import hashlib

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

from mnistcnn import load_sample_digits
from mnistcnn.datasets import sample_images
from mnistcnn.handwriting import to_mnist_form


def test_pixels_and_labels_never_change():
    digits = load_sample_digits()
    content = digits.data.tobytes() + digits.target.astype("<i8").tobytes()
    assert (
        hashlib.sha256(content).hexdigest()
        == "06cace68bca78bfa9e3a16332be46fc5a59c14e4e5cfa71c3240286b9c068690"
    )


def test_bunch_holds_what_the_loaders_of_scikit_learn_hold():
    digits = load_sample_digits()
    assert set(digits) == set(load_digits())
    assert digits.data.shape == (1797, 784)
    assert digits.images.shape == (1797, 28, 28)
    assert digits.data.dtype == np.uint8
    assert digits.target.dtype == np.int64
    assert np.shares_memory(digits.data, digits.images)
    assert digits.feature_names == [f"pixel{i}" for i in range(784)]
    assert digits.target_names.tolist() == list(range(10))
    assert digits.frame is None
    assert "1,797" in digits.DESCR


def test_labels_are_those_of_scikit_learn():
    np.testing.assert_array_equal(load_sample_digits().target, load_digits().target)


def test_images_have_the_form_of_mnist():
    images = load_sample_digits().images
    again = np.stack([to_mnist_form(image) for image in images])
    # A faint edge that was rounded to nothing leaves 19 pixels, which would be stretched again.
    sides = [max(np.ptp(axis) + 1 for axis in np.nonzero(image)) for image in images]
    whole = np.array(sides) == 20
    assert whole.mean() > 0.95
    np.testing.assert_array_equal(again[whole], images[whole])


def test_caller_may_write_into_what_was_loaded():
    first = load_sample_digits()
    first.data[:] = 0
    first.target[:] = 0
    assert load_sample_digits().data.any()
    assert load_sample_digits().target.any()


def test_data_and_target_come_alone_on_request():
    X, y = load_sample_digits(return_X_y=True)
    digits = load_sample_digits()
    np.testing.assert_array_equal(X, digits.data)
    np.testing.assert_array_equal(y, digits.target)


def test_frames_hold_the_same_pixels():
    digits = load_sample_digits(as_frame=True)
    arrays = load_sample_digits()
    assert list(digits.frame.columns) == [*arrays.feature_names, "label"]
    assert (digits.data.dtypes == np.uint8).all()
    np.testing.assert_array_equal(digits.data.to_numpy(), arrays.data)
    pd.testing.assert_series_equal(digits.target, pd.Series(arrays.target, name="label"))
    pd.testing.assert_frame_equal(digits.frame.drop(columns="label"), digits.data)
    X, y = load_sample_digits(return_X_y=True, as_frame=True)
    pd.testing.assert_frame_equal(X, digits.data)
    pd.testing.assert_series_equal(y, digits.target)


def test_bad_parameter_is_refused():
    with pytest.raises(ValueError, match="return_X_y"):
        load_sample_digits(return_X_y="yes")


def test_single_images_are_those_of_all():
    places = [1099, 0, 8]
    np.testing.assert_array_equal(sample_images(places), load_sample_digits().images[places])
