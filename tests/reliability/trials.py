"""How long trials go on, and what is written down of them.

Two environment variables act: ``MNISTCNN_RELIABILITY_SECONDS``, for how many seconds all trials
together look further once each has tried the least that it is worth, and
``MNISTCNN_RELIABILITY_RECORDS``, a folder in which each trial leaves a line of JSON.
"""

import itertools
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

USUAL_SECONDS = 300
SECONDS = float(os.environ.get("MNISTCNN_RELIABILITY_SECONDS", USUAL_SECONDS))
RECORDS = os.environ.get("MNISTCNN_RELIABILITY_RECORDS")
MAX_LOST = 20


def numbers(seconds, at_least=1):
    """Count from 0 for so many seconds, and as far as `at_least` in any case."""
    end = time.monotonic() + seconds
    for number in itertools.count():
        if number >= at_least and time.monotonic() >= end:
            return
        yield number


def examples(n):
    """Return how many examples hypothesis shall try, of so many in the usual time."""
    return max(20, round(n * SECONDS / USUAL_SECONDS))


class Trial:
    """Counts what a trial tries and does, and what is lost by that.

    Attributes
    ----------
    inputs, faults : Counter
        What was tried, and which faults were injected, in words and how often.
    lost : list of str
        What should not have come of it.
    measured : dict of str to float
        Figures that have to stay below a bound, by their names.
    """

    def __init__(self):
        self.inputs, self.faults, self.lost = Counter(), Counter(), []
        self.measured = {}

    def tries(self, what, n=1):
        """Count inputs."""
        self.inputs[what] += n

    def injects(self, what, n=1):
        """Count faults."""
        self.faults[what] += n

    def loses(self, *descriptions):
        """Note what should not be, so that the trial can go on."""
        self.lost += descriptions

    def numbers(self, share, at_least=1):
        """Count from 0 for this share of the time of all trials."""
        return numbers(share * SECONDS, at_least)

    def of_child(self, script, *arguments, share, at_least):
        """Have a script look for so long, and return what it prints as JSON.

        Its faults are lost, and so is it if it fails.
        """
        command = [sys.executable, Path(__file__).with_name(script), *arguments]
        words = [*command, share * SECONDS, at_least]
        path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
        child = subprocess.run(
            [*map(str, words)], capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip
        assert child.returncode == 0, child.stderr[-3000:]
        report = json.loads(child.stdout.splitlines()[-1])
        self.loses(*report.pop("faults"))
        return report | {"stderr": child.stderr}


def write_record(folder, trial, *, name, seconds, skipped, command):
    """Add a line on a trial to its file in a folder, which is made."""
    from mnistcnn.evaluation._environment import describe_environment

    record = {
        "trial": name,
        "inputs": trial.inputs,
        "faults": trial.faults,
        "lost": trial.lost[:MAX_LOST],
        "n_lost": len(trial.lost),
        "measured": trial.measured,
        "skipped": skipped,
        "seconds": round(seconds, 1),
        "budget": SECONDS,
        "recorded": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "machine": describe_environment(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    file_name = re.sub(r"\W+", "-", name).strip("-") + ".jsonl"
    with (folder / file_name).open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")
