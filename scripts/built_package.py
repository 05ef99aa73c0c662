"""Checks what a built wheel and sdist hold, and that the wheel works with nothing else installed.

    python -m build --outdir dist && python scripts/built_package.py dist

The wheel holds each file of src/mnistcnn and nothing beside them, tests least of all, and is small;
in an empty virtual environment, the command that it installs reads a digit with the pretrained
network; a small classifier is fitted and saved, loads in another process, and predicts the same;
and an export without its extra is refused with the command that installs it.
"""

import os
import subprocess
import sys
import tarfile
import tempfile
import venv
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

SOURCES = Path(__file__).parents[1] / "src"
MAX_WHEEL_SIZE = 5_000_000  # bytes
# The networks of the package, and the files of earlier versions that tests load.
WITH_MODELS = ("src/mnistcnn/", "tests/reliability/released/")
# What a build that takes Python's files alone would leave out.
KINDS_OF_DATA = {".mnistcnn", ".onnx", ".css", ".js", ".html", ".pyi", ".typed"}

# A digit that scikit-learn brings along, enlarged as if it were drawn: dark on light.
WRITE_A_FOUR = """
import sys
import numpy as np
from PIL import Image
from sklearn.datasets import load_digits
digits = load_digits()
ink = digits.images[digits.target == 4][0]
drawing = Image.fromarray((255 - ink * 15).astype(np.uint8)).resize((160, 160), Image.BICUBIC)
drawing.save(sys.argv[1])
"""

SAVE = """
from mnistcnn import DigitCNNClassifier, load_sample_digits
X, y = load_sample_digits(return_X_y=True)
classifier = DigitCNNClassifier("two_layer_mlp", epochs=2, random_state=0).fit(X[:500], y[:500])
classifier.save("digits.mnistcnn")
print(classifier.predict_proba(X[500:510]).tolist())
"""
LOAD = """
from mnistcnn import load_classifier, load_sample_digits
X, y = load_sample_digits(return_X_y=True)
print(load_classifier("digits.mnistcnn").predict_proba(X[500:510]).tolist())
"""
INSTALL_ONNX = 'pip install "mnistcnn[onnx]"'


def only_file(folder: Path, pattern: str) -> Path:
    """Return the file that a pattern fits, of which there is one."""
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        sys.exit(f"{folder} must hold one {pattern}, got {[path.name for path in found]}")
    return found[0]


def refuse(complaint: str, names: Iterable[str]) -> None:
    """End with a complaint where there are names that it is about."""
    if listed := sorted(names):
        sys.exit("\n    ".join([f"{complaint}:", *listed]))


def check_wheel(wheel: Path) -> None:
    """Compare a wheel with the sources it was built from."""
    with ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    package = (path for path in (SOURCES / "mnistcnn").rglob("*") if path.is_file())
    sources = {
        path.relative_to(SOURCES).as_posix() for path in package if "__pycache__" not in path.parts
    }
    refuse(f"{wheel.name} lacks files of src/", sources - held)
    refuse(f"{wheel.name} holds what is not in src/", held - sources)
    kinds = {PurePosixPath(name).suffix for name in held}
    refuse(f"{wheel.name} holds no file of a kind", KINDS_OF_DATA - kinds)
    if (size := wheel.stat().st_size) > MAX_WHEEL_SIZE:
        sys.exit(f"{wheel.name} may have {MAX_WHEEL_SIZE:,} bytes, got {size:,}")


def check_sdist(sdist: Path) -> None:
    """See that a sdist holds the tests, and no models beside those of the package."""
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    refuse(f"{sdist.name} lacks", {"tests/conftest.py", "LICENSE", "CHANGELOG.md"} - held)
    models = {name for name in held if name.endswith((".mnistcnn", ".onnx"))}
    stray = {name for name in models if not name.startswith(WITH_MODELS)}
    refuse(f"{sdist.name} holds models that are not the package's", stray)


def finished(program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run an installed program beside itself, apart from this checkout, to its end."""
    settings = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [program, *arguments],
        cwd=program.parent,
        env=settings,
        check=False,
        capture_output=True,
        text=True,
    )


def run(program: Path, *arguments: str) -> str:
    """Run it to a good end, and return its output."""
    answer = finished(program, *arguments)
    if answer.returncode:
        sys.exit(f"{program.name} {' '.join(arguments)} failed:\n{answer.stderr}")
    return answer.stdout


def check_installed(wheel: Path) -> None:
    """Install a wheel in an empty environment, and try it there."""
    with tempfile.TemporaryDirectory() as environment:
        venv.create(environment, with_pip=True)
        programs = Path(environment) / "bin"
        run(programs / "pip", "install", "--quiet", "--no-compile", str(wheel.resolve()))
        version, printed = wheel.name.split("-")[1], run(programs / "mnistcnn", "--version")
        if version not in printed.split():
            sys.exit(f"mnistcnn --version must print {version}, got {printed}")
        check_commands(programs)
        check_saving(programs)


def check_commands(programs: Path) -> None:
    """See that a drawn digit is read, and that an export says what it lacks."""
    run(programs / "python", "-c", WRITE_A_FOUR, "four.png")
    answer = run(programs / "mnistcnn", "predict", "--csv", "four.png")
    if answer.splitlines()[1].split(",")[1] != "4":
        sys.exit(f"mnistcnn predict must read a drawn 4, got\n{answer}")
    refused = finished(programs / "mnistcnn", "export", "pretrained", "digits.onnx")
    # In a narrow terminal, lines are broken between words.
    if not refused.returncode or INSTALL_ONNX not in " ".join(refused.stderr.split()):
        sys.exit(f"mnistcnn export must name {INSTALL_ONNX}, got\n{refused.stderr}")


def check_saving(programs: Path) -> None:
    """See that a classifier saved by one process predicts the same in another."""
    saved, loaded = (run(programs / "python", "-c", program) for program in (SAVE, LOAD))
    if saved != loaded:
        sys.exit(f"a loaded classifier must predict\n{saved}as the saved one, got\n{loaded}")


if __name__ == "__main__":
    built = Path(sys.argv[1])
    wheel = only_file(built, "*.whl")
    check_wheel(wheel)
    check_sdist(only_file(built, "*.tar.gz"))
    check_installed(wheel)
    size = f"{wheel.stat().st_size:,} bytes"
    print(f"{wheel.name}: {size}, installed; reads a drawn digit, saves and loads a classifier")
