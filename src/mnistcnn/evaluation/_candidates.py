"""Converts the `architectures` that a caller passes to labels and architecture objects."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mnistcnn.architectures import Architecture, get_architecture, list_architectures
from mnistcnn.classifier import check_builds_new

# What builds a network, and what may name it.
Builder = Architecture | Callable[..., Any]
Candidate = str | Builder
Candidates = Candidate | Iterable[Candidate] | Mapping[str, Candidate]


def labeled_architectures(architectures: Candidates) -> dict[str, Builder]:
    """Return label to architecture, every name already replaced by an object.

    It refuses an empty collection, two of the same label, names that are not registered, classes
    and networks.
    """
    if isinstance(architectures, Mapping):
        pairs = [(str(label), _resolved(value)) for label, value in architectures.items()]
    else:
        pairs = [(_label(value), _resolved(value)) for value in _as_list(architectures)]
    for _, value in pairs:
        if not (hasattr(value, "build") or callable(value)):
            raise ValueError(
                f"architectures must hold names, Architecture objects or callables, got {value!r}."
            )
    _check_labels([label for label, _ in pairs], architectures)
    return dict(pairs)


def _as_list(architectures: Candidate | Iterable[Candidate]) -> list[Candidate]:
    if isinstance(architectures, str):
        return [*list_architectures()] if architectures == "all" else [architectures]
    return list(architectures) if isinstance(architectures, Iterable) else [architectures]


def _resolved(architecture: Candidate) -> Builder:
    if isinstance(architecture, str):
        return get_architecture(architecture)
    check_builds_new(architecture)
    return architecture


def _label(architecture: Candidate) -> str:
    if isinstance(architecture, str):
        return architecture
    if hasattr(architecture, "build"):
        # Long ones come in several lines.
        return " ".join(repr(architecture).split())
    return getattr(architecture, "__name__", repr(architecture))


def _check_labels(labels: list[str], architectures: Candidates) -> None:
    if not labels:
        raise ValueError(
            "architectures must hold at least one name, Architecture or callable, got "
            f"{architectures!r}."
        )
    repeated = sorted({label for label in labels if labels.count(label) > 1})
    if repeated:
        raise ValueError(
            f"architectures must have different labels, got {', '.join(repeated)} more than once; "
            "pass a dict of label to architecture."
        )
