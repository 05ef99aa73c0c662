"""gray_over_white: the grays of whatever a user calls an image."""

from io import BytesIO

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image, ImageOps

from image_files import content_of
from mnistcnn import DigitNormalizer, UnreadableImageError, find_digits
from mnistcnn.images import gray_over_white

GRAYS = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=12))
INK = np.zeros((20, 20), dtype=np.uint8)
INK[5:15, 9:12] = 255


def drawn(color, background):
    """A stroke of a color on a background, as an array of shape (20, 20, channels)."""
    return np.where(INK[..., np.newaxis] > 0, color, background).astype(np.uint8)


@given(pixels=GRAYS)
@example(pixels=np.array([[255, 248]], dtype=np.uint8))
def test_every_kind_of_the_same_image_has_the_same_grays(pixels):
    # With white in it, every unit is known.
    pixels[0, 0] = 255
    expected = pixels / np.float32(255)
    image = Image.fromarray(pixels)
    kinds = [
        pixels, pixels[..., np.newaxis], np.stack([pixels] * 3, axis=2), pixels.astype(np.int64),
        pixels.astype(np.float64), pixels / 255, pixels.astype(np.uint16) * 257, pixels.tolist(),
        image, image.convert("RGB"), image.convert("RGBA"), image.convert("LA"), content_of(image),
        BytesIO(content_of(image)), {"composite": pixels}, {"composite": image.convert("RGBA")},
    ]  # fmt: skip
    for kind in kinds:
        gray = gray_over_white(kind)
        assert gray.dtype == np.float32
        np.testing.assert_allclose(gray, expected, atol=1e-6)


@pytest.mark.parametrize("white", [1, 16, 255, 1023, 4095, 16383, 65535, 3e6])
def test_the_unit_of_the_grays_does_not_matter(white):
    np.testing.assert_allclose(gray_over_white(np.array([[0, white / 2, white]])), [[0, 0.5, 1]])


def test_files_are_read_from_paths(tmp_path):
    path = tmp_path / "digit.png"
    Image.fromarray(INK).save(path)
    for name in (path, str(path)):
        np.testing.assert_array_equal(gray_over_white(name), INK / 255)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "CMYK", "YCbCr", "HSV", "LAB", "I", "F"])
def test_every_mode_of_pillow_shows_the_stroke(mode):
    start = Image.fromarray(np.stack([255 - INK] * 3, axis=2))
    image = start.convert("L").convert(mode) if mode in ("I", "F") else _converted(start, mode)
    np.testing.assert_allclose(gray_over_white(image), 1 - INK / 255, atol=0.02)


def _converted(image, mode):
    if mode == "LAB":
        from PIL import ImageCms

        srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        return ImageCms.profileToProfile(image, srgb, lab, outputMode="LAB")
    return image.convert(mode)


def test_sixteen_bits_are_read_as_they_are():
    deep = Image.fromarray(INK.astype(np.uint16) * 257)
    assert deep.mode == "I;16"
    np.testing.assert_array_equal(gray_over_white(content_of(deep)), INK / 255)


