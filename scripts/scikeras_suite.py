"""Run scikeras's own tests with the adapter's classifier in the place of scikeras's.

    python scripts/scikeras_suite.py PATH [-- ARGUMENT...]

PATH is the folder `tests` of a checkout of scikeras, laid beside this one; nothing is fetched. The
tests run twice, as they are and with `mnistcnn.scikeras_adapter.KerasClassifier` wherever they
import scikeras's, from the same random seed, and those are named that fail with ours alone. Among
them are some that hold scikeras to what the adapter does otherwise (`DIFFERENCES`); any other ends
this with status 1. What follows `--` is handed to pytest.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

OURS = "MNISTCNN_SCIKERAS_SUITE_OURS"
# What the adapter's docstring says it does otherwise, as the name of a test has it, and how.
DIFFERENCES = {
    "test_target_dtype_changes_incremental_fit": "labels of any dtype are taken",
    "test_X_dtype_changes_incremental_fit": "images of any dtype are brought to Keras's float type",
    "test_input_dtype_conversion": "images of any dtype are brought to Keras's float type",
    "TestDtypeConversion": "images of any dtype are brought to Keras's float type",
}
BAD = ("failure", "error")


def pytest_configure() -> None:
    """Put the adapter's class in the place of scikeras's, in the process that runs the tests."""
    if os.environ.get(OURS):
        import scikeras.wrappers

        from mnistcnn.scikeras_adapter import KerasClassifier

        scikeras.wrappers.KerasClassifier = KerasClassifier


def pytest_runtest_setup() -> None:
    """Start each test from the same seed: some of scikeras's fail by chance, such as AdaBoost."""
    import keras

    keras.utils.set_random_seed(0)


def outcomes(report: Path) -> dict[str, str]:
    """Return whether each test of a JUnit report has passed, failed or was skipped."""
    found = {}
    for case in ElementTree.parse(report).iter("testcase"):
        kinds = {child.tag for child in case}
        outcome = "failed" if kinds & {*BAD} else "skipped" if "skipped" in kinds else "passed"
        found[f"{case.get('classname')}::{case.get('name')}"] = outcome
    return found


def failed_with_ours_alone(theirs: dict[str, str], ours: dict[str, str]) -> list[str]:
    """Return the tests that fail, or are missing, with our class and not with scikeras's."""
    return sorted(
        name
        for name, outcome in theirs.items()
        if outcome == "passed" and ours.get(name, "failed") == "failed"
    )


def difference_of(name: str) -> str | None:
    """Return the documented difference that a test meets, if one does."""
    return next((how for part, how in DIFFERENCES.items() if part in name), None)


def run(tests: Path, arguments: list[str], *, ours: bool) -> dict[str, str]:
    """Run the tests in a process of their own."""
    here = Path(__file__)
    paths = [str(here.parent), str(tests.parent), os.environ.get("PYTHONPATH", "")]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-p", here.stem, f"--junit-xml={report}", "-q"]
        # Without the settings of either project; their warnings are no concern here.
        plain = ["-c", os.devnull, f"--rootdir={tests.parent}", "-o", "addopts=", "-W", "ignore"]
        subprocess.run(
            [*command, *plain, *arguments, str(tests)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), OURS: "1" if ours else ""},
            stdout=sys.stderr,
            check=False,
        )
        if not report.exists():
            sys.exit(f"pytest could not run the tests in {tests}.")
        return outcomes(report)


def main(words: list[str]) -> int:
    """Run both, and print what fails with ours alone."""
    if not words or not Path(words[0]).is_dir():
        sys.exit((__doc__ or "").strip())
    tests = Path(words[0]).resolve()
    arguments = words[2:] if words[1:2] == ["--"] else words[1:]
    theirs, ours = (run(tests, arguments, ours=which) for which in (False, True))
    for name, found in (("scikeras's", theirs), ("mnistcnn's", ours)):
        counts = [f"{sum(each == one for each in found.values())} {one}"
                  for one in ("passed", "failed", "skipped")]  # fmt: skip
        print(f"{name} classifier: {', '.join(counts)}")
    alone = failed_with_ours_alone(theirs, ours)
    unknown = [name for name in alone if difference_of(name) is None]
    for name in alone:
        print(
            f"fails with ours alone: {name} ({difference_of(name) or 'no documented difference'})"
        )
    return 1 if unknown or not theirs else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
