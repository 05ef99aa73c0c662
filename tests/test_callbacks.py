"""The user's Keras callbacks: copied themselves, what they refer to shared, fit after fit."""

import pickle
from functools import partial

import keras
import numpy as np
import pytest
from joblib import parallel_config
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from choice import each_time, long
from mnistcnn import ImageReshaper
from networks import quick_classifier

# Each fits several networks.
pytestmark = pytest.mark.slow


quick = partial(quick_classifier, epochs=3)


class Trial:
    """What a tuner hands out; it refuses to be copied, like one with a connection."""

    def __init__(self, patience=1000):
        self.reported = []
        self.patience = patience

    def report(self, value, step):
        self.reported.append((step, value))

    def should_prune(self):
        return len(self.reported) >= self.patience

    def __deepcopy__(self, memo):
        raise TypeError("a live connection")


class PrunedError(Exception):
    pass


class PruningCallback(keras.callbacks.Callback):
    def __init__(self, trial):
        super().__init__()
        self.trial = trial

    def on_epoch_end(self, epoch, logs=None):
        self.trial.report(float(logs["loss"]), epoch)
        if self.trial.should_prune():
            raise PrunedError


class Notes(keras.callbacks.Callback):
    """Keeps all it sees in a list, a dict of lists and a callback of its own."""

    def __init__(self, inner=None):
        super().__init__()
        self.losses, self.by_name, self.array = [], {"loss": []}, np.zeros(3)
        self.inner, self.hook = inner, self.note

    def note(self, logs):
        self.losses.append(logs["loss"])

    def on_epoch_end(self, epoch, logs=None):
        self.hook(logs)
        self.by_name["loss"].append(logs["loss"])
        self.array[epoch] = logs["loss"]
        if self.inner is not None:
            self.inner.on_epoch_end(epoch, logs)


def test_a_trial_outside_is_told_by_fit_and_partial_fit(small_digits):
    trial = Trial()
    classifier = quick(callbacks=PruningCallback(trial)).fit(*small_digits)
    assert [step for step, _ in trial.reported] == [0, 1, 2]
    assert [loss for _, loss in trial.reported] == classifier.history_["loss"]
    classifier.partial_fit(*small_digits)
    assert len(trial.reported) == 4


def test_pruning_ends_the_fit(small_digits):
    with pytest.raises(PrunedError):
        quick(callbacks=[PruningCallback(Trial(patience=2))]).fit(*small_digits)


@pytest.mark.parametrize("as_step", [False, True])
def test_a_trial_outside_is_told_by_clones_and_folds(as_step, small_digits):
    trial = Trial()
    classifier = quick(callbacks=[PruningCallback(trial)], epochs=2)
    estimator = make_pipeline(ImageReshaper(), classifier) if as_step else classifier
    with parallel_config("threading", n_jobs=2):
        cross_val_score(clone(estimator), *small_digits, cv=2)
    assert sorted(step for step, _ in trial.reported) == [0, 0, 1, 1]


def test_a_search_reports_every_fit_to_the_same_trial(small_digits):
    trial = Trial()
    search = GridSearchCV(
        quick(callbacks=PruningCallback(trial), epochs=1), {"learning_rate": [1e-3, 1e-2]}, cv=2
    )
    search.fit(*small_digits)
    assert len(trial.reported) == 5


def test_notes_of_a_callback_are_not_shared_by_two_fits(small_digits):
    given = Notes(inner=Notes())
    classifier = quick(callbacks=given)
    first = classifier.fit(*small_digits).callbacks_[0]
    second = clone(classifier).fit(*small_digits).callbacks_[0]
    for trained in (first, second, first.inner, second.inner):
        assert (
            len(trained.losses) == len(trained.by_name["loss"]) == np.count_nonzero(trained.array)
        )
        assert len(trained.losses) == 3
    for untouched in (given, given.inner):
        assert (untouched.losses, untouched.by_name) == ([], {"loss": []})
        assert not untouched.array.any()


