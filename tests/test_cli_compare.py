"""The command `compare`: its table, its details, and the folder of its results."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from commands import COMMAND, environment, mnistcnn
from mnistcnn import ComparisonResult, __version__
from mnistcnn.cli._compare import DEFAULT_NAMES
from mnistcnn.cli._results_folder import ResultsFolder
from mnistcnn.evaluation import DEFAULT_ARCHITECTURES

# They start processes of their own.
pytestmark = pytest.mark.slow


def wait_until_group_is_gone(group):
    """Fail after a while if a process of the group is still there."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    os.killpg(group, signal.SIGKILL)
    pytest.fail("a worker outlived the command")


@pytest.fixture(scope="module")
def comparison(tmp_path_factory):
    """A small comparison and the folder that it wrote to."""
    folder = tmp_path_factory.mktemp("comparison") / "new" / "folder"
    answer = mnistcnn(
        *("compare", "--architectures", "two_layer_mlp,baseline", "--limit", "200"),
        *("--cv", "2", "--epochs", "1", "--random-state", "3", "--n-jobs", "2"),
        *("--output", folder),
    )
    return answer, folder


class TestCompare:
    def test_compares_by_default_what_the_function_does(self):
        assert DEFAULT_NAMES.split(",") == list(DEFAULT_ARCHITECTURES)

    def test_prints_the_table_within_80_columns(self, comparison):
        answer, folder = comparison
        assert answer.returncode == 0, answer.stderr
        assert (
            max(len(line) for line in answer.stdout.splitlines() if str(folder) not in line) <= 80
        )
        rows = [line for line in answer.stdout.splitlines() if re.search(r"\d\.\d\d ", line)]
        assert {line.split()[0] for line in rows} == {"baseline", "two_layer_mlp"}
        assert "200 images of 28x28x1 in 2 folds, epochs 1, random state 3" in answer.stdout

    def test_a_sentence_under_the_table_says_which_can_be_told_apart(self, comparison):
        answer, folder = comparison
        verdict = json.loads((folder / "results.json").read_text())["verdict"]
        assert verdict.startswith("By accuracy in 2 folds, ")
        assert f" {verdict} " in " ".join(answer.stdout.split())

    @pytest.mark.long
    def test_a_second_run_says_how_many_fits_it_found(self, tmp_path):
        arguments = ["--architectures", "two_layer_mlp", "--limit", "60", "--cv", "2"]
        arguments += ["--epochs", "1", "--memory", str(tmp_path)]
        first, second = (mnistcnn("compare", *arguments) for _ in range(2))
        found = "2 of 2 fits were found in memory; their time is that of reading them."
        assert "in memory" not in first.stdout
        assert found in " ".join(second.stdout.split())
        accuracies = [
            re.search(r"two_layer_mlp +42,310 +(\S+)", a.stdout)[1] for a in (first, second)
        ]
        assert accuracies[0] == accuracies[1]

    @pytest.mark.long
    def test_an_architecture_that_fails_has_a_row_a_reason_and_status_1(self, tmp_path):
        script = (
            "import sys\n"
            "from mnistcnn.architectures import Baseline\n"
            "from mnistcnn.cli import main\n"
            "Baseline.learning_rate = 1e30\n"
            "main(sys.argv[1:])\n"
        )
        arguments = ["--architectures", "baseline,two_layer_mlp", "--limit", "100", "--cv", "2"]
        answer = subprocess.run(
            [sys.executable, "-c", script, "compare", *arguments, "--output", tmp_path],
            capture_output=True,
            text=True,
            check=False,
            env=environment(),
        )
        assert answer.returncode == 1, answer.stderr
        assert re.search(r"^ baseline +623,290( +-){5} *$", answer.stdout, re.MULTILINE)
        reason = "baseline failed in 2 of 2 folds: NonFiniteLossError: The training"
        assert reason in " ".join(answer.stdout.split())
        failed, done = answer.stderr.splitlines()
        assert re.fullmatch(r"baseline: failed in 2 of 2 folds: .* \(1 of 2\)", failed)
        assert re.fullmatch(r"two_layer_mlp: accuracy .* \(2 of 2\)", done)
        rows = json.loads((tmp_path / "results.json").read_text())["table"]
        assert [row["accuracy_mean"] is None for row in rows] == [False, True]
        assert rows[1]["failure"].startswith("2 of 2 folds: NonFiniteLossError: ")
        assert (tmp_path / "comparison.png").exists()

    def test_says_on_stderr_what_is_done_and_nothing_else(self, comparison):
        lines = comparison[0].stderr.splitlines()
        assert [line.split(":")[0] for line in lines] == ["two_layer_mlp", "baseline"]

    def test_writes_table_details_and_chart(self, comparison):
        _, folder = comparison
        assert {path.name for path in folder.iterdir()} == {
            "results.csv",
            "results.json",
            "comparison.png",
        }
        table = pd.read_csv(folder / "results.csv")
        assert dict(zip(table["architecture"], table["parameters"], strict=True)) == {
            "baseline": 623_290,
            "two_layer_mlp": 42_310,
        }
        assert (folder / "comparison.png").read_bytes().startswith(b"\x89PNG")

    def test_details_hold_versions_device_seed_and_arguments(self, comparison):
        _, folder = comparison
        content = json.loads((folder / "results.json").read_text())
        assert len(content["folds"]) == 4
        metadata = content["metadata"]
        assert metadata["versions"]["mnistcnn"] == __version__
        assert metadata["devices"]
        assert metadata["random_state"] == 3
        assert metadata["arguments"] == {
            "data": "digits",
            "architectures": "two_layer_mlp,baseline",
            "cv": 2,
            "epochs": 1,
            "limit": 200,
            "n_jobs": 2,
            "engine": None,
            "scheduler": None,
            "random_state": 3,
            "memory": None,
            "output": str(folder),
        }

    @pytest.mark.slow
    def test_json_is_that_of_the_details(self, comparison):
        _, folder = comparison
        answer = mnistcnn(
            *("compare", "--architectures", "two_layer_mlp", "--limit", "200", "--cv", "2"),
            *("--epochs", "1", "--random-state", "3", "--json", "--quiet"),
        )
        assert (answer.returncode, answer.stderr) == (0, "")
        content = json.loads(answer.stdout)
        assert set(content) == {"table", "folds", "verdict", "metadata"}
        details = json.loads((folder / "results.json").read_text())
        scores = [fold["accuracy"] for fold in content["folds"]]
        assert scores == [fold["accuracy"] for fold in details["folds"][:2]]

    @pytest.mark.long
    @pytest.mark.slow
    @pytest.mark.parametrize("jobs", [[], ["--n-jobs", "2"]], ids=["alone", "with workers"])
    def test_interrupted_keeps_what_is_written_and_leaves_no_process(self, tmp_path, jobs):
        # An epoch of the second network takes long, and is one call into TensorFlow.
        arguments = ["--architectures", "two_layer_mlp,squeeze_excite", "--cv", "2"]
        with subprocess.Popen(
            [*COMMAND, "compare", *arguments, "--epochs", "1", "--output", str(tmp_path), *jobs],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
            start_new_session=True,
        ) as process:
            first_line = process.stderr.readline()
            process.send_signal(signal.SIGINT)
            stdout, stderr = process.communicate(timeout=30)
        wait_until_group_is_gone(process.pid)
        assert first_line.startswith("two_layer_mlp:")
        assert process.returncode == 130
        assert re.search(r"^ two_layer_mlp .*\d\.\d\d ", stdout, re.MULTILINE)
        assert "squeeze_excite" not in stdout
        assert re.fullmatch(r"mnistcnn: interrupted; .* for 1 of 2 architectures\.\n", stderr)
        assert list(pd.read_csv(tmp_path / "results.csv")["architecture"]) == ["two_layer_mlp"]
        assert len(json.loads((tmp_path / "results.json").read_text())["folds"]) == 2
        assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


