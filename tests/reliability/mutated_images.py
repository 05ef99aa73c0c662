"""Damages image files of every kind, reads them, and prints what came of it as JSON.

python mutated_images.py FOLDER SECONDS AT_LEAST
"""

import json
import struct
import sys
import traceback
import warnings
from pathlib import Path

import numpy as np
from PIL import Image

from image_files import content_of
from mnistcnn import DigitNormalizer, find_digits, read_images
from mnistcnn.exceptions import EmptyImageError, UnreadableImageError
from trials import numbers
from watched import Deeds, HangError, ended_in_time, peak_memory

SIDE = 40
# Numbers that decoders stumble over, as the bytes of fields of two and four.
ODD_NUMBERS = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]


def drawn():
    """Return a stroke on paper."""
    pixels = np.full((SIDE, SIDE), 230, dtype=np.uint8)
    pixels[8:32, 17:23] = 20
    return Image.fromarray(pixels)


def exif_of(orientation):
    """Return EXIF data as cameras write it, with strings, fractions and a second directory."""
    exif = Image.Exif()
    exif.update({0x0112: orientation, 0x010F: "Maker", 0x011A: 72.5, 0x0132: "2026:01:01 00:00:00"})
    exif.get_ifd(0x8769).update({0x829A: 0.01, 0x9000: b"0232", 0x927C: bytes(range(40))})
    exif.get_ifd(0x8825).update({1: "N", 2: (1.0, 2.0, 3.0)})
    return exif.tobytes()


def whole_files():
    """Return whole files of every kind, by their kind."""
    gray = drawn()
    deep = Image.fromarray(np.asarray(gray).astype(np.uint16) * 257)
    floats = Image.fromarray(np.asarray(gray).astype(np.float32))
    palette = gray.convert("P")
    rgba = gray.convert("RGBA")
    rgba.putalpha(gray.point(lambda value: 255 - value // 2))
    modes = {"L": gray, "RGB": gray.convert("RGB"), "1": gray.convert("1"), "P": palette}
    see_through = {"RGBA": rgba, "LA": rgba.convert("LA")}
    files = {}
    for name, image in (modes | see_through | {"I;16": deep}).items():
        files[f"PNG {name}"] = content_of(image, "PNG")
    files["PNG P transparent"] = content_of(palette, "PNG", transparency=bytes(range(256)))
    files["PNG L transparent"] = content_of(gray, "PNG", transparency=230)
    files["PNG EXIF"] = content_of(gray, "PNG", exif=exif_of(6))
    for name in ("L", "RGB"):
        files[f"JPEG {name}"] = content_of(modes[name], "JPEG")
    files["JPEG CMYK"] = content_of(gray.convert("CMYK"), "JPEG")
    files["JPEG progressive"] = content_of(modes["RGB"], "JPEG", progressive=True)
    files["MPO"] = content_of(gray, "MPO", save_all=True, append_images=[gray])
    for orientation in (1, 3, 6):
        files[f"JPEG EXIF {orientation}"] = content_of(gray, "JPEG", exif=exif_of(orientation))
    files["GIF"] = content_of(palette, "GIF")
    files["GIF transparent"] = content_of(palette, "GIF", transparency=0)
    for name in ("1", "L", "P", "RGB"):
        files[f"BMP {name}"] = content_of(modes[name], "BMP")
    for name, image in (modes | {"RGBA": rgba, "I;16": deep, "F": floats}).items():
        files[f"TIFF {name}"] = content_of(image, "TIFF")
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        files[f"TIFF {compression}"] = content_of(modes["RGB"], "TIFF", compression=compression)
    files["TIFF group4"] = content_of(modes["1"], "TIFF", compression="group4")
    files["TIFF EXIF"] = content_of(gray, "TIFF", exif=exif_of(8))
    files["WEBP"] = content_of(modes["RGB"], "WEBP")
    files["WEBP lossless"] = content_of(rgba, "WEBP", lossless=True)
    files["WEBP EXIF"] = content_of(gray, "WEBP", exif=exif_of(5))
    for name in ("1", "L", "RGB"):
        files[f"PPM {name}"] = content_of(modes[name], "PPM")
    files["PPM 16 bits"] = content_of(deep.convert("I"), "PPM")
    files["PPM plain"] = b"P2\n8 8\n99\n" + b"0 12 99 7 " * 16
    return files


def mutated(content, random):
    """Return a damaged copy: bytes changed, set to odd numbers, cut out, doubled or cut off."""
    content = bytearray(content)
    # Headers are where damage tells most.
    reach = len(content) if random.random() < 0.4 else min(len(content), 300)
    for _ in range(random.integers(1, 5)):
        at = int(random.integers(0, reach))
        match random.integers(0, 6):
            case 0:
                content[at : at + 1] = bytes([random.integers(0, 256)])
            case 1 | 2:
                number = int(random.choice(ODD_NUMBERS)) >> int(random.choice([0, 16]))
                form = str(random.choice(["<I", ">I"])) if number > 0xFFFF else "<H"
                content[at : at + struct.calcsize(form)] = struct.pack(form, number)
            case 3:
                del content[at : at + int(random.integers(1, 9))]
            case 4:
                content[at:at] = content[at : at + int(random.integers(1, 40))]
            case 5:
                content[at : at + 1] = bytes([content[at % len(content)] ^ 1 << random.integers(8)])
        reach = min(reach, len(content)) or 1
    return bytes(content[: len(content) // 2] if random.random() < 0.05 else content)


def leak(path, error):
    """Return what is wrong with an error: another kind than ours, or one without the file."""
    if isinstance(error, UnreadableImageError):
        return None if path.name in str(error) else f"{path.name} is not named: {error}"
    if isinstance(error, EmptyImageError):
        return None
    return f"{path.name}: " + "".join(traceback.format_exception(error)[-3:])


def error_of(read, path):
    try:
        with ended_in_time():
            read(path)
    except (Exception, HangError) as error:
        return error
    return None


def main(folder, seconds, at_least):
    normalizer = DigitNormalizer()
    readers = (read_images, find_digits, lambda path: normalizer.transform([path]))
    files = whole_files()
    for content in files.values():
        # What is imported for them is no deed of theirs.
        path = folder / "whole.image"
        path.write_bytes(content)
        for read in readers:
            error_of(read, path)
    deeds = Deeds()
    n_files, n_refused, leaks = 0, 0, []
    for number in numbers(seconds, at_least):
        for place, (kind, content) in enumerate(files.items()):
            random = np.random.default_rng([number, place])
            path = folder / f"{kind.replace(' ', '-')}-{number}.image"
            path.write_bytes(mutated(content, random))
            with deeds.watched():
                errors = [error_of(read, path) for read in readers]
            n_refused += errors[0] is not None
            n_files += 1
            leaks += [leak(path, error) for error in errors if error is not None]
            if not any(leaks[-3:]):
                path.unlink()
    print(
        json.dumps(
            {
                "n_files": n_files,
                "n_kinds": len(files),
                "n_refused": n_refused,
                "faults": [each for each in leaks if each] + deeds.seen,
                "peak": peak_memory(),
            }
        )
    )


if __name__ == "__main__":
    warnings.simplefilter("always")
    main(Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
