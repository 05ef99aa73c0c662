"""Writes many small images side by side into one."""

from collections.abc import Sequence
from math import ceil
from pathlib import Path

from mnistcnn._types import Array

# Up to so many images there is room to enlarge them.
N_ENLARGED = 100
GAP, GAP_GRAY = 4, 96


def write_contact_sheet(images: Sequence[Array], path: Path, *, overwrite: bool) -> None:
    """Write images of one size, bytes in gray, as one PNG file, in reading order."""
    from PIL import Image

    from mnistcnn._safe_writing import replaced_at_the_end

    zoom, n_columns = (4, 10) if len(images) <= N_ENLARGED else (1, 40)
    n_columns = min(n_columns, len(images))
    height, width = (zoom * side + GAP for side in images[0].shape)
    n_rows = ceil(len(images) / n_columns)
    sheet = Image.new("L", (n_columns * width + GAP, n_rows * height + GAP), GAP_GRAY)
    for place, image in enumerate(images):
        row, column = divmod(place, n_columns)
        enlarged = Image.fromarray(image).resize(
            (width - GAP, height - GAP), Image.Resampling.NEAREST
        )
        sheet.paste(enlarged, (column * width + GAP, row * height + GAP))
    with replaced_at_the_end(path, overwrite=overwrite) as temporary:
        sheet.save(temporary, format="PNG")
