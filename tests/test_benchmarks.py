import ast
import json
import os
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import joblib
import pytest

ROOT = Path(__file__).parents[1]
# The benchmarks belong to the repository, not to the installed package.
sys.path.insert(0, str(ROOT))

from benchmarks.__main__ import NAMES, main  # noqa: E402
from benchmarks._benchmark import Case  # noqa: E402
from benchmarks._processes import OwnProcesses  # noqa: E402
from benchmarks._results import Figure, Results  # noqa: E402
from benchmarks._tables import report  # noqa: E402

# They start processes of their own.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def quick_run(tmp_path_factory):
    """Every benchmark at its tiny sizes, in one process, without MNIST."""
    folder = tmp_path_factory.mktemp("records")
    environment = {**os.environ, "MNISTCNN_DATA": str(folder)}
    command = [sys.executable, "-m", "benchmarks", "all", "--quick", "--repeats", "1"]
    printed = subprocess.run(
        [*command, "--output", str(folder)],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert printed.returncode == 0, printed.stderr
    return folder, printed.stdout


@pytest.mark.long
def test_the_page_of_results_shows_every_record_and_its_command(quick_run, tmp_path):
    folder, _ = quick_run
    page = tmp_path / "results.md"
    command = [sys.executable, "-m", "benchmarks.document", str(folder), str(page)]
    subprocess.run(command, cwd=ROOT, check=True)
    text = page.read_text(encoding="utf8")
    assert [name for name in NAMES if f"## {name}: " not in text] == []
    assert text.count("by `python -m benchmarks all --quick") == len(NAMES)


@pytest.fixture
def results():
    """Two cases, one of which was scored; a third is absent."""
    measurements = {
        "ours": [{"seconds": 1.0, "accuracy_percent": 99.0}, {"seconds": 3.0}],
        "peer": [{"seconds": 8.0}, {"seconds": 6.0}],
    }
    return Results(measurements, absent={"skorch": "skorch is not installed"})


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_writes_every_single_measurement_with_machine_and_command(quick_run, name):
    folder, _ = quick_run
    record = json.loads((folder / f"{name}.json").read_text(encoding="utf8"))
    assert record["benchmark"] == name
    assert record["command"].startswith("python -m benchmarks all --quick")
    assert record["machine"]["processor"]
    assert record["machine"]["logical_cores"] == joblib.cpu_count()
    assert record["machine"]["versions"]["keras"]
    assert record["quick"] is True
    assert record["data"] == "synthetic"
    cases = record["measurements"].values()
    numbers = [list(repeat.values()) for runs in cases for repeat in runs]
    assert len(numbers) == len(cases) > 0
    assert all(isinstance(number, float) for repeat in numbers for number in repeat)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_every_figure_has_a_value_unless_it_is_an_accuracy(quick_run, name):
    folder, _ = quick_run
    record = json.loads((folder / f"{name}.json").read_text(encoding="utf8"))
    assert record["figures"]
    accuracies = [f for f in record["figures"] if f["unit"] in ("%", "points")]
    others = [f for f in record["figures"] if f not in accuracies]
    assert all(figure["value"] is None for figure in accuracies)
    assert all(isinstance(figure["value"], float) for figure in others)


@pytest.mark.long
def test_prints_a_table_a_benchmark_and_says_why_accuracies_lack(quick_run):
    _, printed = quick_run
    assert [line.split()[1].rstrip(":") for line in printed.splitlines() if line[:3] == "## "] == [
        *NAMES
    ]
    assert printed.count("QUICK SIZES: these numbers say nothing") == len(NAMES)
    assert "not measured: accuracy: needs MNIST: name its folder in MNISTCNN_DATA" in printed


def test_only_the_cases_that_were_asked_for_are_measured(tmp_path):
    path = tmp_path / "record.json"
    # Tiny sizes are measured in the process of the command, which is this one here.
    main(["normalizer", "--quick", "--repeats", "1", "--only", "mouse", "--output", str(path)])
    record = json.loads(path.read_text(encoding="utf8"))
    assert [*record["measurements"]] == ["200x200, mouse line of 2 pixels"]
    assert record["absent"]["28x28, gray"] == "only 'mouse' was asked for"
    assert {figure["value"] is None for figure in record["figures"]} == {True, False}


def _imported_modules(path):
    tree = ast.walk(ast.parse(path.read_text(encoding="utf8")))
    named = [node.module for node in tree if isinstance(node, ast.ImportFrom) and node.module]
    return {name.removeprefix("benchmarks.") for name in named if name.startswith("benchmarks.")}


def test_imports_make_no_circle_not_even_those_within_functions():
    imports = {path.stem: _imported_modules(path) for path in (ROOT / "benchmarks").glob("*.py")}
    order = [*TopologicalSorter(imports).static_order()]
    assert order.index("_peers") > order.index("_hand_written") > order.index("_settings")


def test_refuses_an_unknown_benchmark():
    command = [sys.executable, "-m", "benchmarks", "fits"]
    refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "'fits'" in refused.stderr


def test_ratios_are_of_medians_and_leads_of_means(results):
    assert results.ratio("peer", "ours") == 3.5
    assert results.lead("peer", "ours", "seconds") == 5.0


def test_what_was_not_measured_gives_no_number(results):
    assert results.ratio("skorch", "ours") is None
    assert results.lead("ours", "peer", "accuracy_percent") is None


def test_the_spread_counts_the_repeats_that_measured(results):
    spread = results.summary()["ours"]
    assert spread["seconds"]["lowest"] == 1.0
    assert spread["seconds"]["highest"] == 3.0
    assert spread["accuracy_percent"]["n"] == 1


@pytest.mark.parametrize(
    ("figure", "is_met"),
    [
        (Figure("", 1.7, at_least=1.7), True),
        (Figure("", 1.69, at_least=1.7), False),
        (Figure("", 1.2, at_most=1.15), False),
        (Figure("", -0.06, at_least=-0.05, at_most=0.05), False),
        (Figure("", 0.04, at_least=-0.05, at_most=0.05), True),
        (Figure("", None, at_least=1.7), None),
        (Figure("", 3.0), None),
    ],
)
def test_a_figure_is_held_against_its_bar(figure, is_met):
    assert figure.is_met is is_met


def test_the_table_names_missed_bars_and_absent_peers():
    figures = [Figure("ours", 2.0, "s", at_most=1.0), Figure("skorch / ours", None)]
    record = {
        "benchmark": "fit",
        "summary": "seconds",
        "machine": {
            "processor": "CPU", "logical_cores": 2, "devices": ["CPU"], "backend": "tensorflow",
        },
        "data": "MNIST",
        "repeats": 5,
        "quick": False,
        "summaries": {
            "ours": {"seconds": {"n": 5, "median": 2.0, "lowest": 1.5, "highest": 2.5}},
            "SVC": {"seconds": {"n": 1, "median": 9.0, "lowest": 9.0, "highest": 9.0}},
        },
        "figures": [figure.as_dict() for figure in figures],
        "absent": {"skorch": "skorch is not installed"},
    }  # fmt: skip
    printed = report(record)
    assert "| ours | 2 (1.5 to 2.5) |" in printed
    assert "| SVC  | 9 (once)       |" in printed
    assert "| ours          | 2 s          | <= 1 | NO  |" in printed
    assert "- not measured: skorch: skorch is not installed" in printed


def test_each_case_keeps_a_process_of_its_own():
    with OwnProcesses("kept") as processes:
        first, again = (processes.call("ours", os.getpid) for _ in range(2))
        other = processes.call("scikeras", os.getpid)
    assert first == again
    assert len({first, other, os.getpid()}) == 3


def test_memory_is_measured_in_a_fresh_process_each_time():
    with OwnProcesses("fresh") as processes:
        first, again = (processes.call("ours", os.getpid) for _ in range(2))
    assert first != again


def test_a_peer_of_another_backend_is_absent(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    loop = Case("loop", dict, {"peer": "hand-written, tf.data"})
    assert loop.reason_for_absence() == "runs on tensorflow only"
    assert Case("ours", dict, {"peer": "ours"}).reason_for_absence() is None
