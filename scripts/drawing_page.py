"""Makes the page that reads drawn digits in the visitor's own browser.

What is written for it lies in docs/draw/. Added here are the network, the drawing pad and the style
of `mnistcnn demo`, and from npm the runtime that computes the network.
"""

import base64
import hashlib
import shutil
import subprocess
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

import mnistcnn

SOURCE = Path(__file__).parents[1] / "docs" / "draw"
PAGE_WITH_SERVER = Path(mnistcnn.__file__).parent / "app"

RUNTIME = "onnxruntime-web"
VERSION = "1.30.0"
# As `npm view onnxruntime-web@VERSION dist.integrity` prints it.
INTEGRITY = (
    "sha512-q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZ"
    "ClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
)
# Some servers do not know what .mjs is.
RUNTIME_FILES = {
    "package/dist/ort.wasm.bundle.min.mjs": "runtime.js",
    "package/dist/ort-wasm-simd-threaded.wasm": "ort-wasm-simd-threaded.wasm",
}
SECONDS_FOR_NPM = 300
N_CALIBRATION = 500


def make_page(folder: Path) -> None:
    """Write all of the page but the runtime.

    Parameters
    ----------
    folder : Path
        Where to write it; what is there is replaced.
    """
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SOURCE, folder)
    shutil.copy(PAGE_WITH_SERVER / "page.css", folder)
    (folder / "drawing_pad.js").write_text(_drawing_pad(), "utf-8")
    _export(folder / "digits.onnx")


def add_runtime(folder: Path) -> None:
    """Fetch the runtime by npm and add what the page needs of it.

    Parameters
    ----------
    folder : Path
        That of the page.

    Raises
    ------
    OSError
        If npm is not installed.
    subprocess.SubprocessError
        If npm fails or takes too long.
    ValueError
        If the package is not the one that is expected.
    """
    with TemporaryDirectory() as download:
        package = _fetched(Path(download))
        with tarfile.open(package) as archive:
            for member, name in RUNTIME_FILES.items():
                content = archive.extractfile(member)
                assert content is not None
                (folder / RUNTIME / name).write_bytes(content.read())


def _drawing_pad() -> str:
    """Return the drawing pad as a module; Gradio takes the body of a function."""
    body = (PAGE_WITH_SERVER / "drawing_pad.js").read_text("utf-8")
    return f"export function drawingPad(element, props, trigger) {{\n{body}}}\n"


def _export(path: Path) -> None:
    digits = mnistcnn.load_sample_digits()
    mnistcnn.load_pretrained().export(
        path, quantization="int8", calibration_images=digits.images[:N_CALIBRATION]
    )


def _fetched(folder: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError("npm is not installed")
    subprocess.run(
        [npm, "pack", f"{RUNTIME}@{VERSION}", "--prefer-offline", "--pack-destination", folder],
        check=True,
        capture_output=True,
        timeout=SECONDS_FOR_NPM,
        cwd=folder,
    )
    (package,) = folder.glob("*.tgz")
    digest = base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode("ascii")
    if f"sha512-{digest}" != INTEGRITY:
        raise ValueError(f"{package.name} must have the hash {INTEGRITY}, got sha512-{digest}.")
    return package
