"""What no comparison is made of is refused before anything is trained."""

import numpy as np
import pytest

from mnistcnn import compare_architectures
from networks import one_layer

# Most of them train a network or several.
pytestmark = pytest.mark.slow


class TestBadInput:
    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            ({"architectures": ["baseline", "simpel"]}, "simple"),
            ({"architectures": []}, "architectures must hold at least one"),
            ({"architectures": ["simple", "simple"]}, "different labels, got simple"),
            ({"architectures": ["convnet"]}, "at least 10x10 pixels, got 8x8"),
            ({"scoring": "acuracy"}, "acuracy"),
            ({"scoring": []}, "scoring must be"),
            ({"scoring": {"accuracy": "neg_log_loss"}}, "scoring must give the name 'accuracy'"),
            ({"cv": 1}, "'cv' parameter"),
            ({"cv": 101}, "cv=101 needs at least 101 images of every class"),
            (
                {"cv": [(range(200), range(200, 300)), (range(100), range(80, 300))]},
                "none in common, got 20 images in both parts of split 1",
            ),
            ({"cv": [(range(300), [-1])]}, "got 1 image in both parts of split 0"),
            ({"epochs": 0}, "'epochs' parameter"),
            ({"estimator": "fast"}, "'estimator' parameter"),
            ({"on_architecture_done": 3}, "'on_architecture_done' parameter"),
        ],
        ids=str,
    )
    def test_is_refused_before_anything_is_trained(self, small_digits, changed, message):
        def never(input_shape, n_classes):  # noqa: ARG001
            raise AssertionError("trained")

        trained = []
        options = {
            "architectures": ["baseline"],
            "cv": 2,
            "epochs": 1,
            "on_architecture_done": trained.append,
        }
        with pytest.raises(ValueError, match=message):
            compare_architectures(*small_digits, **(options | changed))
        assert trained == []

    def test_test_images_among_the_training_images_of_a_mask(self, small_digits):
        places = np.arange(300)
        with pytest.raises(ValueError, match="got 49 images in both parts of split 0"):
            compare_architectures(*small_digits, cv=[(places < 200, places > 150)])

    def test_lengths_that_differ(self, small_digits):
        X, y = small_digits
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            compare_architectures(X, y[:-1], architectures=[one_layer])

    def test_continuous_labels(self, small_digits):
        X, y = small_digits
        with pytest.raises(ValueError, match="continuous"):
            compare_architectures(X, y + 0.5, architectures=[one_layer])