def test_a_transparent_color_of_a_palette_is_white():
    image = Image.fromarray(INK // 255).convert("P")
    image.putpalette([0, 0, 0, 200, 0, 0])
    gray = gray_over_white(as_file_with_transparency(image))
    assert gray[0, 0] == 1
    assert gray[10, 10] < 0.5


def as_file_with_transparency(image):
    file = BytesIO()
    image.save(file, "PNG", transparency=0)
    return file.getvalue()


@pytest.mark.parametrize(
    ("ink", "background"),
    [
        ((255, 235, 50), (255, 255, 255)),
        ((150, 200, 255), (255, 255, 255)),
        ((255, 235, 50), (205, 205, 205)),
        ((220, 30, 40), (60, 130, 60)),
        ((30, 50, 180), (245, 245, 240)),
    ],
)
def test_ink_of_any_color_stands_out_from_its_paper(ink, background):
    gray = gray_over_white(drawn(ink, background))
    assert abs(float(gray[10, 10] - gray[0, 0])) > 0.3


@pytest.mark.parametrize("ink", [0, 255])
def test_ink_on_a_transparent_background_is_seen_whether_black_or_white(ink):
    gray = gray_over_white(drawn((ink, ink, ink, 255), (0, 0, 0, 0)))
    assert abs(float(gray[10, 10] - gray[0, 0])) == 1
    assert (gray[10, 10] == 1) == (ink == 255)


def test_a_gray_sketch_whose_composite_gradio_left_empty_is_read_from_its_layer():
    layer = drawn((0, 0, 0, 255), (0, 0, 0, 0))
    sketch = {"background": None, "layers": [layer], "composite": np.zeros_like(INK)}
    np.testing.assert_array_equal(gray_over_white(sketch), 1 - INK / 255)


def test_all_layers_of_such_a_sketch_are_read():
    first, second = (np.where(half, 1, 0) * INK for half in (np.tri(20) > 0, np.tri(20) == 0))
    layers = [np.stack([np.zeros_like(INK)] * 3 + [ink], axis=2) for ink in (first, second)]
    sketch = {"layers": layers, "composite": np.zeros_like(INK)}
    np.testing.assert_allclose(gray_over_white(sketch), 1 - INK / np.float32(255), atol=1e-6)


def test_a_photograph_opened_by_pillow_is_turned_as_its_camera_says():
    image = Image.fromarray(np.tri(6, 9, dtype=np.uint8) * 255)
    exif = image.getexif()
    exif[0x0112] = 6
    file = BytesIO()
    image.save(file, "PNG", exif=exif)
    turned = gray_over_white(Image.open(BytesIO(file.getvalue())))
    assert turned.shape == (9, 6)
    np.testing.assert_array_equal(turned, gray_over_white(file.getvalue()))


def photograph(orientation=6):
    """A photograph that shows a stroke, turned as its camera says, and opened by Pillow."""
    image = Image.fromarray(np.pad(255 - INK, 4, constant_values=255))
    exif = image.getexif()
    exif[0x0112] = orientation
    return Image.open(BytesIO(content_of(image, "JPEG", exif=exif)))


DERIVED = {
    "in gray": lambda image: image.convert("L"),
    "cut out": lambda image: image.crop((2, 2, 26, 26)),
    "turned by hand": lambda image: image.rotate(-90, expand=True),
}
READ = {
    "gray_over_white": gray_over_white,
    "find_digits": find_digits,
    "DigitNormalizer": lambda image: DigitNormalizer().transform([image]),
    "two processes": lambda image: DigitNormalizer(n_jobs=2).transform([image]),
}


@pytest.mark.parametrize("derive", DERIVED.values(), ids=DERIVED)
@pytest.mark.parametrize("read", READ.values(), ids=READ)
def test_an_image_derived_from_a_photograph_is_turned_with_a_warning(read, derive):
    image = derive(photograph())
    with pytest.warns(UserWarning, match=r"orientation, 6, .*numpy\.asarray\(image\)") as told:
        result = read(image)
    assert [each.filename for each in told] == [__file__]
    assert np.array_equal(result, read(ImageOps.exif_transpose(image)))
    # It is left as it was.
    assert image.getexif()[0x0112] == 6


@pytest.mark.parametrize("read", READ.values(), ids=READ)
def test_photographs_whose_orientation_is_certain_are_read_without_a_word(read):
    turned = photograph().rotate(-90, expand=True)
    for image in (
        photograph(),
        np.asarray(turned),
        ImageOps.exif_transpose(turned),
        photograph(1).convert("L"),
        photograph(99).convert("L"),
    ):
        assert len(read(image))


def test_an_image_that_pillow_cannot_decode_to_its_end_is_refused():
    noise = np.random.default_rng(0).integers(0, 256, (60, 60), dtype=np.uint8)
    whole = content_of(Image.fromarray(noise))
    with pytest.raises(UnreadableImageError, match="the image is damaged: .*truncated"):
        gray_over_white(Image.open(BytesIO(whole[: len(whole) // 2])))


def test_an_empty_sketch_is_white():
    blank = np.zeros((20, 20, 4), dtype=np.uint8)
    sketch = {"background": blank, "layers": [blank], "composite": blank}
    np.testing.assert_array_equal(gray_over_white(sketch), np.ones((20, 20)))


@given(pixels=GRAYS)
def test_the_image_is_left_as_it_was(pixels):
    before = pixels.copy()
    gray_over_white(pixels)[:] = 0
    np.testing.assert_array_equal(pixels, before)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.full((5, 5), np.nan), "finite numbers only, got NaN"),
        (np.full((5, 5), np.inf), "finite numbers only, got NaN or inf"),
        (np.full((5, 5), -np.inf), "finite numbers only, got NaN or inf"),
        (np.array([[0.0, -0.5]]), "no negative values, got -0.5"),
        (
            np.full((5, 5), -1, dtype=np.int8),
            r"no negative values, got -1; bytes.*need .astype\(numpy.uint8\)",
        ),
        (np.array([[0, -300]]), "no negative values, got -300; shift them"),
        (np.zeros((1, 28, 28), np.uint8), r"shape \(1, 28, 28\).*moveaxis\(image, 0, -1\)"),
        (np.zeros((3, 32, 32)), r"shape \(3, 32, 32\).*moveaxis\(image, 0, -1\)"),
        (np.zeros((0, 5)), r"got an array of shape \(0, 5\)"),
        (np.zeros(784), r"got an array of shape \(784,\)"),
        (np.zeros((5, 5, 5)), r"got an array of shape \(5, 5, 5\)"),
        (np.zeros((2, 5, 5, 3)), r"got an array of shape \(2, 5, 5, 3\)"),
        (np.array([["a"]]), "got values of dtype <U1"),
        (np.array([[1j]]), "got values of dtype complex"),
        (None, "got values of dtype object"),
        ({"background": INK}, "must hold a 'composite' or 'layers'"),
        ({"layers": 5}, "must hold a 'composite' or 'layers'"),
        (np.array([[0.0, 1e300]]), r"at most 2\*\*64 = 1.84e\+19, got 1e\+300"),
        (np.array([[0.0, 1e30]], dtype=np.float32), "at most"),
        (np.array([[0, np.longdouble("1e4000")]]), "got NaN or inf"),
        (np.array([[0, 10**30]]), "got values of dtype object"),
        ([[0, 10**30]], "got values of dtype object"),
        ([[1, 2], [3]], "got rows of different lengths"),
        (np.array([["2026-01-01"]], dtype="datetime64"), "got values of dtype datetime64"),
        (np.zeros((3, 3), dtype=[("a", int)]), "got values of dtype"),
    ],
)
def test_what_is_no_image_is_refused(image, message):
    for read in (gray_over_white, find_digits, lambda one: DigitNormalizer().transform([one])):
        with pytest.raises(ValueError, match=message):
            read(image)


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf, 1e30])
def test_files_whose_values_are_no_grays_are_named_as_unreadable(tmp_path, value):
    path = tmp_path / "values.tif"
    Image.fromarray(np.full((9, 9), value, dtype=np.float32)).save(path)
    content = path.read_bytes()
    for read in (gray_over_white, find_digits, lambda one: DigitNormalizer().transform([one])):
        with pytest.raises(UnreadableImageError, match=r"values\.tif must hold"):
            read(path)
        for file in (content, BytesIO(content)):
            with pytest.raises(UnreadableImageError, match=r"(bytes|an open file) must hold"):
                read(file)
    with path.open("rb") as file, pytest.raises(UnreadableImageError, match=r"values\.tif must"):
        gray_over_white(file)


