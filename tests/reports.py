"""Reports that are written, and read as a browser reads them."""

from html.parser import HTMLParser

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from mnistcnn.evaluation import write_report

NO_END = {"br", "img", "link", "meta"}


class Page(HTMLParser):
    """A page as a browser takes it: elements with their attributes and all the text in them."""

    def __init__(self, html):
        super().__init__()
        self.html, self.elements, self._open = html, [], []
        self.feed(html)
        self.close()
        assert not self._open

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes), []))
        if tag not in NO_END:
            self._open.append(self.elements[-1])

    def handle_endtag(self, tag):
        assert self._open.pop()[0] == tag

    def handle_data(self, text):
        for _, _, texts in self._open:
            texts.append(text)

    def all(self, tag, **attributes):
        return [
            (found, "".join(texts).replace("\xa0", " "))
            for name, found, texts in self.elements
            if name == tag and attributes.items() <= found.items()
        ]

    def texts(self, tag, **attributes):
        return [text for _, text in self.all(tag, **attributes)]

    def table(self, **attributes):
        """The cells of a table's rows, headings included."""
        (table,) = [
            each
            for each in self.elements
            if each[0] == "table" and attributes.items() <= each[1].items()
        ]
        rows, start = [], self.elements.index(table)
        for tag, _, texts in self.elements[start + 1 :]:
            if tag in ("div", "section"):
                break
            if tag == "tr":
                rows.append([])
            elif tag in ("th", "td"):
                rows[-1].append("".join(texts))
        return rows


class Fixed(ClassifierMixin, BaseEstimator):
    """Answers with probabilities that it was given, whatever the images are."""

    def __init__(self, classes, probabilities, name=None):
        self.classes = classes
        self.probabilities = probabilities
        self.name = name

    @property
    def classes_(self):
        return np.asarray(self.classes)

    def __sklearn_is_fitted__(self):
        return True

    def fit(self, X, y):  # noqa: ARG002
        return self

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def predict_proba(self, X):
        return np.asarray(self.probabilities)[: len(X)]


def report(classifier, X, y, folder, **options):
    """Write a report, and return its figures and its page."""
    path = folder / "report.html"
    figures = write_report(classifier, X, y, path, **options)
    return figures, Page(path.read_text("utf-8"))
