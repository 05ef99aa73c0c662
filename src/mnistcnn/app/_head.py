"""The head and the foot of the page, with links to the documentation."""

from collections.abc import Iterable
from html import escape
from importlib.metadata import PackageNotFoundError, metadata

# As pyproject.toml may call them, in lower case and without spaces and signs.
DOCUMENTATION = ("documentation", "docs")
REPOSITORY = ("repository", "source", "sourcecode", "github")
FOOT = (
    '<p class="page-foot">Images are read by this program and go nowhere else. The pretrained '
    "network knows only the digits 0 to 9: it reads any other sign as the digit it most resembles."
    "</p>"
)


def head() -> str:
    """Return the library's name, the purpose of the page, and links to the documentation."""
    links = "".join(
        f'<a href="{escape(address)}" target="_blank" rel="noreferrer">{name}</a>'
        for name, address in links_of(_stated_urls())
    )
    about = f'<nav class="page-links" aria-label="About mnistcnn">{links}</nav>' if links else ""
    return (
        '<div class="page-head"><div class="page-title"><h1><span class="page-brand">mnistcnn'
        "</span> <span>Handwritten digits</span></h1><p>Draw a digit, or take a photo of one or of "
        f"many, and see what the network reads.</p></div>{about}</div>"
    )


def links_of(project_urls: Iterable[str]) -> list[tuple[str, str]]:
    """Return names and addresses of the documentation and the model card.

    Parameters
    ----------
    project_urls : iterable of str
        As a package's metadata states them, such as ``"Documentation, https://docs.example/"``.
        Without one of the documentation, that of a repository leads to its files.

    Examples
    --------
    >>> from mnistcnn.app._head import links_of
    >>> links_of(["Documentation, https://docs.example/"])
    [('Documentation', 'https://docs.example/'),
     ('Model card', 'https://docs.example/model_card.html')]
    >>> links_of(["Repository, https://code.example/digits"])[1]
    ('Model card', 'https://code.example/digits/blob/HEAD/docs/model_card.md')
    >>> links_of([])
    []
    """
    addresses = {
        _letters(name): address.strip()
        for name, _, address in (stated.partition(",") for stated in project_urls)
    }
    if documentation := _first(addresses, DOCUMENTATION):
        card = f"{documentation.rstrip('/')}/model_card.html"
        return [("Documentation", documentation), ("Model card", card)]
    if repository := _first(addresses, REPOSITORY):
        files = f"{repository.rstrip('/')}/blob/HEAD"
        return [
            ("Documentation", f"{files}/docs/index.md"),
            ("Model card", f"{files}/docs/model_card.md"),
        ]
    return []


def _stated_urls() -> list[str]:
    try:
        return metadata("mnistcnn").get_all("Project-URL") or []
    # Run from its sources alone.
    except PackageNotFoundError:
        return []


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name)).casefold()


def _first(addresses: dict[str, str], names: Iterable[str]) -> str | None:
    return next((addresses[name] for name in names if name in addresses), None)
