"""Measure the library beside its peers.

Each benchmark prints its tables and, where asked, writes every single time as JSON. Take figures
on an idle machine; accuracies need MNIST (MNISTCNN_DATA names its folder).
"""

import argparse
import os
from importlib import import_module
from pathlib import Path
from typing import Any

# Before any framework is loaded, here and in the processes that inherit these.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# Cases share a GPU.
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

from benchmarks._processes import OwnProcesses, ThisProcess
from benchmarks._runner import Run, describe_machine, write
from benchmarks._tables import report

NAMES = (
    "fit",
    "search",
    "predict",
    "memory",
    "time_to_accuracy",
    "time_to_target",
    "kaggle",
    "scaling",
    "n_jobs",
    "precision",
    "augmentation",
    "normalizer",
    "predict_command",
    "demo_command",
    "robustness",
    "own_parts",
    "callbacks",
    "kept_fits",
    "engines",
    "onednn",
    "ensembles",
    "view_averaging",
    "reading",
    "serving",
    "quantization",
)


def read_arguments(command: list[str] | None) -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names",
        nargs="+",
        choices=[*NAMES, "all"],
        metavar="NAME",
        help=f"{', '.join(NAMES)} or all",
    )
    parser.add_argument(
        "--quick", action="store_true", help="tiny sizes in one process, to see that it runs"
    )
    parser.add_argument(
        "--only", default="", metavar="TEXT", help="measure cases with TEXT in their names"
    )
    parser.add_argument("--repeats", type=int, default=5, help="default: 5")
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE_OR_FOLDER",
        help="a JSON file, or for several benchmarks a folder",
    )
    arguments = parser.parse_args(command)
    if arguments.repeats < 1:
        parser.error("argument --repeats: must be 1 or more")
    return arguments


def main(command: list[str] | None = None) -> None:
    """Run the benchmarks that are asked for."""
    arguments = read_arguments(command)
    names = NAMES if "all" in arguments.names else tuple(dict.fromkeys(arguments.names))
    # Looks for accelerators in a process of its own, which lets go of them.
    machine = _processes(arguments, "fresh").call("machine", describe_machine)
    for name in names:
        path = _output_path(arguments.output, name, len(names))
        run_benchmark(name, arguments, machine, path)


def run_benchmark(
    name: str, arguments: argparse.Namespace, machine: dict[str, Any], path: Path | None
) -> None:
    """Run one benchmark; print its tables at its end, and write its record after each repeat."""
    benchmark = import_module(f"benchmarks.{name}").BENCHMARK
    sizes = benchmark.quick if arguments.quick else benchmark.full
    with _processes(arguments, benchmark.process) as processes:
        run = Run(name, benchmark, sizes, arguments.repeats, processes, arguments.only)
        for results in run.results():
            record = run.record(results, machine)
            if path is not None:
                write(record, path)
    print(report(record), flush=True)


def _processes(arguments: argparse.Namespace, lifetime: str) -> OwnProcesses | ThisProcess:
    return ThisProcess() if arguments.quick else OwnProcesses(lifetime)


def _output_path(output: Path | None, name: str, n_benchmarks: int) -> Path | None:
    if output is None or (n_benchmarks == 1 and output.suffix == ".json"):
        return output
    output.mkdir(parents=True, exist_ok=True)
    return output / f"{name}.json"


if __name__ == "__main__":
    main()