@pytest.mark.parametrize("high", [2**63, 2**64 - 1, 1e19, 1e-300, 5e-324])
def test_numbers_of_any_other_size_are_read(high):
    pixels = np.full((30, 30), high)
    pixels[5:25, 14:17] = 0
    assert np.isfinite(gray_over_white(pixels)).all()
    find_digits(pixels)
    DigitNormalizer(empty="blank").transform([pixels])


def test_a_large_image_has_the_grays_of_its_parts():
    random = np.random.default_rng(0)
    large = random.integers(0, 256, (1_500, 1_600, 4), dtype=np.uint8)
    large[..., 3] |= 128
    whole = gray_over_white(Image.fromarray(large))
    np.testing.assert_array_equal(whole[:300], gray_over_white(large[:300]))
    np.testing.assert_array_equal(whole[-300:], gray_over_white(large[-300:]))
    np.testing.assert_array_equal(whole, gray_over_white(large))


def test_files_that_are_no_images_are_refused(tmp_path):
    with pytest.raises(UnreadableImageError):
        gray_over_white(b"no image")
    with pytest.raises(FileNotFoundError):
        gray_over_white(tmp_path / "missing.png")


@given(shape=st.tuples(st.integers(1, 5), st.integers(1, 5)), value=st.integers(0, 255))
def test_images_of_a_few_pixels_are_read(shape, value):
    gray = gray_over_white(np.full(shape, value, dtype=np.uint8))
    assert gray.shape == shape
    assert ((gray >= 0) & (gray <= 1)).all()


def test_colors_are_as_light_in_floats_as_in_bytes():
    colors = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    as_floats = gray_over_white(colors / 255)
    # ITU-R BT.601, of red, green and blue.
    np.testing.assert_allclose(as_floats, colors @ [0.299, 0.587, 0.114] / 255, atol=1e-5)
    np.testing.assert_allclose(gray_over_white(colors), as_floats, atol=0.003)
