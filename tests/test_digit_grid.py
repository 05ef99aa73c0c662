"""DigitGridDisplay: images of any shape and range, samples, and what a normalizer makes of them."""

import matplotlib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from figures import image_in, some_images, titles_of
from mnistcnn import DigitNormalizer, EmptyImageError
from mnistcnn.plotting import DigitGridDisplay

matplotlib.use("agg")

from matplotlib import pyplot  # noqa: E402  (after the choice of the backend)

pytestmark = pytest.mark.usefixtures("no_figures")


class TestPlot:
    def test_nothing_is_drawn_before_plot(self):
        display = DigitGridDisplay(images=some_images(), titles=list("abcdef"))
        assert not hasattr(display, "axes_")
        assert pyplot.get_fignums() == []

    def test_images_fill_one_row_after_the_other(self):
        images = some_images(7)
        display = DigitGridDisplay(images=images, titles=list("abcdefg"), n_columns=3).plot()
        assert display.axes_.shape == (3, 3)
        assert [cell is None for cell in display.axes_[2]] == [False, True, True]
        assert titles_of(display) == list("abcdefg")
        pixels = images.astype(float)
        scaled = (pixels - pixels.min()) / (pixels.max() - pixels.min())
        for cell, image in zip(display.axes_.ravel()[:7], scaled, strict=True):
            np.testing.assert_allclose(image_in(cell), image)
        tops = [cell.get_window_extent().y1 for cell in display.axes_[:, 0]]
        assert tops == sorted(tops, reverse=True)

    def test_fewer_images_than_columns_make_one_short_row(self):
        display = DigitGridDisplay(images=some_images(2), titles=["a", "b"]).plot()
        assert display.axes_.shape == (1, 2)
        display.figure_.canvas.draw()

    def test_the_axes_that_are_given_hold_all_of_it(self):
        figure, (left, right) = pyplot.subplots(1, 2)
        display = DigitGridDisplay(images=some_images(), titles=list("abcdef")).plot(right)
        assert display.ax_ is right
        assert display.figure_ is figure
        assert len(pyplot.get_fignums()) == 1
        inside = right.get_window_extent()
        for cell in display.axes_.ravel():
            box = cell.get_window_extent()
            assert inside.x0 <= box.x0 < box.x1 <= inside.x1
            assert inside.y0 <= box.y0 < box.y1 <= inside.y1
        assert left.axison

    def test_options_reach_the_images(self):
        display = DigitGridDisplay(images=some_images(1), titles=["a"]).plot(cmap="gray_r")
        assert display.axes_[0, 0].get_images()[0].get_cmap().name == "gray_r"

    @given(
        scale=st.sampled_from([1, 255, -3.5, 1e-9, 1e9]),
        offset=st.sampled_from([0, -7, 1e3]),
        dtype=st.sampled_from([bool, np.int8, np.uint8, np.int64, np.float16, np.float32, float]),
    )
    @settings(max_examples=30)
    def test_any_range_and_dtype_goes_from_black_to_white(self, scale, offset, dtype):
        pattern = np.linspace(0, 1, 8).reshape(2, 2, 2)
        with np.errstate(all="ignore"):
            images = np.nan_to_num((pattern * scale + offset).astype(dtype), posinf=1, neginf=0)
        display = DigitGridDisplay(images=images, titles=["a", "b"]).plot()
        shown = np.array([image_in(cell) for cell in display.axes_.ravel()])
        pyplot.close("all")
        pixels = images.astype(float)
        spread = pixels.max() - pixels.min()
        assert shown.min() == 0
        assert shown.max() == (1 if spread else 0)
        order = np.argsort(pixels, axis=None, kind="stable")
        assert (np.diff(shown.ravel()[order]) >= 0).all()

    @pytest.mark.parametrize(
        ("shape", "image_shape", "expected"),
        [
            ((3, 16), None, (4, 4)),
            ((3, 12), (3, 4), (3, 4)),
            ((3, 12), (2, 2, 3), (2, 2, 3)),
            ((3, 4, 5), None, (4, 5)),
            ((3, 4, 5, 1), None, (4, 5)),
            ((3, 4, 5, 2), None, (4, 5)),
            ((3, 4, 5, 3), None, (4, 5, 3)),
        ],
    )
    @pytest.mark.parametrize("container", [np.asarray, np.ndarray.tolist, pd.DataFrame])
    def test_flat_gray_and_colored_images(self, shape, image_shape, expected, container):
        if container is pd.DataFrame and len(shape) > 2:
            pytest.skip("a table is flat")
        images = container(np.arange(np.prod(shape)).reshape(shape))
        display = DigitGridDisplay(images=images, titles=list("abc"), image_shape=image_shape)
        display.plot().figure_.canvas.draw()
        assert image_in(display.axes_[0, 0]).shape == expected

    @pytest.mark.parametrize(
        ("images", "titles", "message"),
        [
            (np.zeros((2, 783)), ["a", "b"], "square number of pixels .*got 783 pixels"),
            (np.zeros(784), ["a"], r"images must be of shape .*got an array of shape \(784,\)"),
            (np.zeros((28, 28)), ["a"], r"got 28 pixels; wrap a single image in a list, \[image\]"),
            ([np.zeros((4, 4)), np.zeros(4)], ["a", "b"], "images of several shapes must be"),
            (np.zeros((2, 4, 4)), ["a"], "inconsistent numbers of samples"),
        ],
    )
    def test_other_shapes_are_refused_before_a_figure_is_made(self, images, titles, message):
        with pytest.raises(ValueError, match=message):
            DigitGridDisplay(images=images, titles=titles).plot()
        assert pyplot.get_fignums() == []

    @pytest.mark.parametrize("container", [np.array, pd.Series, tuple])
    def test_rows_of_any_sequence(self, container):
        rows = container([0, 0, 1])
        display = DigitGridDisplay(images=some_images(3), titles=list("abc"), rows=rows).plot()
        assert display.axes_.shape == (2, 10)
        assert [cell is None for cell in display.axes_[:, :2].ravel()] == [
            False,
            False,
            False,
            True,
        ]

    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            ({"rows": [0, 0, 0], "n_columns": 2}, r"rows must .*n_columns=2 times, got .* 3 times"),
            ({"rows": [1, 0, 1]}, r"rows must be integers .*ascending order, got \[1, 0, 1\]"),
            ({"rows": [-1, 0, 1]}, "rows must be integers from 0 .*got"),
            ({"rows": [0, 0.5, 1]}, "rows must be integers from 0 .*got"),
            ({"n_columns": 0}, "n_columns must be a positive integer, got 0"),
            ({"n_columns": 1.5}, r"n_columns must be a positive integer, got 1\.5"),
            ({"titles": [1, 2, 3]}, r"titles must be a sequence of str, got \[1, 2, 3\]"),
            ({"titles": None}, "titles must be a sequence of str, got None"),
            ({"titles": "abc"}, "titles must be a sequence of str, got 'abc'"),
            (
                {"image_shape": (10, 10)},
                r"image_shape must be a shape of 20 pixels.*got \(10, 10\)",
            ),
            ({"image_shape": (20,)}, r"image_shape must be None, .*got \(20,\)"),
            ({"image_shape": "auto"}, "image_shape must be None, .*got 'auto'"),
        ],
    )
    def test_a_parameter_that_is_refused_is_named(self, changed, message):
        images = some_images(3).reshape(3, 20)
        fine = {"images": images, "titles": list("abc"), "image_shape": (5, 4)}
        with pytest.raises(ValueError, match=message):
            DigitGridDisplay(**fine | changed).plot()
        assert pyplot.get_fignums() == []

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_images_without_any_number_are_drawn(self, value):
        images = np.full((2, 3, 3), value)
        DigitGridDisplay(images=images, titles=["a", "b"]).plot().figure_.canvas.draw()

    def test_infinite_pixels_leave_the_range_to_the_others(self):
        images = np.array([[[-np.inf, 2.0], [4.0, np.inf]]])
        display = DigitGridDisplay(images=images, titles=["a"]).plot()
        display.figure_.canvas.draw()
        np.testing.assert_array_equal(image_in(display.axes_[0, 0]), [[0, 0], [1, 1]])


