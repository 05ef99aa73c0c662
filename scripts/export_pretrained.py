"""Write the networks that come with the package as ONNX, which some commands run without Keras.

    python scripts/export_pretrained.py

Reads each .mnistcnn file of the package, writes an .onnx file beside it, and prints the SHA-256 of
that. It is to be run after `scripts/train_pretrained.py` and `scripts/train_part_classifier.py`.
"""

import argparse
import hashlib
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import onnx

from mnistcnn import load_pretrained
from mnistcnn.pretrained._loading import DIGESTS

WEIGHTS = Path(__file__).parents[1] / "src" / "mnistcnn" / "pretrained" / "weights"


def write(name: str, folder: Path) -> str:
    """Write one network as ONNX, and return the SHA-256 of the file.

    Beside what `DigitCNNClassifier.export` states, its metadata have the hash of the file that it
    was made of.

    Parameters
    ----------
    name : str
        As `load_pretrained` knows it.
    folder : Path
        Where to write it; a file that is there is replaced.
    """
    classifier, path = load_pretrained(name), folder / f"{name}.onnx"
    # Float pixels, which a table may hold, are not rounded to bytes.
    classifier.export(path, overwrite=True, pixel_dtype="float32")
    model = onnx.load(path)
    stated = {each.key: each.value for each in model.metadata_props}
    onnx.helper.set_model_props(model, {**stated, "made_of": DIGESTS[name]})
    onnx.save(model, path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> None:
    """Write all of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=WEIGHTS, help="default: the package's own")
    folder = parser.parse_args().output
    print("to be put into mnistcnn/pretrained/_onnx_files.py:")
    for name in DIGESTS:
        print(f'    "{name}": "{write(name, folder)}",')


if __name__ == "__main__":
    main()
