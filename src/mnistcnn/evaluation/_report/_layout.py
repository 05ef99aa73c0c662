"""The common elements of the page: sections, tables, figures, lists of facts."""

import re
from collections.abc import Iterable, Mapping, Sequence

from mnistcnn import _html
from mnistcnn.evaluation._report._elements import Content, Element, element

__all__ = ["cell", "facts", "figure", "note", "percent", "scrolling_table", "section"]


def percent(share: float, decimals: int = 2) -> str:
    r"""Return a share as text without line breaks.

    Examples
    --------
    >>> from mnistcnn.evaluation._report._layout import percent
    >>> percent(0.98653), percent(0.999999), percent(1.0), percent(0.000001)
    ('98.65\xa0%', '>\xa099.99\xa0%', '100\xa0%', '<\xa00.01\xa0%')
    """
    return _html.percent(share, decimals).replace(" ", "\xa0")


def section(heading: str, *content: Content) -> Element:
    """Return a section of the page under a heading."""
    name = name_of(heading)
    title = element("h2", heading, id=name)
    return element("section", title, *content, aria_labelledby=name)


def name_of(heading: str) -> str:
    """Return the name of a section in links."""
    return re.sub(r"\W+", "-", heading.lower())


def note(*content: Content) -> Element:
    """Return a side note."""
    return element("p", *content, class_="note")


def cell(content: Content, **attributes: str | None) -> Element:
    """Return one cell of a table."""
    return element("td", content, **attributes)


def scrolling_table(
    caption: str,
    columns: Sequence[Content],
    rows: Iterable[tuple[Content, Sequence[Element]]],
    *,
    class_: str = "",
) -> Element:
    """Return a table, each row of which has a heading; it scrolls where it is too wide."""
    heads = [element("th", column, scope="col") for column in columns]
    body = [element("tr", element("th", heading, scope="row"), *cells) for heading, cells in rows]
    table = element(
        "table",
        # In an element of its own, which stays where it is while the table scrolls.
        element("caption", element("span", caption)),
        element("thead", element("tr", *heads)),
        element("tbody", *body),
        class_=class_ or None,
    )
    # Whoever has no mouse scrolls what has the focus.
    return element("div", table, class_="scroll", tabindex="0", role="region", aria_label=caption)


def figure(content: Element, *caption: Content, class_: str = "chart") -> Element:
    """Return a figure above its caption."""
    return element("figure", content, element("figcaption", *caption), class_=class_)


def facts(pairs: Mapping[str, Content], *, class_: str = "facts") -> Element:
    """Return a list of names and values."""
    groups = [
        element("div", element("dt", name), element("dd", value)) for name, value in pairs.items()
    ]
    return element("dl", *groups, class_=class_)
