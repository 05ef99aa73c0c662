"""Model files that released versions wrote load for ever, and answer as they did."""

from pathlib import Path

import numpy as np
import pytest

from mnistcnn import __version__, load_classifier

FILES = sorted(Path(__file__).with_name("released").glob("*.mnistcnn"))


def test_each_released_version_has_one():
    assert __version__ in [path.stem for path in FILES]


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_they_load_and_answer_as_they_did(path, trial):
    with np.load(path.with_suffix(".npz")) as file:
        kept = dict(file)
    classifier = load_classifier(path)
    np.testing.assert_array_equal(classifier.predict(kept["images"]), kept["labels"])
    # Another processor may compute other last bits.
    found = classifier.predict_proba(kept["images"])
    np.testing.assert_allclose(found, kept["probabilities"], atol=1e-5)
    trial.tries("model files of released versions")
