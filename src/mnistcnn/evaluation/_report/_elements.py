"""Builds HTML as a tree of elements, in which all text is escaped."""

from collections.abc import Iterable
from typing import TypeAlias
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

__all__ = ["Content", "Element", "document", "element"]

Content: TypeAlias = "str | Element | None | Iterable[Content]"


def element(tag: str, *content: Content, **attributes: str | None) -> Element:
    """Return an element that holds text and other elements.

    None is left out, as content and as an attribute. Underscores in the names of attributes are
    hyphens, but for one at the end, which `class_` and the like need.

    Examples
    --------
    >>> from mnistcnn.evaluation._report._elements import document, element
    >>> print(document(element("p", "a < b ", element("em", "too"), class_='"x"')))
    <!doctype html>
    <p class="&quot;x&quot;">a &lt; b <em>too</em></p>
    """
    named = {
        name.rstrip("_").replace("_", "-"): value
        for name, value in attributes.items()
        if value is not None
    }
    made = Element(tag, named)
    for part in _flat(content):
        if isinstance(part, Element):
            made.append(part)
        elif len(made):
            made[-1].tail = (made[-1].tail or "") + part
        else:
            made.text = (made.text or "") + part
    return made


def document(root: Element) -> str:
    """Return a whole page."""
    return "<!doctype html>\n" + ElementTree.tostring(root, encoding="unicode", method="html")


def _flat(content: Iterable[Content]) -> Iterable[str | Element]:
    for part in content:
        # An Element can be iterated over, too.
        if isinstance(part, str | Element):
            yield part
        elif part is not None:
            yield from _flat(part)
