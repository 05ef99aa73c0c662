"""open_image: whole images of every kind come in, everything else is refused by name."""

import os
import socket
import struct
import subprocess
import sys
import warnings
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from image_files import content_of
from mnistcnn import DigitNormalizer, UnreadableImageError, find_digits, read_images
from mnistcnn.images import gray_over_white, open_image

LOSSLESS = ["BMP", "GIF", "PNG", "PPM", "TIFF", "WEBP"]
PIXELS = np.arange(20 * 30, dtype=np.uint32).reshape(20, 30) * 7 % 251
GRAY = Image.fromarray(PIXELS.astype(np.uint8))


def png_that_claims(width, height, *, bits=8, colors=0, pixels=bytes(1000)):
    """A PNG file of a few bytes whose header names any number of pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, bits, colors, 0, 0, 0)
    pixels = b"IDAT" + zlib.compress(pixels)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in (header, pixels, b"IEND")
    )


@pytest.mark.parametrize("format", [*LOSSLESS, "JPEG"])
@pytest.mark.parametrize("kind", ["path", "string", "bytes", "file"])
def test_every_format_and_source_gives_the_same_pixels(tmp_path, format, kind):
    options = {"lossless": True} if format == "WEBP" else {}
    content = content_of(GRAY, format, **options)
    path = tmp_path / "an image whose name says nothing"
    path.write_bytes(content)
    sources = {"path": path, "string": str(path), "bytes": content, "file": BytesIO(content)}
    image = open_image(sources[kind])
    path.unlink()
    assert image.size == (30, 20)
    difference = np.asarray(image.convert("L")).astype(int) - PIXELS
    assert np.abs(difference).max() <= (40 if format == "JPEG" else 1)


@pytest.mark.parametrize(
    ("mode", "format"),
    [
        *(("1", "PNG"), ("L", "PNG"), ("LA", "PNG"), ("RGB", "PNG"), ("RGBA", "PNG")),
        *(("I;16", "PNG"), ("I;16", "TIFF"), ("F", "TIFF"), ("CMYK", "JPEG"), ("CMYK", "TIFF")),
    ],
)
def test_modes_stay_what_they_are(mode, format):
    image = open_image(content_of(GRAY.convert(mode), format))
    assert image.mode == mode
    assert image.size == (30, 20)


def test_16_bits_stay_16_bits():
    deep = PIXELS.astype(np.uint16) * 200
    image = open_image(content_of(Image.fromarray(deep), "PNG"))
    np.testing.assert_array_equal(np.asarray(image), deep)


def test_palette_keeps_its_colors_and_what_is_transparent():
    palette = Image.new("P", (2, 1))
    palette.putpalette([255, 0, 0, 0, 0, 255])
    palette.putpixel((1, 0), 1)
    image = open_image(content_of(palette, "PNG", transparency=b"\x00\xff"))
    assert image.mode == "P"
    colors = np.asarray(image.convert("RGBA"))
    np.testing.assert_array_equal(colors, [[[255, 0, 0, 0], [0, 0, 255, 255]]])


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "turn"),
    [
        *((1, lambda a: a), (2, np.fliplr), (3, lambda a: np.rot90(a, 2)), (4, np.flipud)),
        *((5, np.transpose), (6, lambda a: np.rot90(a, -1))),
        *((7, lambda a: np.rot90(a, 2).T), (8, np.rot90)),
    ],
)
def test_photographs_are_turned_as_the_camera_says(format, orientation, turn):
    pixels = np.zeros((16, 32), dtype=np.uint8)
    pixels[:8, :8] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = open_image(content_of(Image.fromarray(pixels), format, exif=exif))
    seen = np.asarray(image.convert("L")) > 127
    np.testing.assert_array_equal(seen, turn(pixels) > 127)


def test_one_pixel_is_an_image():
    assert open_image(content_of(Image.new("L", (1, 1)), "PNG")).size == (1, 1)


@pytest.mark.parametrize("format", [*LOSSLESS, "JPEG"])
def test_truncated_files_are_refused_by_name(tmp_path, format):
    noise = Image.frombytes("L", (80, 80), np.random.default_rng(0).bytes(6400))
    content = content_of(noise, format)
    path = tmp_path / "half"
    for length in [1, 10, len(content) // 4, len(content) // 2, len(content) * 3 // 4]:
        path.write_bytes(content[:length])
        with pytest.raises(UnreadableImageError, match=r"half is (damaged: |not a complete BMP)"):
            open_image(path)


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP", "TIFF"])
def test_several_images_are_refused(tmp_path, format):
    path = tmp_path / "film"
    frames = [GRAY, GRAY.rotate(180)]
    frames[0].save(path, format=format, save_all=True, append_images=frames[1:])
    with pytest.raises(UnreadableImageError, match="film must hold one image, got several"):
        open_image(path)


def test_further_images_of_a_phone_are_left_out():
    content = content_of(GRAY, "MPO", save_all=True, append_images=[GRAY.rotate(180)])
    image = open_image(content)
    assert np.abs(np.asarray(image).astype(int) - PIXELS).max() <= 40


@pytest.mark.parametrize(
    ("size", "told"),
    [
        ((8_001, 10_000), "8001 x 10000"),
        ((10_000, 10_000), "10000 x 10000"),  # Pillow opens it, with a warning
        ((20_000, 20_000), "400000000 pixels"),
        ((2**31 - 1, 2**31 - 1), "pixels"),
    ],
)
def test_too_many_pixels_are_refused_before_they_are_decoded(tmp_path, size, told):
    path = tmp_path / "bomb.png"
    path.write_bytes(png_that_claims(*size))
    refusal = rf"bomb\.png must have at most 80,000,000 .*got .*{told}"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(UnreadableImageError, match=refusal):
            open_image(path)
    assert not caught


RGB, RGBA = 2, 6


@pytest.mark.parametrize(
    ("width", "bits", "colors", "told"),
    [
        (8_000, 16, RGBA, "8000 x 10000 pixels of 8 bytes"),
        (3_501, 16, RGBA, "3501 x 10000 pixels of 8 bytes"),
        (4_700, 16, RGB, "4700 x 10000 pixels of 6 bytes"),
        (7_001, 8, RGBA, "7001 x 10000 pixels of 4 bytes"),
        (7_001, 8, RGB, "7001 x 10000 pixels of 4 bytes"),
    ],
)
def test_too_many_bytes_are_refused_before_they_are_decoded(width, bits, colors, told):
    with pytest.raises(UnreadableImageError, match=f"280,000,000 bytes to be decoded, got {told}"):
        open_image(png_that_claims(width, 10_000, bits=bits, colors=colors))


@pytest.mark.parametrize(
    ("width", "bits", "colors"),
    [(8_000, 8, 0), (8_000, 16, 0), (7_000, 8, RGB), (4_600, 16, RGB), (3_500, 16, RGBA)],
)
def test_as_many_pixels_as_allowed_get_as_far_as_the_decoder(width, bits, colors):
    with pytest.raises(UnreadableImageError, match="is damaged: "):
        open_image(png_that_claims(width, 10_000, bits=bits, colors=colors))


# The peak that getrusage tells begins with that of the process that started this one.
READ = """
import re, sys
from pathlib import Path
from mnistcnn import find_digits
found = find_digits(sys.argv[1])
print(len(found), re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1])
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak")
def test_the_largest_image_allowed_is_read_in_a_gigabyte(tmp_path):
    paper, ink = b"\xff" * 8, (b"\x10\x00" * 3 + b"\xff\xff")
    blank = b"\0" + paper * 3_500
    stroke = b"\0" + paper * 1_000 + ink * 500 + paper * 2_000
    pixels = blank * 3_000 + stroke * 4_000 + blank * 3_000
    path = tmp_path / "large.png"
    path.write_bytes(png_that_claims(3_500, 10_000, bits=16, colors=RGBA, pixels=pixels))
    command = [sys.executable, "-c", READ, path]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found, peak = map(int, answer.split())
    assert found == 1
    assert peak * 1024 < 1_000_000_000


