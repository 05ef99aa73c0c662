"""Model files: the classifier comes back bit for bit, and what no file can hold is refused."""

import os
import pickle
import subprocess
import sys
from functools import partial

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from choice import each_time, long
from mnistcnn import (
    Augmentation,
    DigitCNNClassifier,
    DigitEnsembleClassifier,
    DigitNormalizer,
    ImageReshaper,
    PixelScaler,
    RejectingClassifier,
    TestTimeAugmentationClassifier,
    TrainedFeatures,
    list_architectures,
    load_classifier,
    load_pretrained,
    save_classifier,
)
from mnistcnn.architectures import Baseline, MultiColumn, Simple
from networks import ONE_OF_EACH_KIND, one_layer, quick_classifier

quick = partial(quick_classifier, epochs=1)


@pytest.fixture(scope="module")
def fitted(small_digits):
    return quick(epochs=2, early_stopping=True, callbacks=keras.callbacks.TerminateOnNaN()).fit(
        *small_digits
    )


@pytest.fixture
def path(tmp_path):
    return tmp_path / "digits.mnistcnn"


def through_file(classifier, path):
    save_classifier(classifier, path, overwrite=True)
    return load_classifier(path)


class TestComesBack:
    @pytest.mark.slow
    @pytest.mark.parametrize("architecture", each_time(ONE_OF_EACH_KIND, list_architectures()))
    def test_every_registered_architecture(self, architecture, digits, path):
        X, y = digits[0][:10], digits[1][:10]
        classifier = quick(architecture, precision="float32").fit(X, y)
        loaded = through_file(classifier, path)
        np.testing.assert_array_equal(loaded.predict_proba(X), classifier.predict_proba(X))
        assert loaded.get_params() == classifier.get_params()

    @pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
    def test_each_precision(self, precision, small_digits, path):
        X, y = small_digits
        classifier = quick(precision=precision).fit(X, y)
        loaded = through_file(classifier, path)
        np.testing.assert_array_equal(loaded.predict_proba(X), classifier.predict_proba(X))
        assert loaded.precision_ == precision

    def test_all_that_was_learned(self, fitted, path):
        loaded = through_file(fitted, path)
        for name in ("classes_", "n_features_in_", "image_shape_", "n_iter_", "history_",
                     "best_epoch_", "validation_scores_", "precision_"):  # fmt: skip
            np.testing.assert_equal(getattr(loaded, name), getattr(fitted, name))
        assert loaded.classes_.dtype == fitted.classes_.dtype
        assert loaded.callbacks is None

    def test_the_optimizer_goes_on_where_it_was(self, small_digits, path):
        X, y = small_digits
        classifier = quick(epochs=2).fit(X, y)
        loaded = through_file(classifier, path)
        copied = pickle.loads(pickle.dumps(classifier))
        expected = copied.partial_fit(X, y).predict_proba(X)
        np.testing.assert_array_equal(loaded.partial_fit(X, y).predict_proba(X), expected)

    @pytest.mark.parametrize(
        "parameters",
        [
            {"architecture": Simple(8, dropout=0.3), "augmentation": Augmentation(rotation=5)},
            {"architecture": MultiColumn(("baseline", Baseline(8))), "image_shape": (8, 8)},
            {"class_weight": {1: 2.0}, "lr_schedule": "step", "lr_boundaries": (0.2, 0.4)},
            {"optimizer": keras.optimizers.Nadam(0.002), "lr_schedule": "constant"},
            {
                "optimizer": keras.optimizers.SGD(
                    keras.optimizers.schedules.CosineDecay(0.1, decay_steps=50)
                )
            },
            {"random_state": np.random.RandomState(3)},
            {"label_smoothing": np.float32(0.1), "epochs": np.int64(1)},
        ],
        ids=lambda parameters: next(iter(parameters)),
    )
    def test_every_kind_of_parameter(self, parameters, small_digits, path):
        X, y = small_digits
        classifier = quick(**parameters).fit(X, y)
        loaded = through_file(classifier, path)
        np.testing.assert_array_equal(loaded.predict_proba(X), classifier.predict_proba(X))
        refitted, again = (clone(each).fit(X, y).predict_proba(X) for each in (classifier, loaded))
        np.testing.assert_array_equal(refitted, again)

    @pytest.mark.parametrize("labels", [list("abcdefghij"), [10.0 * k for k in range(10)]])
    def test_labels_of_other_kinds(self, labels, small_digits, path):
        X, y = small_digits
        classifier = quick().fit(X, np.array(labels)[y])
        loaded = through_file(classifier, path)
        np.testing.assert_array_equal(loaded.predict(X), classifier.predict(X))

    def test_names_of_columns(self, small_digits, path):
        pandas = pytest.importorskip("pandas")
        X, y = small_digits
        frame = pandas.DataFrame(X, columns=[f"pixel{k}" for k in range(64)])
        loaded = through_file(quick().fit(frame, y), path)
        assert list(loaded.feature_names_in_) == list(frame.columns)
        loaded.predict(frame)

    def test_frozen_layers_stay_frozen(self, path):
        loaded = through_file(load_pretrained(), path)
        trainable = [layer.trainable for layer in loaded.model_.layers[-1].layers]
        expected = [layer.trainable for layer in load_pretrained().model_.layers[-1].layers]
        assert trainable == expected

    def test_after_unpickling(self, fitted, small_digits, path):
        loaded = through_file(pickle.loads(pickle.dumps(fitted)), path)
        X = small_digits[0]
        np.testing.assert_array_equal(loaded.predict_proba(X), fitted.predict_proba(X))

    def test_after_its_parameters_were_changed(self, small_digits, path):
        X, y = small_digits
        classifier = quick(Simple(8)).fit(X, y)
        expected = classifier.predict_proba(X)
        classifier.set_params(architecture__filters=16)
        loaded = through_file(classifier, path)
        np.testing.assert_array_equal(loaded.predict_proba(X), expected)
        assert loaded.architecture.filters == 16


