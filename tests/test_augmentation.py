"""Random changes to training images: what is drawn, what it does, and what it leaves alone."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from sklearn.base import clone

from choice import each_time, long
from mnistcnn import Augmentation
from mnistcnn._training.transforms import transform_for
from mnistcnn.augmentation import PRESETS
from networks import quick_classifier

# Each fits several networks.
pytestmark = pytest.mark.slow

STILL = np.float32([[1, 0, 0, 0, 1, 0, 0, 0]])


def augmented(augmentation, images, seed=0):
    drawn = augmentation.draw(len(images), images.shape[1:], np.random.default_rng(seed))
    return np.asarray(transform_for(augmentation)(images, *drawn.columns()))


@pytest.fixture(scope="module")
def images(digits):
    return digits[0][:40].reshape(-1, 28, 28, 1)


# XLA compiles the transforms for each size.
FEW_SIZES = st.sampled_from([(1, 14, 1), (13, 5, 3), (8, 8, 1)])
ALL_SIZES = st.tuples(st.integers(1, 20), st.integers(1, 20), st.sampled_from([1, 3]))
of_sizes = pytest.mark.parametrize(
    "sizes", [pytest.param(FEW_SIZES, id="few sizes"), long(ALL_SIZES, id="all sizes")]
)


@of_sizes
@settings(max_examples=20)
@given(st.data(), st.booleans(), st.integers(0, 99))
def test_no_change_is_the_identity(sizes, data, as_float, seed):
    height, width, channels = data.draw(sizes)
    rng = np.random.default_rng(seed)
    dtype = np.float32 if as_float else np.uint8
    images = rng.integers(0, 256, (4, height, width, channels)).astype(dtype)
    result = augmented(Augmentation(), images)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, images, atol=1e-3)


def positions(transform, height, width):
    y, x = np.mgrid[:height, :width].astype(np.float32)
    a0, a1, a2, b0, b1, b2, *_ = transform
    return np.stack([b0 * x + b1 * y + b2, a0 * x + a1 * y + a2])


@of_sizes
@settings(max_examples=10)
@given(st.data(), st.integers(0, 99))
def test_images_move_as_scipy_moves_them(sizes, data, seed):
    height, width, channels = data.draw(sizes)
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (3, height, width, channels)).astype(np.uint8)
    augmentation = Augmentation(rotation=40, zoom=0.3, shear=20, shift=0.2)
    drawn = augmentation.draw(3, (height, width, channels), np.random.default_rng(seed))
    result = np.asarray(transform_for(augmentation)(images, drawn.affine))
    for image, transform, moved in zip(images, drawn.affine, result, strict=True):
        where = positions(transform, height, width)
        for channel in range(channels):
            expected = ndimage.map_coordinates(
                image[..., channel].astype(np.float64), where, order=1, mode="nearest"
            )
            np.testing.assert_allclose(moved[..., channel], expected, atol=0.01)


def test_full_strokes_are_those_of_gray_dilation_and_erosion(images):
    augmentation = Augmentation(stroke=1.0)
    strokes = np.float32([1, -1])
    transform = transform_for(augmentation)
    thick, thin = np.asarray(transform(images[:2], STILL.repeat(2, axis=0), strokes))[..., 0]
    np.testing.assert_array_equal(thick, ndimage.grey_dilation(images[0, ..., 0], size=3))
    np.testing.assert_array_equal(thin, ndimage.grey_erosion(images[1, ..., 0], size=3))


def between_grid_points(displacements, height, width):
    """Interpolate along one axis and then the other, the grid points being middles of cells."""
    for axis, length in enumerate((height, width)):
        where = (np.arange(length) + 0.5) * 5 / length - 0.5
        displacements = np.apply_along_axis(
            lambda line, where=where: np.interp(where, np.arange(5), line), axis, displacements
        )
    return displacements.transpose(2, 0, 1)


@of_sizes
@settings(max_examples=10)
@given(st.data(), st.integers(0, 99))
def test_displacements_are_those_of_the_nearest_grid_points(sizes, data, seed):
    height, width, channels = data.draw(sizes)
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (1, height, width, channels)).astype(np.uint8)
    displacements = rng.normal(size=(1, 5, 5, 2)).astype(np.float32)
    moved = np.asarray(transform_for(Augmentation(elastic=1.0))(image, STILL, displacements))
    where = positions(STILL[0], height, width) + between_grid_points(
        displacements[0], height, width
    )
    for channel in range(channels):
        expected = ndimage.map_coordinates(
            image[0, ..., channel].astype(np.float64), where, order=1, mode="nearest"
        )
        np.testing.assert_allclose(moved[0, ..., channel], expected, atol=0.01)


@of_sizes
@settings(max_examples=10)
@given(st.data(), st.floats(0, 1))
def test_a_blur_is_two_passes_along_each_axis(sizes, data, deviation):
    height, width, channels = data.draw(sizes)
    image = np.random.default_rng(0).integers(0, 256, (1, height, width, channels))
    image = image.astype(np.float32)
    blurred = transform_for(Augmentation(blur=1.0))(image, STILL, np.float32([deviation]))
    share = deviation**2 / 4
    expected = image.astype(np.float64)
    for axis in (1, 1, 2, 2):
        expected = ndimage.convolve1d(
            expected, [share, 1 - 2 * share, share], axis=axis, mode="nearest"
        )
    np.testing.assert_allclose(np.asarray(blurred), expected, atol=0.01)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_change_every_image_and_keep_shape_dtype_and_ink(name, images):
    result = augmented(PRESETS[name], images)
    assert result.shape == images.shape
    assert (result != images).any(axis=(1, 2, 3)).all()
    assert 0.7 < result.mean() / images.mean() < 1.4


def test_the_same_generator_gives_the_same_changes(images):
    strong = PRESETS["strong"]
    np.testing.assert_array_equal(augmented(strong, images, 1), augmented(strong, images, 1))
    assert (augmented(strong, images, 1) != augmented(strong, images, 2)).any()


def center(images):
    ink = images[..., 0].astype(float)
    positions = np.arange(28)
    total = ink.sum(axis=(1, 2))
    rows = (ink.sum(axis=2) * positions).sum(axis=1) / total
    columns = (ink.sum(axis=1) * positions).sum(axis=1) / total
    return rows, columns


def test_shift_moves_by_no_more_than_its_share(images):
    before, after = center(images), center(augmented(Augmentation(shift=0.1), images))
    for axis in (0, 1):
        moved = np.abs(after[axis] - before[axis])
        assert moved.max() < 2.8 + 0.2
        assert moved.max() > 1


def test_rotation_turns_a_bar_by_no_more_than_its_angle():
    bars = np.zeros((50, 41, 41, 1), np.float32)
    bars[:, 20, 5:36] = 255
    turned = augmented(Augmentation(rotation=10), bars)[..., 0]
    right_ends = turned[:, :, 34].argmax(axis=1) - 20
    assert np.abs(right_ends).max() <= 15 * np.tan(np.deg2rad(10)) + 1
    assert right_ends.max() > 0 > right_ends.min()


def test_shift_is_a_share_of_each_side():
    points = np.zeros((200, 11, 41, 1), np.float32)
    points[:, 5, 20] = 255
    ink = augmented(Augmentation(shift=0.2), points)[..., 0] / 255
    down = ink.sum(axis=2) @ np.arange(11) - 5
    across = ink.sum(axis=1) @ np.arange(41) - 20
    for moved, largest in ((down, 0.2 * 11), (across, 0.2 * 41)):
        assert 0.9 * largest < moved.max() <= largest + 1e-3
        assert -0.9 * largest > moved.min() >= -largest - 1e-3


def test_zoom_enlarges_and_shrinks_height_and_width_apart():
    squares = np.zeros((200, 41, 41, 1), np.float32)
    squares[:, 11:30, 11:30] = 255
    ink = augmented(Augmentation(zoom=0.3), squares)[..., 0] / 255
    heights, widths = ink[:, :, 20].sum(axis=1), ink[:, 20].sum(axis=1)
    for sides in (heights, widths):
        assert 1.25 * 19 < sides.max() <= 1.3 * 19 + 0.5
        assert 0.75 * 19 > sides.min() >= 0.7 * 19 - 0.5
    assert abs(np.corrcoef(heights, widths)[0, 1]) < 0.3


def test_shear_slants_what_is_upright_by_no_more_than_its_angle():
    bars = np.zeros((200, 41, 41, 1), np.float32)
    bars[:100, 5:36, 20] = 255
    bars[100:, 20, 5:36] = 255
    sheared = augmented(Augmentation(shear=20), bars)[..., 0]
    tops = sheared[:100, 6].argmax(axis=1) - 20
    largest = 14 * np.tan(np.deg2rad(20))
    assert largest - 1 < tops.max() <= largest + 1
    assert -largest + 1 > tops.min() >= -largest - 1
    np.testing.assert_allclose(sheared[100:, 20], bars[100:, 20, :, 0], atol=0.1)


def test_the_middle_stays_where_it_is_but_for_shift():
    points = np.zeros((50, 11, 41, 1), np.float32)
    points[:, 5, 20] = 255
    changed = augmented(Augmentation(rotation=40, zoom=0.3, shear=20), points)
    np.testing.assert_allclose(changed[:, 5, 20], 255, atol=0.1)


def test_stroke_makes_ink_thicker_and_thinner(images):
    ink = augmented(Augmentation(stroke=1.0), images).mean(axis=(1, 2, 3))
    ratio = ink / images.mean(axis=(1, 2, 3))
    assert ratio.min() < 0.7
    assert ratio.max() > 1.3


def test_elastic_moves_pixels_a_little(images):
    result = augmented(Augmentation(elastic=1.0), images)
    assert (result != images).any(axis=(1, 2, 3)).all()
    assert np.abs(np.subtract(center(result), center(images))).max() < 3


def test_elastic_states_the_standard_deviation_in_pixels(images):
    drawn = Augmentation(elastic=0.5).draw(400, images.shape[1:], np.random.default_rng(0))
    assert drawn.displacements.std() == pytest.approx(0.5, rel=0.02)
    assert abs(drawn.displacements.mean()) < 0.02


def spread(images):
    """Return the standard deviation of the ink along y and x, in pixels."""
    ink = images[..., 0].astype(float)
    positions = np.arange(ink.shape[1]) - ink.shape[1] // 2
    return [np.sqrt((ink.sum(axis=axis) @ positions**2) / ink.sum(axis=(1, 2))) for axis in (1, 2)]


def test_blur_spreads_a_point_by_up_to_its_standard_deviation():
    points = np.zeros((200, 9, 9, 1), np.float32)
    points[:, 4, 4] = 100
    blurred = augmented(Augmentation(blur=0.8), points)
    np.testing.assert_allclose(blurred.sum(axis=(1, 2, 3)), 100, rtol=1e-5)
    across, down = spread(blurred)
    np.testing.assert_allclose(across, down, rtol=1e-4)
    assert 0.75 < across.max() <= 0.8 + 1e-4
    assert across.min() < 0.1


def test_blur_is_the_binomial_kernel_at_its_most():
    point = np.zeros((1, 9, 9, 1), np.float32)
    point[:, 4, 4] = 256
    one = np.ones(1, np.float32)
    blurred = np.asarray(transform_for(Augmentation(blur=1.0))(point, STILL, one))[0, 2:7, 2:7, 0]
    binomial = np.array([1, 4, 6, 4, 1])
    np.testing.assert_allclose(blurred, np.outer(binomial, binomial), atol=1e-3)


def test_blur_leaves_an_even_background_even_up_to_the_edge():
    even = np.full((5, 7, 6, 3), 90, np.uint8)
    np.testing.assert_allclose(augmented(Augmentation(blur=1.0), even), 90, atol=1e-3)


def test_the_background_of_dark_on_light_images_stays_light(images):
    inverted = 255 - images
    assert (augmented(PRESETS["mnist"], inverted)[:, 0, 0] > 200).all()


quick = partial(quick_classifier, epochs=3)


@pytest.fixture(scope="module")
def taught_unchanged(digits):
    """Predictions of a classifier that learned from the images as they are."""
    X, y = digits[0][:600], digits[1][:600]
    return quick().fit(X, y).predict_proba(X)


# A preset without strokes, displacements and blur, one with all, and strokes and blur alone.
@pytest.mark.parametrize(
    "augmentation",
    [*each_time({"mnist", "handwriting"}, list(PRESETS)), Augmentation(stroke=0.5, blur=0.5)],
)
def test_classifiers_learn_from_changed_images_reproducibly(augmentation, taught_unchanged, digits):
    X, y = digits[0][:600], digits[1][:600]
    first, second = (quick(augmentation=augmentation).fit(X, y) for _ in range(2))
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    assert first.score(X, y) > 0.6
    assert (first.predict_proba(X) != taught_unchanged).any()


def test_the_same_pixels_in_another_dtype_are_changed_alike(digits):
    X, y = digits[0][:300], digits[1][:300]
    as_bytes, as_floats = (
        quick(augmentation="handwriting").fit(X.astype(dtype), y).predict_proba(X)
        for dtype in (np.uint8, np.float64)
    )
    np.testing.assert_array_equal(as_bytes, as_floats)


def test_only_training_images_are_changed(digits):
    X, y = digits[0][:600], digits[1][:600]
    classifier = quick(
        augmentation=Augmentation(shift=0.5, rotation=180), early_stopping=True
    ).set_params(epochs=6)
    history = classifier.fit(X, y).history_
    # Images thrown all over the place are far harder than those left alone.
    assert history["val_accuracy"][-1] > history["accuracy"][-1]


def test_parameters_can_be_searched():
    classifier = quick(augmentation=Augmentation(rotation=5))
    twin = clone(classifier).set_params(augmentation__rotation=20)
    assert classifier.augmentation == Augmentation(rotation=5)
    assert twin.augmentation == Augmentation(rotation=20)
    with pytest.raises(ValueError, match="Augmentation"):
        quick(augmentation="light").set_params(augmentation__rotation=20)


@pytest.mark.parametrize(
    ("augmentation", "says"),
    [
        (Augmentation(shift=3), "fraction, at least 0 and below 1, of height and width.*Got 3 "),
        (Augmentation(zoom=1.1), "fraction, at least 0 and below 1, of the size.*Got 1.1 "),
    ],
    ids=["shift in pixels", "zoom as a factor"],
)
def test_what_is_no_fraction_is_refused_with_what_it_is_a_fraction_of(augmentation, says):
    with pytest.raises(ValueError, match=says):
        augmentation.validate()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rotation", -1),
        ("zoom", 1.0),
        ("shear", 90),
        ("shift", -0.1),
        ("shift", 1),
        ("elastic", -1),
        ("stroke", 2),
        ("blur", 1.5),
    ],
)
def test_bad_parameters_are_refused_by_name(name, value, small_digits):
    with pytest.raises(ValueError, match=f"'{name}' parameter of Augmentation"):
        quick(augmentation=Augmentation(**{name: value})).fit(*small_digits)