class TestSamples:
    def test_each_class_has_a_row_with_its_first_images(self):
        images = some_images(7)
        labels = ["b", "a", "b", "b", "a", "c", "b"]
        display = DigitGridDisplay.from_samples(images, labels, n_per_class=3)
        assert display.axes_.shape == (3, 3)
        rows = [[cell and cell.get_title() for cell in row] for row in display.axes_]
        assert rows == [["a", "a", None], ["b", "b", "b"], ["c", None, None]]
        drawn = np.argmax([np.array_equal(image, images[5]) for image in display.images])
        assert display.titles[drawn] == "c"

    @pytest.mark.parametrize("n_per_class", [0, -1, 2.5, True, "3"])
    def test_a_number_that_is_none_is_refused(self, n_per_class):
        with pytest.raises(ValueError, match="n_per_class must be a positive integer"):
            DigitGridDisplay.from_samples(some_images(2), [0, 1], n_per_class=n_per_class)

    def test_a_single_class_is_one_row(self):
        display = DigitGridDisplay.from_samples(some_images(3), ["a"] * 3)
        assert display.axes_.shape == (1, 10)
        same = DigitGridDisplay.from_predictions(some_images(3), [1, 1, 1], [1, 1, 1])
        assert same.ax_.texts[0].get_text() == "None of the 3 images is misclassified."

    def test_other_lengths_are_refused(self):
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            DigitGridDisplay.from_samples(some_images(3), [0, 1])

    def test_labels_in_a_column_are_refused(self):
        with pytest.raises(ValueError, match=r"y must be of shape \(n,\), got .*\(2, 1\)"):
            DigitGridDisplay.from_samples(some_images(2), np.array([[0], [1]]))


