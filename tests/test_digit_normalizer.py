"""DigitNormalizer: any image of a digit in MNIST's form."""

import os
import pickle
import sys
import warnings
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image
from sklearn.base import clone
from sklearn.exceptions import SkipTestWarning
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import estimator_checks_generator

from image_files import content_of
from mnistcnn import (
    DigitNormalizer,
    EmptyImageError,
    UnreadableImageError,
    fetch_mnist,
    load_sample_digits,
)
from mnistcnn.handwriting import to_emnist_form, to_mnist_form
from mnistcnn.handwriting._digit_normalizer import _steps_of
from mnistcnn.handwriting._normalization import ALL_STEPS
from normalizing import difference, drawing, normalized

ROOT = Path(__file__).parents[1]
# The simulated images belong to the repository, not to the installed package.
sys.path.insert(0, str(ROOT))

from benchmarks._pen import strokes_of  # noqa: E402
from benchmarks._scenes import SEVERITIES, TRANSFORMATIONS, Scene  # noqa: E402

MNIST = os.environ.get("MNISTCNN_DATA")
IMAGES = load_sample_digits().images[:200]
TARGET = load_sample_digits().target[:200]
SCENES = {transformation.name: transformation for transformation in TRANSFORMATIONS}
# Their strokes differ from those of a usual pen by design, so pixels cannot be compared.
OTHER_STROKES = {"broken line", "cut out of few pixels", "thick pen"}
CASES = [(name, severity) for name in SCENES for severity in SEVERITIES
         if name not in OTHER_STROKES]  # fmt: skip


@pytest.fixture(scope="module")
def strokes():
    return [strokes_of(IMAGES[index]) for index in range(10)]


@pytest.fixture(scope="module")
def nearest():
    """Tell which of the sample digits a normalized one is most like."""
    rows = DigitNormalizer().transform(IMAGES).reshape(len(IMAGES), -1)
    return KNeighborsClassifier(1).fit(rows, TARGET)


# ---- its contract as a transformer


def test_passes_those_of_scikit_learns_checks_that_need_no_table():
    with warnings.catch_warnings():
        # It says that nearly all of its checks need tables.
        warnings.simplefilter("ignore", SkipTestWarning)
        for estimator, check in estimator_checks_generator(DigitNormalizer()):
            check(estimator)


def test_tags_say_that_nothing_is_learned_and_images_are_taken():
    tags = get_tags(DigitNormalizer())
    assert not tags.requires_fit
    assert not tags.input_tags.two_d_array
    assert tags.input_tags.three_d_array
    assert not tags.target_tags.required


def test_the_command_takes_the_steps_that_are_the_default_here():
    assert _steps_of(DigitNormalizer()) == ALL_STEPS


def test_parameters_are_kept_cloned_and_set():
    parameters = {
        "style": "emnist", "polarity": "light_on_dark", "level_light": False,
        "remove_noise": False, "remove_lines": False, "remove_specks": False,
        "smooth_small": False, "broaden_hairlines": False, "empty": "blank", "n_jobs": 2,
    }  # fmt: skip
    normalizer = DigitNormalizer(**parameters)
    assert normalizer.get_params() == parameters
    assert clone(normalizer).get_params() == parameters
    assert DigitNormalizer().set_params(**parameters).get_params() == parameters
    assert DigitNormalizer().get_params().keys() == parameters.keys()


def test_fit_learns_nothing_and_returns_itself():
    normalizer = DigitNormalizer()
    before = dict(vars(normalizer))
    assert normalizer.fit([drawing()], [1]) is normalizer
    assert vars(normalizer) == before


def test_fit_and_pickles_change_no_result():
    expected = DigitNormalizer().transform([drawing()])
    for normalizer in (
        DigitNormalizer().fit([drawing()]),
        pickle.loads(pickle.dumps(DigitNormalizer())),
        clone(DigitNormalizer().fit([drawing()])),
    ):
        np.testing.assert_array_equal(normalizer.transform([drawing()]), expected)
    np.testing.assert_array_equal(DigitNormalizer().fit_transform([drawing()]), expected)


