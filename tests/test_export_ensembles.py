"""Ensembles as files: one graph answers as all members together."""

import copy
import json

import keras
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.naive_bayes import GaussianNB

from exported import FORMATS, as_images, assert_same_answers, metadata_of
from mnistcnn import DigitCNNClassifier, DigitEnsembleClassifier, PixelRangeWarning

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="the converters know TensorFlow alone"
)
onnx = pytest.importorskip("onnx", reason="pip install 'mnistcnn[onnx]'")


@pytest.fixture(scope="module")
def ensemble(digits):
    """Three small networks; no test changes them."""
    X, y = digits
    member = DigitCNNClassifier("two_layer_mlp", epochs=1, batch_size=16, precision="float32")
    return DigitEnsembleClassifier(member, 3, random_state=0).fit(X[:64], y[:64])


@pytest.mark.slow
class TestEnsembles:
    @pytest.mark.parametrize("name", FORMATS)
    def test_one_graph_gives_the_mean_of_all_members(self, name, ensemble, digits, tmp_path):
        ensemble.export(tmp_path / name)
        assert_same_answers(tmp_path / name, ensemble, as_images(digits[0][:20]))
        assert json.loads(metadata_of(tmp_path / name)["classes"]) == list(range(10))

    def test_votes_have_no_probabilities(self):
        assert not hasattr(DigitEnsembleClassifier(voting="hard"), "export")

    def test_members_of_another_kind(self, small_digits, tmp_path):
        ensemble = DigitEnsembleClassifier(GaussianNB(), 2)
        X, y = small_digits
        ensemble.fit(X, y)
        with pytest.raises(ValueError, match="DigitCNNClassifier for all .*, got GaussianNB"):
            ensemble.export(tmp_path / "digits.onnx")

    @pytest.mark.parametrize("unit", [1 / 255, 257.0])
    def test_members_trained_on_pixels_in_different_units(self, unit, ensemble, digits, tmp_path):
        X, y = digits
        grown = copy.deepcopy(ensemble).set_params(warm_start=True, n_estimators=4)
        with pytest.warns(PixelRangeWarning):
            grown.fit(X[:64] * unit, y[:64])
        with pytest.raises(
            ValueError, match=r"same unit .* 0 to 255 .*\[0\] and .*estimators_\[3\]"
        ):
            grown.export(tmp_path / "digits.onnx")
        assert not [*tmp_path.iterdir()]

    def test_members_of_one_unit_have_the_range_of_all(self, ensemble, digits, tmp_path):
        X, y = digits
        grown = copy.deepcopy(ensemble).set_params(warm_start=True, n_estimators=4)
        grown.fit(X[:64] // 2, y[:64])
        grown.estimators_.reverse()
        grown.export(tmp_path / "digits.onnx")
        assert json.loads(metadata_of(tmp_path / "digits.onnx")["pixel_range"]) == [0, 255]

    @pytest.mark.parametrize("order", [1, -1], ids=["inverted last", "inverted first"])
    def test_calibration_images_are_like_those_of_every_member(
        self, order, ensemble, digits, tmp_path
    ):
        X, y = digits
        mixed = copy.deepcopy(ensemble).set_params(warm_start=True, n_estimators=4)
        with pytest.warns(PixelRangeWarning, match="background"):
            mixed.fit(255 - X[:64], y[:64])
        mixed.estimators_ = mixed.estimators_[::order]
        light, dark = X[:64], 255 - X[:64]
        for images, told in ((light, "light ink on a dark"), (dark, "dark ink on a light")):
            with pytest.raises(ValueError, match=f"calibration_images must .* show {told}"):
                mixed.export(
                    tmp_path / "digits.onnx", quantization="int8", calibration_images=images
                )
        assert not [*tmp_path.iterdir()]

    def test_an_ensemble_that_is_not_fitted(self, tmp_path):
        with pytest.raises(NotFittedError):
            DigitEnsembleClassifier().export(tmp_path / "digits.onnx")
