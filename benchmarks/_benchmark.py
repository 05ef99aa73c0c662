"""What a benchmark consists of: each of the named files states one as data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks._peers import (
    PEERS,
    reason_against_backend,
    reason_against_packages,
    reason_against_programs,
)
from benchmarks._results import Figure, Measurement, Results


@dataclass(frozen=True)
class Case:
    """One row of the table: what is measured once in every repeat.

    Parameters
    ----------
    name : str
        As the table names it.
    task : callable
        Measures once: called with `repeat` (which also serves as the seed) and `arguments`. It
        and they can be pickled.
    arguments : mapping, default={}
        Further keyword arguments; `peer` names the one of `PEERS` that is measured, if it is one.
    max_repeats : int or None, default=None
        Fewer repeats than the others have, for what takes many minutes and carries no bar.
    backend : str or None, default=None
        The only Keras backend on which it says anything.
    process : str, default=""
        The name of the process that it shares with other cases; without one it has its own.
    packages : tuple of str, default=()
        What must be installed beside the library.
    programs : tuple of str, default=()
        What must be found on the path.
    """

    name: str
    task: Callable[..., Measurement]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    max_repeats: int | None = None
    backend: str | None = None
    process: str = ""
    packages: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()

    def measure(self, repeat: int) -> Measurement:
        """Measure once."""
        return self.task(repeat=repeat, **self.arguments)

    def takes_part_in(self, repeat: int) -> bool:
        """Tell whether it is measured in a repeat, counted from 0."""
        return self.max_repeats is None or repeat < self.max_repeats

    def reason_for_absence(self) -> str | None:
        """Return why it cannot be measured here, or None if it can."""
        peer = self.arguments.get("peer")
        reason = None if peer is None else PEERS[peer].reason_for_absence()
        reason = reason or reason_against_packages(self.packages)
        reason = reason or reason_against_programs(self.programs)
        return reason or reason_against_backend(self.backend)


@dataclass(frozen=True)
class Benchmark:
    """One question, and the cases that answer it.

    Parameters
    ----------
    summary : str
        The question, in one line.
    full, quick : dataclass
        The sizes at which figures are taken, and tiny ones that only show that it runs.
    cases : callable
        Returns the cases at given sizes.
    figures : callable
        Returns the figures that follow from results at given sizes.
    process : {"kept", "fresh"}, default="kept"
        Whether a case keeps its process over all repeats, or has a new one for each.
    """

    summary: str
    full: Any
    quick: Any
    cases: Callable[[Any], list[Case]]
    figures: Callable[[Results, Any], list[Figure]]
    process: str = "kept"
