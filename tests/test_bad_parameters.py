"""Parameters that cannot be, refused by name; and numbers that may be NumPy's."""

import numpy as np
import pytest

from networks import quick_classifier as quick


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
