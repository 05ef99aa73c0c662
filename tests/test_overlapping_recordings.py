"""Recordings of warnings that overlap in time, in several threads."""

import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
from sklearn.naive_bayes import GaussianNB

from mnistcnn._batches import predict_in_batches
from mnistcnn._recorded_warnings import user_warnings_recorded
from reports import report

# Longer than any of it takes, so that a fault ends the test.
PATIENCE = 30


class Recording:
    """A recording in a thread of its own, which begins, warns and ends when it is told to."""

    def __init__(self):
        self.texts = None
        self._began, self._may_warn, self._may_end, self._warned = (
            threading.Event() for _ in range(4)
        )
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        with user_warnings_recorded() as recorded:
            self._began.set()
            assert self._may_warn.wait(PATIENCE)
            warnings.warn("own", UserWarning, stacklevel=2)
            self._warned.set()
            assert self._may_end.wait(PATIENCE)
        self.texts = [str(each.message) for each in recorded]

    def begin(self):
        self._thread.start()
        assert self._began.wait(PATIENCE)
        return self

    def warn(self):
        self._may_warn.set()
        assert self._warned.wait(PATIENCE)

    def end(self):
        self._may_end.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()


@pytest.fixture
def shown():
    """What is shown beside recordings; checks that they leave filters and hook as they were."""
    texts = []

    def show(message, *_, **__):
        texts.append(str(message))

    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.simplefilter("error", FutureWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.showwarning = show
        before = list(warnings.filters)
        yield texts
        assert list(warnings.filters) == before
        assert warnings.showwarning is show


@pytest.mark.parametrize("first_to_end", [0, 1])
def test_each_thread_records_its_own_whichever_ends_first(first_to_end, shown):
    recordings = [Recording().begin(), Recording().begin()]
    ends_first, ends_last = recordings[first_to_end], recordings[1 - first_to_end]
    ends_first.warn()
    ends_first.end()
    ends_last.warn()
    ends_last.end()
    assert [each.texts for each in recordings] == [["own"], ["own"]]
    assert shown == []


@pytest.mark.parametrize("first_to_end", [0, 1])
def test_filters_of_the_user_hold_in_other_threads_meanwhile(first_to_end, shown):
    recordings = [Recording().begin(), Recording().begin()]
    for each in (recordings[first_to_end], recordings[1 - first_to_end]):
        with pytest.raises(FutureWarning, match="an error"):
            warnings.warn("an error", FutureWarning, stacklevel=1)
        warnings.warn("ignored", DeprecationWarning, stacklevel=1)
        warnings.warn("shown", UserWarning, stacklevel=1)
        each.warn()
        each.end()
    assert shown == ["shown", "shown"]


@pytest.mark.parametrize("action", ["error", "ignore"])
def test_so_do_filters_of_what_is_recorded(action, shown):
    with warnings.catch_warnings():
        warnings.simplefilter(action, UserWarning)
        recording = Recording().begin()
        if action == "error":
            with pytest.raises(UserWarning, match="of this thread"):
                warnings.warn("of this thread", UserWarning, stacklevel=1)
        else:
            warnings.warn("of this thread", UserWarning, stacklevel=1)
        recording.warn()
        recording.end()
    assert recording.texts == ["own"]
    assert shown == []


def test_a_thread_that_keeps_filters_meanwhile_does_not_bring_the_recording_back(shown):
    recording = Recording().begin()
    # As scikit-learn does in many of its functions.
    with warnings.catch_warnings():
        recording.warn()
        recording.end()
    warnings.warn("later", UserWarning, stacklevel=1)
    assert shown == ["later"]
    with user_warnings_recorded() as recorded:
        warnings.warn("own", UserWarning, stacklevel=1)
    assert (len(recorded), shown) == (1, ["later"])
    warnings.warn("at last", UserWarning, stacklevel=1)
    assert shown == ["later", "at last"]


@pytest.mark.usefixtures("shown")
def test_a_recording_within_another_keeps_its_own():
    with user_warnings_recorded() as outer:
        warnings.warn("before", UserWarning, stacklevel=1)
        with user_warnings_recorded() as inner:
            warnings.warn("within", UserWarning, stacklevel=1)
        warnings.warn("after", UserWarning, stacklevel=1)
    assert [str(each.message) for each in outer] == ["before", "after"]
    assert [str(each.message) for each in inner] == ["within"]


@pytest.mark.usefixtures("shown")
def test_a_recording_ends_with_an_error_too():
    with pytest.raises(KeyError), user_warnings_recorded():
        raise KeyError


def test_reports_that_overlap_show_what_each_classifier_warns_of(small_digits, tmp_path, shown):
    X, y = small_digits
    both_ask, first_is_done = threading.Barrier(2), threading.Event()

    class Unsure(GaussianNB):
        def predict(self, X):
            both_ask.wait(PATIENCE)
            if self.name == "last":
                assert first_is_done.wait(PATIENCE)
            warnings.warn(f"{self.name} is unsure", UserWarning, stacklevel=2)
            return super().predict(X)

    def page_of(name):
        classifier = Unsure().fit(X, y)
        classifier.name = name
        folder = tmp_path / name
        folder.mkdir()
        _, page = report(classifier, X, y, folder)
        if name == "first":
            first_is_done.set()
        return page.texts("ul", **{"class": "warnings"})

    with ThreadPoolExecutor(2) as threads:
        pages = list(threads.map(page_of, ["last", "first"]))
    assert pages == [["last is unsure"], ["first is unsure"]]
    assert sorted(shown) == ["first is unsure", "last is unsure"]


def test_batches_in_several_threads_tell_each_kind_once(small_digits, shown):
    images = small_digits[0][:1].repeat(3500, axis=0)
    both_ask = threading.Barrier(2)

    def predictions_of(name):
        def method(batch):
            both_ask.wait(PATIENCE)
            warnings.warn(f"{name} of {len(batch)}", UserWarning, stacklevel=2)
            return batch[:, 0]

        predict_in_batches([method], images, lambda *_: None)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(predictions_of, ["one", "other"]))
    assert sorted(shown) == ["one of 1000", "other of 1000"]
