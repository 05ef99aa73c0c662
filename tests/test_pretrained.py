"""The networks that come with the package, and the file in which each is stored."""

import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline

from choice import long
from mnistcnn import (
    DigitCNNClassifier,
    RejectingClassifier,
    UnreadableModelError,
    load_pretrained,
)
from mnistcnn.pretrained import _loading
from mnistcnn.pretrained._files import read_network, stored_names, write_network
from mnistcnn.storage import read_model_file

# Each fits several networks.
pytestmark = pytest.mark.slow

PACKAGED = Path(_loading.__file__).parent / "weights"


@pytest.fixture(scope="module")
def pretrained():
    return load_pretrained()


@pytest.fixture
def stored(tmp_path):
    """A copy of the packaged files, to be damaged."""
    shutil.copytree(PACKAGED, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_it_is_a_plain_fitted_classifier_of_the_digits(pretrained, digits):
    X, y = digits
    assert type(pretrained) is DigitCNNClassifier
    np.testing.assert_array_equal(pretrained.classes_, np.arange(10))
    assert pretrained.classes_.dtype == np.int64
    assert pretrained.n_features_in_ == 784
    assert pretrained.image_shape_ == (28, 28, 1)
    assert pretrained.n_iter_ == len(pretrained.history_["loss"]) == pretrained.epochs
    assert pretrained.score(X, y) > 0.9
    assert pretrained.predict(X[:3]).dtype == np.int64


def test_rows_and_images_get_equal_answers_wherever_it_is_loaded(pretrained, digits):
    X = digits[0][:50]
    expected = pretrained.predict_proba(X)
    np.testing.assert_array_equal(pretrained.predict_proba(X.reshape(-1, 28, 28)), expected)
    np.testing.assert_array_equal(load_pretrained("digits").predict_proba(X), expected)
    copied = pickle.loads(pickle.dumps(pretrained))
    np.testing.assert_array_equal(copied.predict_proba(X), expected)


def test_a_clone_has_its_parameters_and_trains_afresh(pretrained, digits):
    X, y = digits
    untrained = clone(pretrained)
    assert untrained.get_params() == pretrained.get_params()
    assert not hasattr(untrained, "classes_")
    fitted = untrained.set_params(architecture="baseline", epochs=2).fit(X[:200], y[:200] % 3)
    np.testing.assert_array_equal(fitted.classes_, [0, 1, 2])


@pytest.fixture
def own_images(digits):
    """Fours with a tail that other people do not write, and sevens: two digits of ten."""
    X, y = digits
    chosen = np.isin(y, [4, 7])
    images = X[chosen].reshape(-1, 28, 28).copy()
    images[:, 22:24, 6:22] = 255
    return images[:160], y[chosen][:160]


def mean_loss(classifier, X, y):
    return -np.log(classifier.predict_proba(X)[np.arange(len(y)), y]).mean()


def test_fine_tuning_learns_own_images_and_forgets_no_digit(own_images, digits):
    X, y = own_images
    tuned = load_pretrained().set_params(warm_start=True, epochs=3, learning_rate=1e-4)
    loss, score, score_of_others = mean_loss(tuned, X, y), tuned.score(X, y), tuned.score(*digits)
    tuned.fit(X, y)
    np.testing.assert_array_equal(tuned.classes_, np.arange(10))
    assert tuned.n_iter_ == 3
    assert mean_loss(tuned, X, y) < 0.95 * loss
    assert tuned.score(X, y) >= score
    assert tuned.score(*digits) > score_of_others - 0.01


def test_few_images_of_few_digits_do_not_lead_it_astray(digits):
    X, y = digits[0][:300], digits[1][:300]
    tuned = load_pretrained().set_params(warm_start=True, epochs=3, learning_rate=1e-9)
    before = tuned.predict_proba(X)
    tuned.fit(X[y < 5], y[y < 5])
    np.testing.assert_allclose(tuned.predict_proba(X), before, atol=1e-4)
    tuned.set_params(learning_rate=1e-4).partial_fit(X[y < 5], y[y < 5])
    assert tuned.score(X, y) >= (before.argmax(axis=1) == y).mean()


def test_a_warm_start_refuses_labels_that_the_network_does_not_know(own_images):
    X, y = own_images
    tuned = load_pretrained().set_params(warm_start=True)
    with pytest.raises(ValueError, match=r"labels known to the estimator.*\[11\]"):
        tuned.fit(X, np.where(y == 4, 11, 7))
    assert tuned.score(X, y) == load_pretrained().score(X, y)


@pytest.mark.parametrize("label", [4, long(7)])
def test_a_warm_start_takes_images_of_a_single_digit(label, own_images):
    X, y = own_images
    tuned = load_pretrained().set_params(warm_start=True, epochs=1, class_weight="balanced")
    tuned.fit(X[y == label], y[y == label])
    np.testing.assert_array_equal(tuned.classes_, np.arange(10))


def test_training_in_parts_goes_on_from_it(own_images):
    X, y = own_images
    tuned = load_pretrained().set_params(learning_rate=1e-3)
    loss_before, epochs_before = mean_loss(tuned, X, y), tuned.n_iter_
    tuned.partial_fit(X, y)
    assert tuned.n_iter_ == epochs_before + 1
    assert mean_loss(tuned, X, y) < loss_before


def test_images_of_no_digit_are_rejected_and_digits_kept(pretrained, digits):
    X, y = digits
    rng = np.random.default_rng(0)
    rejecting = RejectingClassifier(pretrained)
    for none in (np.zeros((5, 784), np.uint8), rng.integers(0, 256, (50, 784), dtype=np.uint8)):
        assert (rejecting.predict(none) == -1).all()
    answers = rejecting.predict(X)
    assert (answers == -1).mean() < 0.3
    assert (answers == y)[answers != -1].mean() > 0.98
    assert make_pipeline(rejecting).predict(X[:2]).shape == (2,)


def test_the_threshold_can_be_found_without_training_it_again(pretrained, digits):
    X, y = digits
    rejecting = RejectingClassifier(FrozenEstimator(pretrained)).fit(X[:500], y[:500])
    assert (rejecting.predict(X[:500]) != -1).mean() >= 0.99


def test_the_file_is_small_and_needs_no_unpickling():
    sizes = {path.name: path.stat().st_size for path in PACKAGED.iterdir()}
    # Those for onnxruntime are in float32, twice as large.
    assert sum(size for name, size in sizes.items() if name.endswith(".mnistcnn")) < 1.5e6
    assert sum(sizes.values()) < 4e6
    arrays = read_model_file(PACKAGED / "digits.mnistcnn").arrays
    assert {each.dtype for each in arrays} == {np.dtype(np.float16), np.dtype(np.int64)}


def test_an_unknown_name_gets_a_list_of_the_names():
    with pytest.raises(ValueError, match="'digit'; the names are digits, parts"):
        load_pretrained("digit")


@pytest.mark.parametrize("name", ["../weights/digits", "", "digits.mnistcnn"])
def test_names_are_no_paths(name):
    with pytest.raises(ValueError, match="Unknown pretrained model"):
        load_pretrained(name)


def changed_byte(content):
    return content[:1000] + bytes([content[1000] ^ 1]) + content[1001:]


@pytest.mark.parametrize(
    "damage",
    [changed_byte, lambda content: content[:-100], lambda _: b"", lambda content: content + b"\0"],
    ids=["one bit", "truncated", "empty", "longer"],
)
def test_a_damaged_file_is_refused(damage, stored):
    file = stored / "digits.mnistcnn"
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(UnreadableModelError, match=r"digits\.mnistcnn .* Install mnistcnn again"):
        _loading._loaded(stored, "digits")


def test_another_network_is_refused_by_its_hash(stored):
    shutil.copy(stored / "parts.mnistcnn", stored / "digits.mnistcnn")
    with pytest.raises(UnreadableModelError, match=r"digits.* SHA-256 must be"):
        _loading._loaded(stored, "digits", _loading.DIGESTS["digits"])


def test_what_is_written_is_read_and_equal_networks_are_equal_files(small_digits, tmp_path):
    X, y = small_digits
    classifier = DigitCNNClassifier("baseline", epochs=1, random_state=0).fit(X, y)
    digests = {write_network(tmp_path, name, classifier, {"data": "none"}) for name in ("a", "b")}
    assert len(digests) == 1
    assert stored_names(tmp_path) == ["a", "b"]
    assert (tmp_path / "a.mnistcnn").read_bytes() == (tmp_path / "b.mnistcnn").read_bytes()
    read = read_network(tmp_path, "a")
    np.testing.assert_allclose(read.predict_proba(X), classifier.predict_proba(X), atol=0.01)
    assert read.get_params() == classifier.get_params()


@pytest.mark.parametrize("too_large", [1e5, -1e5])
def test_weights_that_float16_cannot_hold_are_refused(too_large, small_digits, tmp_path):
    classifier = DigitCNNClassifier("baseline", epochs=1).fit(*small_digits)
    weights = classifier.model_.get_weights()
    weights[2][0, 0] = too_large
    classifier.model_.set_weights(weights)
    with pytest.raises(ValueError, match="one must be finite"):
        write_network(tmp_path, "one", classifier, {})
    assert list(tmp_path.iterdir()) == []