def test_each_image_is_treated_for_itself():
    images = [drawing(), drawing(60), IMAGES[3]]
    together = DigitNormalizer().transform(images)
    for image, digit in zip(images, together, strict=True):
        np.testing.assert_array_equal(normalized(image), digit)


def test_images_are_left_as_they_were():
    images = [drawing(), drawing().astype(float), IMAGES[0].copy()]
    copies = [image.copy() for image in images]
    DigitNormalizer().transform(images)
    for image, copy in zip(images, copies, strict=True):
        np.testing.assert_array_equal(image, copy)


def test_stands_in_a_pipeline_before_a_classifier():
    from mnistcnn import DigitCNNClassifier

    small = [Image.fromarray(image).resize((40, 50)) for image in IMAGES[:60]]
    pipeline = make_pipeline(
        DigitNormalizer(), DigitCNNClassifier("baseline", epochs=1, random_state=0)
    )
    assert pipeline.fit(small, TARGET[:60]).predict([np.asarray(small[0]), small[1]]).shape == (2,)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("style", "mnist28"), ("polarity", "dark"), ("empty", "skip"), ("n_jobs", 1.5),
        ("level_light", "yes"), ("remove_noise", 3), ("remove_lines", None),
        ("remove_specks", 0.1), ("smooth_small", "no"), ("broaden_hairlines", 2),
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["fit", "transform"])
def test_refuses_an_invalid_parameter(parameter, value, method):
    normalizer = DigitNormalizer(**{parameter: value})
    with pytest.raises(ValueError, match=f"'{parameter}' parameter of DigitNormalizer must be"):
        getattr(normalizer, method)([drawing()])


# ---- what it takes


def test_kinds_of_the_same_image_give_the_same_digit(tmp_path):
    image = drawing()
    path = tmp_path / "one.png"
    path.write_bytes(content_of(Image.fromarray(image)))
    kinds = [
        image, image.tolist(), image.astype(np.float64), image / 255,
        image.astype(np.uint16) * 257, np.stack([image] * 3, axis=2), Image.fromarray(image),
        path, str(path), path.read_bytes(), BytesIO(path.read_bytes()), {"composite": image},
    ]  # fmt: skip
    digits = DigitNormalizer().transform(kinds)
    assert digits.shape == (len(kinds), 28, 28)
    assert digits.dtype == np.uint8
    for digit in digits[1:]:
        np.testing.assert_array_equal(digit, digits[0])


def test_takes_arrays_of_many_images():
    gray = np.stack([drawing(), drawing().T])
    expected = DigitNormalizer().transform(list(gray))
    for images in (gray, np.stack([gray] * 3, axis=3), iter(gray), gray[..., np.newaxis]):
        np.testing.assert_array_equal(DigitNormalizer().transform(images), expected)


def test_scikit_learns_digits_from_0_to_16_are_taken_as_they_are():
    from sklearn.datasets import load_digits

    images = load_digits().images[:20]
    np.testing.assert_array_equal(
        DigitNormalizer().transform(images), DigitNormalizer().transform(images / 16)
    )


@pytest.mark.parametrize("n_jobs", [2, -1])
def test_more_processes_give_the_same_digits(n_jobs):
    # A file that was just written stands at its end.
    file = BytesIO()
    file.write(content_of(Image.fromarray(drawing())))
    images = [*IMAGES, file]
    alone = DigitNormalizer().transform([*IMAGES, drawing()])
    np.testing.assert_array_equal(DigitNormalizer(n_jobs=n_jobs).transform(images), alone)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (drawing(), r"got one of shape \(200, 200\); wrap a single image in a list"),
        (np.zeros((5, 784)), r"reshape flat rows to \(n, h, w\)"),
        (np.zeros((200, 200, 3)), "looks like one image with 3 channels; wrap"),
        (np.zeros((200, 200, 1)), "looks like one image with 1 channels; wrap"),
        (np.zeros((20, 20)).tolist(), r"row of numbers in X\[0\]; wrap"),
        (np.array(5), "got a single ndarray; wrap"),
        ("digit.png", "got a single str; wrap a single image in a list"),
        (Path("digit.png"), "got a single .*Path; wrap"),
        (b"", "got a single bytes; wrap"),
        (Image.new("L", (9, 9)), "got a single Image; wrap"),
        ({"composite": drawing()}, "got a single dict; wrap"),
        (BytesIO(), "got a single BytesIO; wrap"),
        (3, "got a single int; wrap"),
        ([], "at least one image, got none"),
        ([drawing(), np.full((9, 9), np.nan)], r"X\[1\] must hold finite numbers only, got NaN"),
        ([drawing(), drawing() - 300.0], r"X\[1\] must hold no negative values, got -300"),
        ([drawing(), [1, 2]], r"X\[1\] must be an array"),
        ([drawing(), None], r"X\[1\] must be an array"),
    ],
)
def test_refuses_what_is_no_batch_of_images(images, message):
    with pytest.raises(ValueError, match=message):
        DigitNormalizer().transform(images)


