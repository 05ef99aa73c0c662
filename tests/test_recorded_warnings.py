"""What a classifier warns of is told of it, beside threads that warn at the same time."""

import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
from sklearn.naive_bayes import GaussianNB

from reports import report


def test_what_other_threads_warn_of_is_shown_but_not_on_the_page(small_digits, tmp_path):
    X, y = small_digits

    class Noisy(GaussianNB):
        def predict(self, X):
            warnings.warn("own", UserWarning, stacklevel=2)
            with ThreadPoolExecutor(1) as other:
                other.submit(warnings.warn, "of another thread", UserWarning).result()
            return super().predict(X)

    classifier = Noisy().fit(X, y)
    for options in ({}, {"on_progress": lambda *_: None}):
        with pytest.warns(UserWarning, match="of another thread|own") as told:
            _, page = report(classifier, X, y, tmp_path, overwrite=True, **options)
        assert {str(each.message) for each in told} == {"own", "of another thread"}
        assert page.texts("ul", **{"class": "warnings"}) == ["own"]