def a_photo(paper=200, ink=30, side=60):
    image = np.full((side, side - 10), paper, dtype=np.uint8)
    image[10:-10, 20:24] = ink
    return image


class TestNormalizer:
    def test_each_image_stands_beside_what_is_made_of_it(self):
        photos = [a_photo(), a_photo(side=80) / 255, np.dstack([a_photo()] * 3)]
        display = DigitGridDisplay.from_normalizer(DigitNormalizer(), photos)
        assert titles_of(display) == ["as given", "normalized"] * 3
        shown = [image_in(cell) for cell in display.axes_[0, :6]]
        assert [image.shape for image in shown[::2]] == [(60, 50), (80, 70), (60, 50, 3)]
        normalized = DigitNormalizer().transform(photos) / 255
        np.testing.assert_allclose(shown[1::2], normalized)
        # Paper that is not white stays so.
        np.testing.assert_allclose([shown[0].max(), shown[2].max()], 200 / 255, rtol=1e-6)

    def test_images_of_pillow_and_transparent_ones_over_white(self):
        clear = np.zeros((60, 50, 4), dtype=np.uint8)
        clear[10:-10, 20:24, 3] = 255
        photos = [Image.fromarray(a_photo()).convert("P"), Image.fromarray(clear)]
        display = DigitGridDisplay.from_normalizer(DigitNormalizer(), photos)
        first, second = image_in(display.axes_[0, 0]), image_in(display.axes_[0, 2])
        assert first[0, 0].tolist() == pytest.approx([200 / 255] * 3)
        assert (second[0, 0].tolist(), second[30, 22].tolist()) == ([1.0] * 3, [0.0] * 3)

    @pytest.mark.parametrize(
        "photo",
        [
            Image.fromarray(a_photo().astype(np.uint16) * 257),
            Image.fromarray(a_photo().astype(np.int32) * 257),
            Image.fromarray(a_photo().astype(np.float32)),
            Image.fromarray((a_photo() / 255).astype(np.float32)),
            a_photo().astype(np.uint16) * 257,
        ],
        ids=["I;16", "I", "F to 255", "F to 1", "array"],
    )
    def test_images_of_more_bits_look_as_they_are(self, photo):
        display = DigitGridDisplay.from_normalizer(DigitNormalizer(), [photo])
        np.testing.assert_allclose(image_in(display.axes_[0, 0]), a_photo() / 255, atol=1e-6)

    def test_fractions_above_white_are_white(self):
        photo = a_photo(paper=255) / 255
        photo[0, 0] = 1.04
        display = DigitGridDisplay.from_normalizer(DigitNormalizer(), [photo])
        np.testing.assert_allclose(image_in(display.axes_[0, 0]), a_photo(paper=255) / 255)

    @pytest.mark.parametrize("white", [255, 1023, 4095, 65535])
    def test_what_enlarging_brings_above_white_is_white(self, white):
        as_it_is = a_photo(paper=255) / 255
        photo = as_it_is * white
        photo[0, :2] = [1.012 * white, 1.2 * white + 0.3]
        for image in (photo, Image.fromarray(photo.astype(np.float32))):
            display = DigitGridDisplay.from_normalizer(DigitNormalizer(), [image])
            np.testing.assert_allclose(image_in(display.axes_[0, 0]), as_it_is, atol=1e-6)

    def test_whole_numbers_above_255_are_of_more_bits(self):
        photo = np.full((60, 50), 258)
        photo[10:-10, 20:24] = 30
        display = DigitGridDisplay.from_normalizer(DigitNormalizer(), [photo])
        np.testing.assert_allclose(image_in(display.axes_[0, 0]), photo / 1023)

    @pytest.mark.parametrize("container", [list, np.stack, iter], ids=["list", "array", "iterator"])
    def test_no_more_are_drawn_than_asked_for(self, container):
        photos = container([a_photo()] * 5)
        display = DigitGridDisplay.from_normalizer(DigitNormalizer(), photos, n_images=2)
        assert len(titles_of(display)) == 4

    @pytest.mark.parametrize(
        ("images", "message"),
        [
            (a_photo(), r"got a single ndarray; wrap it in a list, \[image\]"),
            (Image.fromarray(a_photo()), "got a single Image; wrap it"),
            (["digit.png"], r"images\[0\] must be .*got str; mnistcnn\.images\.open_image opens"),
        ],
        ids=["array", "pillow", "path"],
    )
    def test_a_single_image_and_paths_are_refused(self, images, message):
        with pytest.raises(ValueError, match=message):
            DigitGridDisplay.from_normalizer(DigitNormalizer(), images)
        assert pyplot.get_fignums() == []

    def test_images_without_ink_are_the_normalizers_matter(self):
        blank = [np.zeros((40, 40), dtype=np.uint8)]
        with pytest.raises(EmptyImageError):
            DigitGridDisplay.from_normalizer(DigitNormalizer(), blank)
        display = DigitGridDisplay.from_normalizer(DigitNormalizer(empty="blank"), blank)
        assert image_in(display.axes_[0, 1]).max() == 0
