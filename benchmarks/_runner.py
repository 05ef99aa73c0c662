"""Measures the cases of a benchmark in turn, and records it."""

import json
import shlex
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks._benchmark import Benchmark, Case
from benchmarks._data import source
from benchmarks._processes import OwnProcesses, ThisProcess
from benchmarks._results import Results

PEER_PACKAGES = ("scikeras", "skorch", "torch", "mlflow")


@dataclass(frozen=True)
class Run:
    """How one benchmark is run.

    Parameters
    ----------
    name : str
        The benchmark's.
    benchmark : Benchmark
        What is measured.
    sizes : dataclass
        Its full or its quick sizes.
    repeats : int
        Measurements of each case.
    processes : OwnProcesses or ThisProcess
        Where they run.
    only : str
        What the names of the cases contain that are measured.
    """

    name: str
    benchmark: Benchmark
    sizes: Any
    repeats: int
    processes: OwnProcesses | ThisProcess
    only: str = ""

    def results(self) -> Iterator[Results]:
        """Measure all cases once in each repeat, alternating; yield after each repeat."""
        cases = self.benchmark.cases(self.sizes)
        absent = {c.name: self._reason_for_absence(c) for c in cases}
        present = [case for case in cases if absent[case.name] is None]
        results = Results(absent={name: why for name, why in absent.items() if why})
        results.measurements = {case.name: [] for case in present}
        for repeat in range(self.repeats):
            for case in (one for one in present if one.takes_part_in(repeat)):
                measured = self._measured(case, repeat)
                results.measurements[case.name].append(measured)
            yield results

    def record(self, results: Results, machine: dict[str, Any]) -> dict[str, Any]:
        """Return all that a reader needs, as plain values."""
        return {
            "benchmark": self.name,
            "summary": self.benchmark.summary,
            "command": shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]]),
            "recorded": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": machine,
            "data": source(),
            "quick": self.sizes == self.benchmark.quick,
            "sizes": asdict(self.sizes),
            "repeats": self.repeats,
            "measurements": results.measurements,
            "summaries": results.summary(),
            "absent": results.absent,
            "figures": [f.as_dict() for f in self.benchmark.figures(results, self.sizes)],
        }

    def _reason_for_absence(self, case: Case) -> str | None:
        if self.only not in case.name:
            return f"only {self.only!r} was asked for"
        return case.reason_for_absence()

    def _measured(self, case: Case, repeat: int) -> dict[str, float]:
        measured: dict[str, float] = self.processes.call(
            case.process or case.name, case.measure, repeat
        )
        return measured


def describe_machine() -> dict[str, Any]:
    """Return processor, devices, cores and versions; loads the frameworks."""
    from mnistcnn.evaluation._environment import describe_environment

    machine = describe_environment()
    return {**machine, "peer_versions": dict(_versions(PEER_PACKAGES))}


def write(record: dict[str, Any], path: Path) -> None:
    """Write a record as JSON, so that a reader finds the old one or the new one."""
    temporary = path.with_name(f".{path.name}")
    temporary.write_text(json.dumps(record, indent=2, allow_nan=False) + "\n", encoding="utf8")
    temporary.replace(path)


def _versions(packages: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for package in packages:
        try:
            yield package, version(package)
        except PackageNotFoundError:
            continue