class TestResultsFolder:
    def test_without_matplotlib_one_line_names_the_extra(self, tmp_path, monkeypatch):
        record = {"architecture": "fast", "fold": 0, "train_images": 8, "test_images": 2}
        seconds = {"fit_seconds": 1.0, "predict_seconds": 0.1}
        result = ComparisonResult(
            records=[record | {"accuracy": 0.5} | seconds],
            parameters={"fast": 9},
            scoring=("accuracy",),
            metadata={"architectures": {"fast": "Fast()"}},
        )
        monkeypatch.setitem(sys.modules, "matplotlib", None)
        folder = ResultsFolder(tmp_path, {"cv": 5})
        folder.write(result)
        assert {path.name for path in tmp_path.iterdir()} == {"results.csv", "results.json"}
        assert "pip install 'mnistcnn[plot]'" in folder.contents()
        assert "\n" not in folder.contents()

    def test_before_the_first_result_it_holds_none(self, tmp_path):
        folder = ResultsFolder(tmp_path / "res", {})
        assert folder.contents() == f"{tmp_path / 'res'} holds no results yet"

    def test_before_the_first_result_earlier_ones_are_there_still(self, tmp_path):
        for name in ("results.csv", "results.json"):
            (tmp_path / name).write_text("earlier")
        folder = ResultsFolder(tmp_path, {}, force=True)
        expected = f"{tmp_path} still holds results.csv and results.json of an earlier comparison"
        assert folder.contents() == expected
        (tmp_path / "results.json").unlink()
        assert folder.contents() == expected.replace(" and results.json", "")