def around_classifiers():
    yield DigitEnsembleClassifier(quick(), 2, random_state=0)
    yield DigitEnsembleClassifier(make_pipeline(PixelScaler(), quick()), 2, voting="hard")
    yield TestTimeAugmentationClassifier(quick(), n_views=5)
    yield RejectingClassifier(quick(), threshold=0.6)
    yield RejectingClassifier(quick())
    yield make_pipeline(ImageReshaper(), PixelScaler(), quick())
    yield make_pipeline(PixelScaler().set_output(transform="default"), quick(image_shape="pad"))
    yield RejectingClassifier(DigitEnsembleClassifier(quick(), 2), threshold=0.5)


class TestAroundClassifiers:
    @pytest.mark.parametrize("classifier", list(around_classifiers()), ids=repr)
    def test_they_come_back(self, classifier, small_digits, path):
        X, y = small_digits
        loaded = through_file(classifier.fit(X, y), path)
        np.testing.assert_array_equal(loaded.predict(X), classifier.predict(X))
        assert str(loaded.get_params()) == str(classifier.get_params())

    def test_frozen_pipeline_around_the_pretrained_network(self, digits, path):
        reader = make_pipeline(
            DigitNormalizer(style="emnist"),
            RejectingClassifier(FrozenEstimator(load_pretrained())),
        )
        loaded = through_file(reader, path)
        X = digits[0][:30].reshape(-1, 28, 28)
        np.testing.assert_array_equal(loaded.predict_proba(X), reader.predict_proba(X))

    @pytest.mark.parametrize("source", ["fitted", long("pretrained")])
    def test_trained_features(self, source, fitted, small_digits, digits, path):
        is_small = source == "fitted"
        X, y = small_digits if is_small else digits
        X, y = X[:60], np.array(list("OIZEASGTBP"))[y[:60]]
        source = fitted if is_small else load_pretrained()
        classifier = quick(TrainedFeatures(source)).fit(X, y)
        loaded = through_file(classifier, path)
        np.testing.assert_array_equal(loaded.predict_proba(X), classifier.predict_proba(X))

    @pytest.mark.parametrize("change", ["refitted", "of other layers", "set to a name"])
    def test_trained_features_of_a_classifier_that_was_changed(self, change, small_digits, path):
        X, y = small_digits
        source = quick("two_layer_mlp").fit(X, y)
        classifier = quick(TrainedFeatures(source)).fit(X, y)
        expected = classifier.predict_proba(X)
        if change == "set to a name":
            classifier.set_params(architecture="simple")
        elif change == "of other layers":
            source.set_params(architecture="baseline")
        source.fit(X[:100], y[:100])
        for _ in range(2):
            np.testing.assert_array_equal(classifier.predict_proba(X), expected)
            copied = pickle.loads(pickle.dumps(classifier))
            np.testing.assert_array_equal(copied.predict_proba(X), expected)
            classifier = through_file(classifier, path)

    def test_trained_features_that_cannot_be_told_leave_the_older_file(self, small_digits, path):
        X, y = small_digits
        source = quick("two_layer_mlp").fit(X, y)
        classifier = quick(TrainedFeatures(source)).fit(X, y)
        classifier.save(path)
        before = path.read_bytes()
        source.set_params(architecture="baseline").fit(X, y)
        copied = pickle.loads(pickle.dumps(classifier))
        with pytest.raises(ValueError, match="architecture must be the TrainedFeatures that this"):
            copied.save(path, overwrite=True)
        assert path.read_bytes() == before

    def test_an_ensemble_grows_on(self, small_digits, path):
        X, y = small_digits
        ensemble = DigitEnsembleClassifier(quick(), 1, warm_start=True, random_state=0)
        loaded = through_file(ensemble.fit(X, y), path)
        assert len(loaded.set_params(n_estimators=2).fit(X, y)) == 2


