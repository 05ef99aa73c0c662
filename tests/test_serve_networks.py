"""Which networks the server of ``examples/serve`` takes: those of the pixels that are sent."""

from pathlib import Path

import keras
import pytest

from mnistcnn import DigitCNNClassifier

# Each exports a network.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="it exports a network"),
]

for package in ("fastapi", "uvicorn", "prometheus_client", "multipart", "onnxruntime", "tf2onnx"):
    pytest.importorskip(package, reason="the server needs it")

SERVER = Path(__file__).parents[1] / "examples/serve"


@pytest.fixture
def load(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(SERVER)
    network = pytest.importorskip("network")

    def load(X, y, **parameters):
        settings = {"epochs": 1, "precision": "float32", "random_state": 0} | parameters
        path = tmp_path / "digits.onnx"
        DigitCNNClassifier("two_layer_mlp", **settings).fit(X, y).export(path)
        return network.OnnxNetwork(str(path), 1)

    return load


def test_sixteen_levels(load, digits):
    X, y = digits
    with pytest.raises(ValueError, match=r"digits\.onnx must .* on pixels from 0 to 15"):
        load(X[:200] // 16, y[:200])


def test_dark_ink(load, digits):
    X, y = digits
    with pytest.raises(ValueError, match="light ink on a dark background, got .* a mean of 2"):
        load(255 - X[:200], y[:200])


@pytest.mark.parametrize("change", [lambda X: X, lambda X: 30 + X // 2], ids=["own", "paler"])
def test_images_that_merely_vary_are_taken(load, digits, change):
    assert load(change(digits[0][:200]), digits[1][:200]).image_shape == (28, 28, 1)


def test_a_network_that_has_not_learned_the_mean(load, digits):
    X, y = digits
    assert load(X[:200], y[:200], pixel_scaling="unit").classes == list(range(10))
