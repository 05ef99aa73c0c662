"""Model files that released versions wrote load for ever, and answer as they did."""

from pathlib import Path

import numpy as np
import pytest

from mnistcnn import __version__, load_classifier, save_classifier

FILES = sorted(Path(__file__).with_name("released").glob("*.mnistcnn"))


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def released(request):
    """A file, and the images that its classifier was asked then, with its answers."""
    with np.load(request.param.with_suffix(".npz")) as file:
        return request.param, dict(file)


def assert_answers(classifier, kept):
    np.testing.assert_array_equal(classifier.predict(kept["images"]), kept["labels"])
    # Another processor may compute other last bits.
    found = classifier.predict_proba(kept["images"])
    np.testing.assert_allclose(found, kept["probabilities"], atol=1e-5)


def test_each_released_version_has_one():
    assert __version__ in [path.stem for path in FILES]


@pytest.mark.slow
def test_they_load_and_answer_as_they_did(released):
    path, kept = released
    assert_answers(load_classifier(path), kept)


@pytest.mark.long
@pytest.mark.slow
def test_what_a_released_version_wrote_is_kept_by_this_one(released, tmp_path, trial):
    path, kept = released
    classifier = load_classifier(path)
    assert_answers(classifier, kept)
    trial.tries("model files of released versions, loaded")
    save_classifier(classifier, tmp_path / path.name)
    again = load_classifier(tmp_path / path.name)
    np.testing.assert_array_equal(
        again.predict_proba(kept["images"]), classifier.predict_proba(kept["images"])
    )
    trial.tries("model files of released versions, saved again by this one and loaded")
