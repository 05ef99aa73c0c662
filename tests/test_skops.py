"""skops stores what model files refuse, and loads it once its types are trusted."""

import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from mnistcnn import ImageReshaper, RejectingClassifier
from networks import one_layer, quick_classifier

skops_io = pytest.importorskip("skops.io", reason="skops is not installed: pip install skops")

# They fit networks, and the page's blocks run in processes of their own.
pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[1] / "docs/saving.md"
CLASSIFIER = "mnistcnn.classifier._estimator.DigitCNNClassifier"
MLP = "mnistcnn.architectures._fully_connected.TwoLayerMLP"

quick = partial(quick_classifier, "two_layer_mlp")


def normalized_layer(input_shape, n_classes):
    """With a function that Keras's config cannot hold."""
    scaled = keras.layers.Lambda(lambda images: images / 2)
    layers = keras.layers.Flatten(), scaled, keras.layers.Dense(n_classes)
    return keras.Sequential([keras.Input(input_shape), *layers])


@pytest.mark.parametrize(
    ("estimator", "unknown"),
    [
        (quick(), {CLASSIFIER, MLP}),
        (quick_classifier(one_layer), {CLASSIFIER, "networks.one_layer"}),
        (quick_classifier(normalized_layer), {CLASSIFIER, f"{__name__}.normalized_layer"}),
        (
            make_pipeline(ImageReshaper(), quick()),
            {CLASSIFIER, MLP, "mnistcnn.preprocessing._reshaper.ImageReshaper"},
        ),
        (
            RejectingClassifier(quick()),
            {CLASSIFIER, MLP, "mnistcnn.rejection.RejectingClassifier"},
        ),
    ],
    ids=["classifier", "function", "lambda", "pipeline", "rejecting"],
)
def test_an_estimator_predicts_the_same_once_its_types_are_trusted(
    estimator, unknown, small_digits
):
    X, y = small_digits
    stored = skops_io.dumps(estimator.fit(X, y))
    assert set(skops_io.get_untrusted_types(data=stored)) == unknown
    with pytest.raises(skops_io.exceptions.UntrustedTypesFoundException, match=CLASSIFIER):
        skops_io.loads(stored)
    loaded = skops_io.loads(stored, trusted=list(unknown))
    np.testing.assert_array_equal(loaded.predict_proba(X), estimator.predict_proba(X))


def test_training_goes_on_from_what_was_stored(small_digits):
    X, y = small_digits
    stored = skops_io.dumps(quick().fit(X, y))
    loaded = skops_io.loads(stored, trusted=[CLASSIFIER, MLP])
    assert loaded.partial_fit(X, y).n_iter_ == 3


def test_the_page_stores_in_one_process_and_loads_in_another(tmp_path):
    module, writer, reader = re.findall(r"^```py\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)
    (tmp_path / "my_networks.py").write_text(module, "utf-8")
    for block in (writer, reader):
        subprocess.run([sys.executable, "-c", block], cwd=tmp_path, check=True)