@pytest.mark.slow
def test_another_process_predicts_the_same_without_pickle(fitted, small_digits, path):
    fitted.save(path)
    X = small_digits[0]
    np.save(path.parent / "X.npy", X)
    program = (
        "import pickle, sys, numpy as np\n"
        "from mnistcnn import load_classifier\n"
        "import keras\n"
        "def refuse(*arguments, **settings): raise RuntimeError('unpickled')\n"
        "pickle.loads = pickle.load = refuse\n"
        "keras.saving.deserialize_keras_object = keras.saving.load_model = refuse\n"
        "classifier = load_classifier('digits.mnistcnn')\n"
        "np.save('answer.npy', classifier.predict_proba(np.load('X.npy')))\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=path.parent, check=True)
    np.testing.assert_array_equal(np.load(path.parent / "answer.npy"), fitted.predict_proba(X))


def test_equal_classifiers_are_equal_files(small_digits, tmp_path):
    for name in ("one.mnistcnn", "other.mnistcnn"):
        quick().fit(*small_digits).save(tmp_path / name)
    assert (tmp_path / "one.mnistcnn").read_bytes() == (tmp_path / "other.mnistcnn").read_bytes()


class TestSaving:
    def test_a_file_that_is_there_is_kept(self, fitted, path):
        path.write_text("precious")
        with pytest.raises(FileExistsError, match="overwrite=True"):
            fitted.save(path)
        assert path.read_text() == "precious"
        fitted.save(path, overwrite=True)
        load_classifier(path)

    @pytest.mark.skipif(not hasattr(os, "umask"), reason="Windows has other permissions")
    def test_others_may_read_it_as_any_new_file(self, fitted, path):
        fitted.save(path)
        other = path.with_name("other")
        other.write_text("")
        assert path.stat().st_mode == other.stat().st_mode

    @pytest.mark.parametrize("name", ["digits.keras", "digits", "digits.joblib"])
    def test_other_suffixes(self, name, fitted, tmp_path):
        with pytest.raises(ValueError, match=r"path must end in '\.mnistcnn', got"):
            fitted.save(tmp_path / name)
        assert not list(tmp_path.iterdir())

    def test_a_missing_folder(self, fitted, tmp_path):
        with pytest.raises(FileNotFoundError):
            fitted.save(tmp_path / "missing" / "digits.mnistcnn")

    def test_before_it_is_fitted(self, path):
        with pytest.raises(NotFittedError):
            quick().save(path)
        with pytest.raises(NotFittedError):
            save_classifier(make_pipeline(PixelScaler(), quick()), path)

    @pytest.mark.parametrize("other", [PixelScaler(), "digits", None, DigitCNNClassifier])
    def test_what_is_no_classifier(self, other, path):
        with pytest.raises(ValueError, match="classifier must be a classifier"):
            save_classifier(other, path)

    def test_functions_and_models_of_ones_own(self, small_digits, path):
        X, y = small_digits

        model = one_layer((8, 8, 1), 10)
        for classifier in (
            quick(one_layer).fit(X, y),
            DigitCNNClassifier.from_keras_model(model),
            make_pipeline(PixelScaler(), RejectingClassifier(quick(one_layer))).fit(X, y),
        ):
            with pytest.raises(TypeError, match=r"A model file cannot hold .* joblib"):
                save_classifier(classifier, path)
        assert not path.exists()

    def test_estimators_of_others(self, small_digits, path):
        X, y = small_digits
        classifier = RejectingClassifier(LogisticRegression(max_iter=10), threshold=0.5)
        with pytest.warns(match="converge"):
            classifier.fit(X / 16, y)
        with pytest.raises(TypeError, match=r"cannot hold .*LogisticRegression.*skops"):
            classifier.save(path)


class OddEpochs(keras.callbacks.Callback):
    """Reports a number in some epochs only."""

    def on_epoch_end(self, epoch, logs=None):
        if epoch % 2:
            logs["odd"] = 1.0


class TestWhatIsSavedCanBeRead:
    """What could not be read again is refused when it is saved, not when it is needed."""

    @pytest.mark.parametrize(
        "parameters",
        [{"epochs": -1}, {"epochs": "many"}, {"lr_boundaries": 5}, {"architecture": None}],
        ids=str,
    )
    def test_parameters_set_after_the_fit(self, parameters, small_digits, path):
        classifier = quick().fit(*small_digits).set_params(**parameters)
        for each in (classifier, RejectingClassifier(classifier), make_pipeline(classifier)):
            with pytest.raises(ValueError, match=f"The '{next(iter(parameters))}' parameter"):
                save_classifier(each, path)
        assert not path.exists()

    def test_weights_that_are_no_numbers(self, small_digits, path):
        classifier = quick().fit(*small_digits)
        network = classifier.model_
        network.set_weights([np.full_like(weights, np.nan) for weights in network.get_weights()])
        with pytest.raises(ValueError, match="weights of the network must be finite"):
            classifier.save(path)
        assert not path.exists()

    def test_labels_that_are_wider_than_any_file_holds(self, small_digits, path):
        X, y = small_digits
        wide = np.arange(10, dtype=np.longdouble)
        if wide.itemsize == 8:
            pytest.skip("here a long double is a double")
        with pytest.raises(TypeError, match=r"cannot hold an array of .*joblib"):
            quick().fit(X, wide[y]).save(path)

    def test_a_random_state_of_another_generator(self, small_digits, path):
        classifier = quick(random_state=np.random.RandomState(np.random.PCG64(0)))
        with pytest.raises(TypeError, match="cannot hold a RandomState of PCG64"):
            classifier.fit(*small_digits).save(path)

    def test_a_history_with_gaps(self, small_digits, path):
        classifier = quick(epochs=3, callbacks=OddEpochs()).fit(*small_digits)
        loaded = through_file(classifier, path)
        np.testing.assert_equal(loaded.history_, classifier.history_)
        assert loaded.n_iter_ == 3

    def test_labels_of_numpy_in_an_array_of_objects(self, small_digits, path):
        X, y = small_digits
        labels = np.array([np.str_(letter) for letter in "abcdefghij"], dtype=object)
        classifier = quick().fit(X, labels[y])
        np.testing.assert_array_equal(
            through_file(classifier, path).predict(X), classifier.predict(X)
        )

    def test_a_search_tells_what_can_be_saved(self, small_digits, path):
        search = GridSearchCV(quick(), {"epochs": [1]}, cv=2).fit(*small_digits)
        with pytest.raises(TypeError, match=r"the search GridSearchCV, but its best_estimator_"):
            save_classifier(search, path)
        through_file(search.best_estimator_, path)

    def test_a_class_of_ones_own_does_not_come_back_as_another(self, small_digits, path):
        class DigitCNNClassifier(quick().__class__):
            pass

        classifier = DigitCNNClassifier("baseline", epochs=1).fit(*small_digits)
        with pytest.raises(TypeError, match=r"cannot hold an object of the class .*Classifier"):
            classifier.save(path)
