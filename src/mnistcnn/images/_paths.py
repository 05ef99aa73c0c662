"""Lists the image files of folders, patterns and lists of paths, in order."""

import glob
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mnistcnn.images._image_files import IMAGE_SUFFIXES, UNSUPPORTED_SUFFIXES

__all__ = ["find_image_files", "natural_key"]

# A photograph that cannot be read is told of, rather than left out.
LISTED_SUFFIXES = (*IMAGE_SUFFIXES, *UNSUPPORTED_SUFFIXES)


def find_image_files(
    source: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
) -> list[Path]:
    """List the image files that a path, a folder or a pattern stands for.

    Parameters
    ----------
    source : str, path-like, or iterable of these
        - a folder: the files in it and in its subfolders whose suffix is that of an image,
          in any case, also of one in HEIF or AVIF, which cannot be read; links to folders are
          followed, but not to those above, and names that begin with a dot are left out.
        - a pattern with ``*``, ``?``, ``[...]`` or ``**``: the matching paths, folders as above.
        - any other path: itself, whether it exists or not.

    Returns
    -------
    list of Path
        The files of a folder or a pattern in natural order; the items of a list in the order of the
        list.

    Raises
    ------
    FileNotFoundError
        If a folder holds no image, a pattern matches nothing, or the list or a path is empty.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from mnistcnn.images import find_image_files
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("10.png", "9.PNG", "notes.txt"):
    ...         Path(folder, name).touch()
    ...     [path.name for path in find_image_files(folder)]
    ['9.PNG', '10.png']
    """
    if isinstance(source, str | os.PathLike):
        return _expanded(source)
    found = [path for item in source for path in _expanded(item)]
    if not found:
        raise FileNotFoundError("There must be at least one image, got an empty list.")
    return found


def natural_key(path: Path) -> tuple[Any, ...]:
    """Return a key that sorts paths by folder, by letters in any case, and by whole numbers.

    Examples
    --------
    >>> from pathlib import Path
    >>> from mnistcnn.images._paths import natural_key
    >>> paths = [Path("b/1.png"), Path("a10.png"), Path("A9.png")]
    >>> sorted(paths, key=natural_key) == [Path("A9.png"), Path("a10.png"), Path("b/1.png")]
    True
    """
    return tuple(_natural(part) for part in path.parts), str(path)


def _natural(name: str) -> tuple[Any, ...]:
    # Split at a group, text and numbers take turns, so only like is compared with like.
    parts = re.split("([0-9]+)", name.casefold())
    return tuple(int(part) if place % 2 else part for place, part in enumerate(parts))


def _expanded(item: str | os.PathLike[str]) -> list[Path]:
    if not os.fspath(item):
        raise FileNotFoundError("The path of an image must not be empty, got ''.")
    # Of names like ~$7.png, which are no folder of anybody, this changes nothing.
    path = Path(os.path.expanduser(item))
    if path.is_dir():
        return _in_folder(path)
    # A file may have brackets in its name.
    if path.exists() or not glob.has_magic(os.fspath(path)):
        return [path]
    return _matching(path)


def _in_folder(folder: Path) -> list[Path]:
    found = sorted(_images_below(folder), key=natural_key)
    if not found:
        raise FileNotFoundError(
            f"The folder {folder} must hold images ({' '.join(IMAGE_SUFFIXES)}), got none."
        )
    return found


def _images_below(folder: Path) -> Iterator[Path]:
    for parent, names in _folders_below(folder):
        for name in names:
            if name.lower().endswith(LISTED_SUFFIXES) and not name.startswith("."):
                yield Path(parent, name)


def _folders_below(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Give a folder and those below it, each once, with the names of its files.

    Links to folders are followed, but not to those above the folder.
    """
    # What is above counts as seen, so that no link leads out of the folder and all over the disk.
    seen = _identities(Path(os.path.realpath(folder)).parents)
    waiting = [folder]
    while waiting:
        links: list[Path] = []
        for start in sorted(waiting, key=natural_key):
            yield from _folders_of_tree(start, seen, links)
        waiting = links


def _folders_of_tree(
    folder: Path, seen: set[tuple[int, int]], links: list[Path]
) -> Iterator[tuple[str, list[str]]]:
    """Give those that are not seen yet, and add the links to others."""
    for parent, subfolders, names in os.walk(folder):
        identity = _identities([Path(parent)])
        if identity <= seen:
            subfolders.clear()
            continue
        seen |= identity
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        paths = [Path(parent, name) for name in subfolders]
        links += [path for path in paths if path.is_symlink()]
        yield parent, names


def _identities(folders: Iterable[Path]) -> set[tuple[int, int]]:
    """Return what tells folders apart, whatever the links by which they are reached."""
    there = filter(os.path.exists, folders)
    return {(status.st_dev, status.st_ino) for status in map(os.stat, there)}


def _matching(pattern: Path) -> list[Path]:
    matches = sorted(set(_unsorted_matches(pattern)), key=natural_key)
    shown = [path for path in matches if not _is_hidden(path, pattern)]
    found = [path for match in shown for path in _files_of(match)]
    if not found:
        raise FileNotFoundError(f"There is no image that matches {os.fspath(pattern)!r}.")
    # A pattern with ** gives a folder as well as what is in it.
    return list(dict.fromkeys(found))


def _unsorted_matches(pattern: Path) -> Iterator[Path]:
    # Path.glob follows no links at **, and glob.glob goes round in circles where they do.
    if "**" not in pattern.parts:
        yield from Path(pattern.anchor).glob(_without_anchor(pattern))
        return
    place = pattern.parts.index("**")
    first, rest = Path(*pattern.parts[:place]), Path(*pattern.parts[place + 1 :])
    has_names = len(first.parts) > bool(first.anchor)
    for start in _unsorted_matches(first) if has_names else [first]:
        # What is in a folder is looked for later.
        if not rest.parts:
            yield start
            continue
        for folder, _ in _folders_below(start):
            yield from Path(folder).glob(os.fspath(rest))


def _without_anchor(path: Path) -> str:
    return os.fspath(path)[len(path.anchor) :]


def _is_hidden(path: Path, pattern: Path) -> bool:
    """Say whether a part begins with a dot that the pattern does not ask for."""
    asked_for = {part for part in pattern.parts if part.startswith(".")}
    return any(part.startswith(".") and part not in asked_for for part in path.parts)


def _files_of(match: Path) -> list[Path]:
    if not match.is_dir():
        return [match]
    return [] if _leads_upwards(match) else sorted(_images_below(match), key=natural_key)


def _leads_upwards(folder: Path) -> bool:
    """Say whether a folder is a link to the one that it is in, or to one above that."""
    if not folder.is_symlink():
        return False
    inside = Path(os.path.realpath(folder.parent))
    return _identities([folder]) <= _identities([inside, *inside.parents])
