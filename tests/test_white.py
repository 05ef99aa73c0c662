"""Which value is white: one value above it changes nothing, and what is dark stays dark."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from mnistcnn import DigitNormalizer, EmptyImageError, find_digits, load_sample_digits, read_images
from mnistcnn.images import gray_over_white

LEVELS = [1, 16, 255, 1023, 4095, 16383, 65535]
EIGHT_BITS = ["L", "LA", "P", "RGB", "RGBA", "CMYK"]


@pytest.fixture(scope="module")
def page():
    """A 7 in pencil on white paper, from 0 to 1."""
    digit = np.kron(load_sample_digits().images[7] / 255, np.ones((2, 2)))
    paper = np.ones((120, 160))
    paper[32:88, 50:106] -= 0.6 * digit
    return paper


def dark_frame(seed, shape=(200, 300)):
    """What a camera gives in the dark: a faint glow and noise of one gray level."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    glow = 2 * np.exp(-((y - shape[0] / 2) ** 2 + (x - shape[1] / 2) ** 2) / 5000)
    noise = np.random.default_rng(seed).normal(0, 1, shape)
    return np.rint(np.clip(4 + glow + noise, 0, 255)).astype(np.uint8)


class TestAboveWhite:
    @pytest.mark.parametrize("level", LEVELS)
    @pytest.mark.parametrize("share", [1e-7, 0.08, 0.25])
    def test_one_fraction_above_white_changes_no_other_pixel(self, page, level, share):
        above = page * level
        above[0, 0] = level * (1 + share)
        np.testing.assert_array_equal(gray_over_white(above), gray_over_white(page * level))

    @pytest.mark.parametrize("level", LEVELS)
    @pytest.mark.parametrize(
        "change",
        [
            lambda page: ndimage.zoom(page, 1.7, order=3),
            lambda page: page + np.random.default_rng(0).normal(0, 0.02, page.shape),
        ],
        ids=["bicubic", "noise"],
    )
    def test_a_page_that_was_clipped_below_only_is_read(self, page, level, change):
        changed = np.clip(change(page), 0, None) * level
        assert changed.max() > 1.05 * level
        gray = gray_over_white(changed)
        assert gray.max() == 1
        np.testing.assert_allclose(gray, np.clip(changed / level, 0, 1), atol=1e-6)
        assert len(find_digits(changed)) == 1

    def test_twice_the_white_is_still_from_0_to_1(self, page):
        brightened = 2 * page
        np.testing.assert_allclose(gray_over_white(brightened), np.clip(brightened, 0, 1))

    def test_colors_are_clipped_too(self, page):
        above = np.stack([page] * 3, axis=2)
        above[0, 0] = 1.3
        np.testing.assert_allclose(gray_over_white(above), page, atol=1e-6)

    @pytest.mark.parametrize("dtype", [np.int64, np.float64])
    @pytest.mark.parametrize(("high", "white"), [(2, 16), (17, 255), (256, 1023), (1024, 4095)])
    def test_whole_numbers_are_taken_as_they_are(self, dtype, high, white):
        image = np.array([[0, 1, high]], dtype=dtype)
        np.testing.assert_allclose(gray_over_white(image), image / white)


class TestDarkImages:
    @pytest.mark.parametrize("mode", [*EIGHT_BITS, "YCbCr"])
    def test_what_is_dark_in_pillow_stays_dark(self, mode):
        image = Image.fromarray(np.full((9, 9), 10, np.uint8)).convert(mode)
        np.testing.assert_allclose(gray_over_white(image), 10 / 255, atol=0.006)

    @pytest.mark.parametrize("mode", EIGHT_BITS)
    def test_what_is_dark_in_a_file_stays_dark(self, mode):
        file = BytesIO()
        Image.fromarray(np.full((9, 9), 10, np.uint8)).convert(mode).save(file, "TIFF")
        np.testing.assert_allclose(gray_over_white(file.getvalue()), 10 / 255, atol=0.006)

    def test_files_are_read_as_dark_as_they_are(self, tmp_path):
        pixels = np.array([[0, 10], [5, 10]], dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "dark.png")
        np.testing.assert_array_equal(read_images(tmp_path / "dark.png").images[0], pixels)

    @pytest.mark.parametrize("seed", range(4))
    @pytest.mark.parametrize(
        "given",
        [
            Image.fromarray,
            lambda frame: Image.fromarray(frame).convert("RGB"),
            lambda frame: frame,
            lambda frame: np.stack([frame] * 3, axis=2),
        ],
        ids=["L", "RGB", "array", "array in colors"],
    )
    def test_a_dark_frame_is_empty(self, seed, given):
        image = given(dark_frame(seed))
        assert find_digits(image) == []
        with pytest.raises(EmptyImageError):
            DigitNormalizer().transform([image])

    def test_a_dark_frame_among_light_ones_is_empty(self):
        digit = load_sample_digits().images[7]
        frame = dark_frame(0, (28, 28))
        frame[0, 0] = 16
        for images in (np.stack([digit, frame]), [digit, frame], np.stack([digit, frame]) / 1.0):
            with pytest.raises(EmptyImageError, match=r"got none in X\[1\]"):
                DigitNormalizer().transform(images)

    def test_cameras_of_10_to_14_bits_write_files_of_16(self):
        for white in (255, 1023, 4095, 16383, 65535):
            deep = Image.fromarray(np.array([[0, white]], dtype=np.uint16))
            np.testing.assert_array_equal(gray_over_white(deep), [[0, 1]])
        dark = Image.fromarray(np.array([[0, 10]], dtype=np.uint16))
        np.testing.assert_allclose(gray_over_white(dark), [[0, 10 / 255]])


class TestBytes:
    def test_masks_and_sixteen_levels_are_arrays_of_their_own_unit(self):
        from sklearn.datasets import load_digits

        digits = load_digits().images[:20]
        mask = digits[0] > 8
        np.testing.assert_array_equal(gray_over_white(mask), mask)
        np.testing.assert_array_equal(gray_over_white(mask.astype(np.uint8)), mask)
        for digit in digits:
            np.testing.assert_allclose(gray_over_white(digit.astype(np.uint8)), digit / 16)
        normalizer = DigitNormalizer()
        expected = normalizer.transform(digits)
        np.testing.assert_array_equal(normalizer.transform(digits.astype(np.uint8)), expected)
        np.testing.assert_array_equal(normalizer.transform(list(digits.astype(np.uint8))), expected)

    def test_units_of_other_types_may_be_mixed_in_a_list(self, page):
        images = [page, 16 * page, (255 * page).astype(np.uint8), Image.fromarray(page > 0.5)]
        digits = DigitNormalizer().transform(images)
        for image, digit in zip(images, digits, strict=True):
            np.testing.assert_array_equal(DigitNormalizer().transform([image])[0], digit)

    def test_an_array_with_something_that_is_refused_names_its_image(self):
        images = np.full((3, 20, 20), 0.5)
        images[:, 5:15, 9:11] = 1.0
        images[0] *= 200
        for value, message in ((np.nan, "finite numbers"), (-0.5, "no negative values, got -0.5")):
            images[2, 0, 0] = value
            with pytest.raises(ValueError, match=rf"X\[2\] must hold {message}"):
                DigitNormalizer().transform(images)