def test_names_the_file_that_is_no_image(tmp_path):
    path = tmp_path / "letter.png"
    path.write_bytes(content_of(Image.fromarray(drawing()))[:-40])
    with pytest.raises(UnreadableImageError, match=r"X\[1\]: .*letter.png is damaged"):
        DigitNormalizer().transform([drawing(), path])
    with pytest.raises(FileNotFoundError, match="missing.png"):
        DigitNormalizer().transform([tmp_path / "missing.png"])


# ---- images without ink


def grain(seed, level):
    noise = np.random.default_rng(seed).normal(level, 6, (200, 200))
    return np.clip(noise, 0, 255).astype(np.uint8)


BLANK = {
    "white": np.full((200, 200), 255, dtype=np.uint8),
    "black": np.zeros((200, 200), dtype=np.uint8),
    "gray": np.full((28, 28), 0.4),
    "one pixel": np.ones((1, 1)),
    "one row": np.zeros((1, 50)),
    "transparent": np.zeros((100, 100, 4), dtype=np.uint8),
    "noise": grain(0, 180),
    "noise on white": grain(1, 255),
    "noise on black": grain(2, 0),
    "slanting light": np.linspace(0.3, 0.9, 200)[:, np.newaxis] + np.zeros(200),
}


@pytest.mark.parametrize("side", [300, 1500])
@pytest.mark.parametrize("size", [0.035, 0.05, 0.07])
def test_a_digit_may_be_small_on_its_paper(side, size):
    for image in IMAGES[:10]:
        ink = image[np.ix_(image.any(axis=1), image.any(axis=0))]
        factor = size * side / max(ink.shape)
        small = Image.fromarray(ink).resize([max(1, round(factor * n)) for n in ink.shape[::-1]])
        paper = Image.new("L", (side, side), 255)
        paper.paste(Image.fromarray(255 - np.asarray(small)), (side // 3, side // 2))
        cut_out = np.pad(np.asarray(small), max(small.size))
        found, expected = DigitNormalizer().transform([np.asarray(paper), cut_out])
        assert overlap(found, expected) > 0.6


@pytest.mark.parametrize("name", BLANK)
def test_an_image_without_ink_is_named_or_made_blank(name):
    images = [drawing(), BLANK[name], drawing(), BLANK[name]]
    with pytest.raises(EmptyImageError, match=r"got none in X\[1\], X\[3\]; empty='blank'"):
        DigitNormalizer().transform(images)
    digits = DigitNormalizer(empty="blank").transform(images)
    assert not digits[[1, 3]].any()
    assert digits[[0, 2]].any(axis=(1, 2)).all()


# ---- what becomes of a digit


def transformed(image, scale, margins, inverted, quality):
    size = (round(scale * image.shape[1]), round(scale * image.shape[0]))
    large = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))
    large = np.pad(large, margins)
    if inverted:
        large = 255 - large
    if quality is None:
        return large
    file = BytesIO()
    Image.fromarray(large).save(file, "JPEG", quality=quality)
    return file.getvalue()


MARGIN = st.integers(0, 60)


