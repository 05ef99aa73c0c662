"""Tesseract, a program that reads printed text, in its mode for digits (R. Smith, ICDAR 2007)."""

import csv
import io
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from PIL import Image

PROGRAM = "tesseract"
# It takes each image for one line of text, as the lines of the benchmark are.
DIGITS_OF_ONE_LINE = ("--psm", "7", "-c", "tessedit_char_whitelist=0123456789")


def texts_of(images: Sequence[NDArray[np.uint8]]) -> list[str]:
    """Return the digits that one call of the program reads in each image."""
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.png" for number in range(len(images))]
        for path, image in zip(paths, images, strict=True):
            Image.fromarray(image).save(path)
        listed = Path(folder) / "images.txt"
        listed.write_text("".join(f"{path}\n" for path in paths), encoding="utf8")
        # A table names the page of each word, also after pages on which it finds none.
        command = [PROGRAM, str(listed), "stdout", *DIGITS_OF_ONE_LINE, "tsv"]
        table = subprocess.run(command, capture_output=True, check=True, encoding="utf8").stdout
    texts = [""] * len(images)
    for row in csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
        texts[int(row["page_num"]) - 1] += "".join((row["text"] or "").split())
    return texts