class LoggedSometimes(keras.callbacks.Callback):
    """Logs one number in the epochs 1 and 3, counted from 0, and another one in epoch 2."""

    def on_epoch_end(self, epoch, logs=None):
        logs["odd" if epoch % 2 else "even"] = float(epoch)
        if epoch == 0:
            del logs["even"]


class LoggedSometimesByBatches(LoggedSometimes):
    """Has Keras's own `fit` run the epochs."""

    def on_train_batch_end(self, batch, logs=None):
        """Watch."""


@pytest.mark.parametrize("callback", [LoggedSometimes, LoggedSometimesByBatches])
def test_what_is_logged_in_some_epochs_stands_in_these(callback, small_digits):
    classifier = quick(callbacks=callback(), epochs=4).fit(*small_digits)
    nan = float("nan")
    np.testing.assert_equal(classifier.history_["odd"], [nan, 1.0, nan, 3.0])
    np.testing.assert_equal(classifier.history_["even"], [nan, nan, 2.0, nan])
    assert np.isfinite(classifier.history_["loss"]).all()
    classifier.partial_fit(*small_digits)
    np.testing.assert_equal(classifier.history_["odd"], [nan, 1.0, nan, 3.0, nan])
    assert {len(values) for values in classifier.history_.values()} == {5}


def test_a_callback_in_two_places_is_one_copy(small_digits):
    inner = Notes()
    outer = Notes(inner)
    inner.inner = outer  # They know each other, and must not be copied for ever.
    outer.on_epoch_end = lambda epoch, logs=None: None  # noqa: ARG005
    outer_trained, inner_trained = quick(callbacks=[outer, inner]).fit(*small_digits).callbacks_
    assert outer_trained.inner is inner_trained
    assert inner_trained.inner is outer_trained


@pytest.mark.parametrize("again", ["fit", "clone"])
def test_keras_own_callbacks_begin_anew_in_each_fit(again, small_digits, tmp_path):
    callbacks = [
        keras.callbacks.History(),
        keras.callbacks.EarlyStopping("loss", patience=5, restore_best_weights=True),
        keras.callbacks.ModelCheckpoint(tmp_path / "best.keras", "loss", save_best_only=True),
        keras.callbacks.CSVLogger(tmp_path / "epochs.csv"),
    ]
    classifier = quick(callbacks=callbacks).fit(*small_digits)
    history, stopping, checkpoint, _ = classifier.callbacks_
    following = (clone(classifier) if again == "clone" else classifier).fit(*small_digits)
    history_again, stopping_again, checkpoint_again, _ = following.callbacks_
    assert history_again.history["loss"] == history.history["loss"]
    assert len(history_again.history["loss"]) == 3
    assert stopping_again.best == stopping.best == checkpoint_again.best == checkpoint.best
    assert len((tmp_path / "epochs.csv").read_text().splitlines()) == 4
    assert callbacks[0].history == {}


@pytest.mark.parametrize("form", ["alone", "in a list", "of a list", "a class"])
def test_a_factory_makes_callbacks_for_each_fit(form, small_digits):
    made = []

    def make():
        made.append(Notes())
        return made[-1]

    factory = {
        "alone": make,
        "in a list": [make, keras.callbacks.History()],
        "of a list": lambda: [make()],
        "a class": Notes,
    }[form]
    classifier = quick(callbacks=factory)
    first = classifier.fit(*small_digits).callbacks_[0]
    second = clone(classifier).fit(*small_digits).callbacks_[0]
    assert first is not second
    assert len(first.losses) == len(second.losses) == 3
    assert len(made) == (0 if form == "a class" else 2)


def test_a_factory_in_a_search_stays_itself(small_digits):
    search = GridSearchCV(quick(epochs=1), {"callbacks": [None, Notes]}, cv=2)
    assert search.fit(*small_digits).best_params_["callbacks"] in (None, Notes)
    assert pickle.loads(pickle.dumps(quick(callbacks=Notes))).callbacks is Notes


