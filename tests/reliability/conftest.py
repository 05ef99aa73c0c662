"""The records of the trials."""

import os
import shlex
import sys
import time
from pathlib import Path

import pytest

from trials import RECORDS, Trial, write_record

# Their examples are not looked for: they are scripts, some of which need what not all systems have.
collect_ignore = [
    f"{name}.py"
    for name in (
        "coverage_guided", "fuzzed_models", "killed_commands", "many_fits", "mutated_images",
        "no_room", "sharing",
    )
]  # fmt: skip
REPORT = pytest.StashKey()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Let fixtures know how a test has ended."""
    report = yield
    if call.when == "call":
        item.stash[REPORT] = report
    return report


@pytest.fixture
def trial(request):
    """Counts what a test tries; it has to lose nothing."""
    trial, started = Trial(), time.perf_counter()
    yield trial
    report = request.node.stash.get(REPORT, None)
    has_failed = report is not None and report.failed
    if has_failed and not trial.lost:
        trial.loses(str(report.longreprtext)[-500:])
    if RECORDS:
        write_record(
            Path(RECORDS),
            trial,
            name=request.node.nodeid.rpartition("/")[2],
            seconds=time.perf_counter() - started,
            skipped=report.longrepr[2] if report is not None and report.skipped else None,
            command=_command(request.config),
        )
    assert has_failed or not trial.lost


def _command(config):
    """Return the command in a shell's words; workers of xdist are started by another."""
    words = getattr(config, "workerinput", {}).get("mainargv", sys.argv)
    names = ("MNISTCNN_RELIABILITY_SECONDS",)
    settings = [f"{name}={os.environ[name]}" for name in names if name in os.environ]
    return " ".join([*settings, "pytest", shlex.join(words[1:])])
