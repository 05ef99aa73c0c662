"""Private names of scikit-learn: in one module only, and each may go without a wrong result."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import mnistcnn

# An import that fails for this library's modules only, as scikit-learn itself needs the name.
WITHOUT = """
import builtins, sys, warnings
import numpy as np
genuine = builtins.__import__

def refuse(name, globals=None, locals=None, fromlist=(), level=0):
    importer = (globals or {}).get("__name__", "")
    if importer.startswith("mnistcnn") and (name == MISSING or MISSING in (fromlist or ())):
        raise ImportError(f"no {MISSING}")
    return genuine(name, globals, locals, fromlist, level)

builtins.__import__ = refuse
warnings.simplefilter("always")
with warnings.catch_warnings(record=True) as caught:
    from sklearn.pipeline import make_pipeline
    from mnistcnn import DigitCNNClassifier, ImageReshaper, load_sample_digits
    X, y = load_sample_digits(return_X_y=True)
    classifier = DigitCNNClassifier("baseline", epochs=3, random_state=0)
    weights = np.where(y == 3, 0, 1)
    pipeline = make_pipeline(ImageReshaper(), classifier)
    pipeline.fit(X[:500], y[:500], digitcnnclassifier__sample_weight=weights[:500])
    predicted = pipeline.predict(X[500:])
assert (predicted == y[500:])[y[500:] != 3].mean() > 0.8
assert not (predicted == 3).any()
try:
    classifier.fit(X[:500], y[:500], sample_weight=weights[:400])
except ValueError:
    pass
else:
    raise AssertionError("too few weights were taken")
print(sum("lacks the functions with which mnistcnn" in str(one.message) for one in caught))
"""


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize(
    ("missing", "n_warnings"),
    [("sklearn.utils._param_validation", 1), ("sklearn.callback", 0), ("_check_sample_weight", 0)],
)
def test_without_one_fits_are_as_right_and_unchecked_parameters_are_told_once(missing, n_warnings):
    ended = subprocess.run(
        [sys.executable, "-c", f"MISSING = {missing!r}\n{WITHOUT}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    assert ended.stdout.strip() == str(n_warnings)


def test_no_other_module_imports_them():
    private = re.compile(r"from sklearn\.(utils\._|callback)|import _check_sample_weight")
    package = Path(mnistcnn.__file__).parent
    found = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if private.search(path.read_text(encoding="utf-8"))
    }
    assert found == {"_scikit_learn.py"}