@given(
    index=st.integers(0, len(IMAGES) - 1),
    scale=st.floats(2, 6),
    margins=st.tuples(st.tuples(MARGIN, MARGIN), st.tuples(MARGIN, MARGIN)),
    inverted=st.booleans(),
    quality=st.none() | st.integers(70, 95),
)
@settings(max_examples=150)
def test_size_place_polarity_and_compression_do_not_matter(
    nearest, index, scale, margins, inverted, quality
):
    digit = normalized(transformed(IMAGES[index], scale, margins, inverted, quality))
    # A digit that fills an image twice as large from edge to edge differs most, by up to 0.31.
    assert difference(normalized(IMAGES[index]), digit) < 0.35
    assert nearest.predict(digit.reshape(1, -1)) == TARGET[index]


@given(index=st.integers(0, len(IMAGES) - 1), style=st.sampled_from(["mnist", "emnist"]))
def test_turning_an_image_by_quarters_turns_its_digit(index, style):
    digit = normalized(IMAGES[index], style=style)
    turned = np.rot90(normalized(np.rot90(IMAGES[index]), style=style), -1)
    assert difference(digit, turned) < 0.12


@pytest.mark.slow
@pytest.mark.parametrize(("name", "severity"), CASES)
def test_strokes_are_found_in_simulated_images(name, severity, strokes):
    scene = SCENES[name].at(severity)
    ideal = Scene(side=scene.side if scene.side < 30 else 200, size=0.9, off_center=0, tilt=0)
    for index, digit_strokes in enumerate(strokes[:3]):
        straight = type(scene)(**{**vars(scene), "tilt": 0})
        taken = normalized(straight.image(digit_strokes, np.random.default_rng(index)))
        drawn = normalized(ideal.image(digit_strokes, np.random.default_rng(0)))
        assert overlap(taken, drawn) > 0.75, (name, severity, index)


def overlap(one, other):
    """How much of either digit's ink lies within a pixel of the other's."""
    near = [np.max([np.roll(digit, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)], axis=0)
            > 100 for digit in (one, other)]  # fmt: skip
    return min((near[0] & (other > 100)).sum() / (other > 100).sum(),
               (near[1] & (one > 100)).sum() / (one > 100).sum())  # fmt: skip


@pytest.mark.skipif(not MNIST, reason="MNISTCNN_DATA names no folder with MNIST")
def test_images_of_mnist_stay_nearly_as_they_are():
    images = fetch_mnist(data_home=MNIST, download_if_missing=False).images[:1000]
    digits = DigitNormalizer().transform(images).astype(int)
    assert np.abs(digits - images).mean() < 1.5
    assert (np.abs(digits - images).max(axis=(1, 2)) <= 30).mean() > 0.9


def test_digits_in_mnists_form_stay_as_they_are():
    digits = DigitNormalizer().transform(IMAGES).astype(int)
    again = np.stack([to_mnist_form(image) for image in IMAGES]).astype(int)
    assert np.abs(digits - again).mean() < 1


@pytest.mark.parametrize("turned", [False, True])
def test_emnist_form_leaves_a_digit_upright_in_the_middle(turned):
    scan = np.zeros((60, 90))
    scan[10:50, 70:80] = 1
    digit = to_emnist_form(scan.T if turned else scan)
    rows, columns = (np.flatnonzero((digit > 127).any(axis=axis))[[0, -1]] for axis in (1, 0))
    length, breadth = (columns, rows) if turned else (rows, columns)
    assert length.tolist() == [2, 25]
    assert breadth.sum() == 27
    assert 5 <= np.ptp(breadth) <= 6


def test_style_says_which_form_it_is():
    stroke = np.where(drawing() == 0, 1.0, 0.0)
    np.testing.assert_array_equal(normalized(drawing()), to_mnist_form(stroke))
    emnist = normalized(drawing(), style="emnist")
    assert difference(to_emnist_form(stroke), emnist) < 0.05
    rows = np.flatnonzero((emnist > 100).any(axis=1))
    assert (rows[0], rows[-1]) == (2, 25)


@example(IMAGES[0][:1, :1] + 1)
@given(st.builds(lambda seed, h, w: np.random.default_rng(seed).integers(0, 256, (h, w)),
                 st.integers(0, 99), st.integers(1, 60), st.integers(1, 60)))  # fmt: skip
@settings(max_examples=60)
def test_no_image_makes_it_fail(image):
    for style in ("mnist", "emnist"):
        digit = normalized(image, empty="blank", style=style)
        assert digit.shape == (28, 28)