@pytest.mark.parametrize("wrong", [lambda epoch: epoch, lambda: "early", [3]])
def test_what_makes_no_callback_is_refused(wrong, small_digits):
    with pytest.raises(TypeError, match="callbacks must.*got"):
        quick(callbacks=wrong).fit(*small_digits)


HOOKS = [
    "set_params",
    "set_model",
    "on_train_begin",
    "on_epoch_begin",
    "on_train_batch_begin",
    "on_batch_begin",
    "on_train_batch_end",
    "on_batch_end",
    "on_test_begin",
    "on_test_batch_begin",
    "on_test_batch_end",
    "on_test_end",
    "on_epoch_end",
    "on_train_end",
]


# The other ones are called beside one of these, and by the same code.
EACH_TIME = {
    "set_params",
    "set_model",
    "on_train_begin",
    "on_train_batch_end",
    "on_test_batch_end",
    "on_test_end",
    "on_epoch_end",
    "on_train_end",
}


def raising_at(hook, is_told):
    """A callback that raises at a hook where `is_told` holds anything."""

    def call(*_arguments, **_options):
        if is_told:
            raise PrunedError(hook)

    return type("Raising", (keras.callbacks.Callback,), {hook: call})()


@pytest.mark.parametrize("hook", each_time(EACH_TIME, HOOKS))
def test_a_callback_that_raises_stops_the_fit_and_spoils_nothing(hook, small_digits):
    X, y = small_digits
    is_told = []
    raising = quick(callbacks=raising_at(hook, is_told), epochs=2, early_stopping=True)
    right = raising.fit(X, y).predict_proba(X)
    before = dict(vars(raising))
    is_told.append(True)
    with pytest.raises(PrunedError, match=hook):
        raising.set_params(random_state=1).fit(X[::-1], y[::-1])
    assert vars(raising) == {**before, "random_state": 1}
    np.testing.assert_array_equal(raising.predict_proba(X), right)
    is_told.clear()
    again = raising.set_params(random_state=0).fit(X, y)
    np.testing.assert_array_equal(again.predict_proba(X), right)


@pytest.mark.parametrize(
    "hook", [long("set_model"), "on_train_batch_end", long("on_epoch_end"), "on_train_end"]
)
def test_a_callback_that_raises_leaves_partial_fit_where_it_was(hook, small_digits):
    X, y = small_digits
    is_told = []
    raising, plain = (
        quick(callbacks=raising_at(hook, is_told)).partial_fit(X, y, classes=range(10))
        for _ in range(2)
    )
    is_told.append(True)
    with pytest.raises(PrunedError, match=hook):
        raising.partial_fit(X[::-1], y[::-1])
    is_told.clear()
    for one in (raising, plain):
        one.partial_fit(X, y)
    np.testing.assert_array_equal(raising.predict_proba(X), plain.predict_proba(X))
    assert raising.history_ == plain.history_


class CountedEpochs:
    """A callback of scikit-learn's that counts the epochs which it hears of."""

    def __init__(self, max_propagation_depth):
        self.max_propagation_depth = max_propagation_depth
        self.n_epochs = 0

    def setup(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):  # noqa: ARG002
        self.n_epochs += context.task_name == "epoch"

    def on_fit_task_end(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass


@pytest.mark.filterwarnings("ignore:The estimator ImageReshaper does not support callbacks")
@pytest.mark.parametrize(("as_step", "depth"), [(False, 1), (True, 2)])
def test_the_depth_at_which_a_search_shows_epochs(as_step, depth, small_digits):
    pytest.importorskip("sklearn.callback", reason="scikit-learn has callbacks from 1.9 on")
    shown = {}
    for tried in (depth - 1, depth, None):
        classifier = quick(epochs=2)
        estimator = make_pipeline(ImageReshaper(), classifier) if as_step else classifier
        name = "digitcnnclassifier__epochs" if as_step else "epochs"
        counted = CountedEpochs(tried)
        GridSearchCV(estimator, {name: [2]}, cv=2).set_callbacks(counted).fit(*small_digits)
        shown[tried] = counted.n_epochs
    assert shown == {depth - 1: 0, depth: 6, None: 6}
