"""The networks that visitors of the page can choose from."""

from collections.abc import Mapping

from mnistcnn._types import Label
from mnistcnn.app._reader import PageReader


class Networks:
    """Readers by the names that the page shows; the first one reads until another is chosen.

    Examples
    --------
    >>> from mnistcnn import DigitNormalizer, load_pretrained
    >>> from mnistcnn.app import PageReader
    >>> from mnistcnn.app._networks import Networks
    >>> networks = Networks({"pretrained": PageReader(load_pretrained(), DigitNormalizer())})
    >>> networks.names
    ['pretrained']
    >>> networks.labels("pretrained")
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """

    def __init__(self, readers: Mapping[str, PageReader]) -> None:
        self._readers = dict(readers)

    @property
    def names(self) -> list[str]:
        """Their names, in the order in which they are offered."""
        return list(self._readers)

    def chosen(self, name: object = None) -> PageReader:
        """Return the reader of a name, None for the first one; other names are refused."""
        known = self.names[0] if name is None else name
        if not isinstance(known, str) or known not in self._readers:
            raise ValueError("there is no such network; reload the page.")
        return self._readers[known]

    def labels(self, name: object = None) -> list[Label]:
        """Return the labels that a network knows."""
        labels: list[Label] = self.chosen(name).classifier.classes_.tolist()
        return labels