def with_exif(content, exif):
    """A JPEG file with any bytes as its EXIF data."""
    segment = b"Exif\0\0" + exif
    return content[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + content[2:]


DAMAGED_EXIF = {"no header": b"\0\0\0\x2a\0\0\0\x08", "one byte": b"M"}
# The header is whole, and there is just nothing behind it: cameras' programs do such things.
EXIF_OF_NOTHING = {
    "cut off": b"MM\0\x2a\0\0\0\x08\0\x05",
    "points away": b"II\x2a\0\xff\xff\xff\xff",
    "empty": b"",
}
READERS = [
    open_image,
    find_digits,
    lambda path: DigitNormalizer().transform([path]),
    lambda path: gray_over_white(open_image(path)),
    read_images,
]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("exif", DAMAGED_EXIF.values(), ids=list(DAMAGED_EXIF))
def test_a_damaged_exif_header_is_an_error_of_its_file(tmp_path, exif, read):
    path = tmp_path / "holiday.jpg"
    stroke = GRAY.point(lambda value: 20 if value < 40 else 230)
    path.write_bytes(with_exif(content_of(stroke, "JPEG"), exif))
    with pytest.raises(UnreadableImageError, match=r"holiday\.jpg is damaged: "):
        read(path)


@pytest.mark.parametrize("exif", EXIF_OF_NOTHING.values(), ids=list(EXIF_OF_NOTHING))
def test_exif_data_with_nothing_in_it_is_none(exif):
    assert open_image(with_exif(content_of(GRAY, "JPEG"), exif)).size == (30, 20)


def test_a_damaged_exif_header_leaves_the_rest_of_the_folder(tmp_path):
    GRAY.save(tmp_path / "1.png")
    damaged = with_exif(content_of(GRAY, "JPEG"), DAMAGED_EXIF["no header"])
    (tmp_path / "2.jpg").write_bytes(damaged)
    GRAY.save(tmp_path / "3.png")
    found = read_images(tmp_path, unreadable="skip")
    assert len(found.images) == 2
    assert list(found.unreadable) == [str(tmp_path / "2.jpg")]


def test_memory_that_runs_out_is_no_fault_of_the_files(monkeypatch):
    def fail(*_, **__):
        raise MemoryError

    monkeypatch.setattr(ImageOps, "exif_transpose", fail)
    with pytest.raises(MemoryError):
        open_image(content_of(GRAY, "PNG"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a file of 0 bytes is empty"),
        (
            b"label,pixel0\n",
            "of 13 bytes is not a complete BMP, GIF, JPEG, PNG, PPM, TIFF or WEBP",
        ),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n", "is not a complete"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "is not a complete"),
        (content_of(GRAY, "ICO"), "is not a complete"),
        (content_of(GRAY.convert("RGB"), "PDF"), "is not a complete"),
        (png_that_claims(0, 5), "a file of"),
        (b"P5 3 3 255\n12345678", "is damaged"),
    ],
    ids=["empty", "text", "EPS", "SVG", "ICO", "PDF", "no width", "cut off"],
)
def test_other_content_is_refused(content, message):
    with pytest.raises(UnreadableImageError, match=message):
        open_image(content)


def test_what_cannot_be_opened_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.png"):
        open_image(tmp_path / "nowhere.png")
    with pytest.raises(IsADirectoryError, match=tmp_path.name):
        open_image(tmp_path)
    (tmp_path / "nothing.png").touch()
    with pytest.raises(UnreadableImageError, match=r"nothing\.png is empty"):
        open_image(tmp_path / "nothing.png")


def make_fifo(path):
    os.mkfifo(path)


def make_link_to_a_device(path):
    path.symlink_to("/dev/zero")


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
@pytest.mark.parametrize("make", [make_fifo, make_link_to_a_device, make_socket])
def test_what_is_no_file_is_refused_before_it_is_opened(tmp_path, monkeypatch, make):
    monkeypatch.chdir(tmp_path)
    make(tmp_path / "7.png")
    for read in READERS:
        with pytest.raises(UnreadableImageError, match=r"7\.png must be a file, got a pipe"):
            read(tmp_path / "7.png")
    GRAY.save(tmp_path / "8.png")
    assert len(read_images(tmp_path, unreadable="skip").images) == 1


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0, 1e30])
def test_a_tiff_file_of_odd_numbers_is_refused_by_name(tmp_path, value):
    path = tmp_path / "odd.tiff"
    Image.fromarray(np.full((9, 9), value, dtype=np.float32)).save(path)
    for read in (gray_over_white, find_digits, lambda path: DigitNormalizer().transform([path])):
        with pytest.raises(UnreadableImageError, match=r"odd\.tiff must hold"):
            read(path)
    with pytest.raises(UnreadableImageError, match=r"odd\.tiff: must hold"):
        read_images(path)


def test_a_file_open_as_text_is_refused(tmp_path):
    GRAY.save(tmp_path / "7.png")
    with (
        (tmp_path / "7.png").open(encoding="utf-8") as file,
        pytest.raises(UnreadableImageError, match=r"7\.png is not a complete"),
    ):
        open_image(file)


@given(
    format=st.sampled_from([*LOSSLESS, "JPEG"]),
    changes=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=4)), max_size=5
    ),
    kept=st.floats(0, 1),
)
@settings(max_examples=300)
def test_damaged_files_open_or_are_refused_and_nothing_else(format, changes, kept):
    content = content_of(GRAY, format)
    for place, new in changes:
        at = int(place * len(content))
        content = content[:at] + new + content[at + len(new) :]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image = open_image(content[: int(kept * len(content))])
        except UnreadableImageError:
            return
    assert min(image.size) >= 1
