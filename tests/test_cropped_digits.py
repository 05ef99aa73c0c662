"""DigitNormalizer takes digits that are cut out of a page, and those on a plate before a wall."""

import numpy as np
import pytest
from PIL import Image
from sklearn.neighbors import KNeighborsClassifier

from mnistcnn import DigitNormalizer, find_digits, load_sample_digits

N_CROPS = 60


@pytest.fixture(scope="module")
def digits():
    return load_sample_digits()


@pytest.fixture(scope="module")
def nearest(digits):
    """Tell which of the sample digits a normalized one is most like."""
    rows = DigitNormalizer().transform(digits.images[:200]).reshape(200, -1)
    return KNeighborsClassifier(1).fit(rows, digits.target[:200])


def enlarged(image, side):
    """Return dark ink on white."""
    return 255 - np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC))


def cropped(page):
    """Return the box of the ink."""
    return page[np.ix_((page < 195).any(axis=1), (page < 195).any(axis=0))]


def accuracy(nearest, images, target):
    rows = DigitNormalizer().transform(images).reshape(len(images), -1)
    return (nearest.predict(rows) == target).mean()


@pytest.mark.parametrize("side", [60, 112, 400])
@pytest.mark.parametrize("inverted", [False, True])
def test_a_digit_may_be_cropped_to_its_ink(digits, nearest, side, inverted):
    crops = [cropped(enlarged(image, side)) for image in digits.images[:N_CROPS]]
    if inverted:
        crops = [255 - crop for crop in crops]
    assert accuracy(nearest, crops, digits.target[:N_CROPS]) > 0.95


@pytest.mark.parametrize("margin", [2, 6])
def test_a_narrow_margin_is_enough(digits, nearest, margin):
    crops = [cropped(enlarged(image, 112)) for image in digits.images[:N_CROPS]]
    padded = [np.pad(crop, margin, constant_values=255) for crop in crops]
    assert accuracy(nearest, padded, digits.target[:N_CROPS]) > 0.95


def test_the_boxes_of_found_digits_may_be_cut_out_of_the_page(digits, nearest):
    page = np.hstack([np.pad(enlarged(image, 84), 20, constant_values=255)
                      for image in digits.images[:10]])  # fmt: skip
    found = find_digits(page)
    crops = [page[y : y + h, x : x + w] for x, y, w, h in (digit.box for digit in found)]
    assert len(crops) == 10
    assert accuracy(nearest, crops, digits.target[:10]) == 1


@pytest.mark.parametrize("side", [40, 112])
def test_scikit_learns_digits_may_be_enlarged(nearest, side):
    from sklearn.datasets import load_digits

    bunch = load_digits()
    sixteenths = (bunch.images[:N_CROPS] * 15).astype(np.uint8)
    small = accuracy(nearest, list(sixteenths), bunch.target[:N_CROPS])
    large = [enlarged(image, side) for image in sixteenths]
    assert accuracy(nearest, large, bunch.target[:N_CROPS]) > small - 0.1


@pytest.mark.parametrize("margin", [4, 30, 65])
@pytest.mark.parametrize("inverted", [False, True])
def test_a_digit_may_stand_on_a_plate_before_a_wall(digits, nearest, margin, inverted):
    light = [
        (40 + (255 - enlarged(image, 150)) * 0.78).astype(np.uint8)
        for image in digits.images[:N_CROPS]
    ]
    plates = [np.pad(plate, margin, constant_values=200) for plate in light]
    if inverted:
        plates = [255 - plate for plate in plates]
    assert accuracy(nearest, plates, digits.target[:N_CROPS]) > 0.95
