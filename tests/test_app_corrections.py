"""What the page of `mnistcnn demo` keeps: digits with the labels that they should have had."""

import numpy as np
import pytest
from PIL import Image

from image_files import as_drawn
from mnistcnn.datasets import load_labeled

pytest.importorskip("gradio", reason="the page needs Gradio: pip install 'mnistcnn[demo]'")

from mnistcnn.app import Corrections
from mnistcnn.app._keeping import keep_drawing, keep_image

MARKUP = "<b>7</b>"


@pytest.fixture
def corrections(tmp_path):
    return Corrections(tmp_path / "corrected.npz")


class TestCorrections:
    def test_are_what_the_library_loads(self, corrections, digits):
        X, y = digits
        for number, (image, label) in enumerate(zip(X[:3], y[:3], strict=True), start=1):
            assert corrections.add(image.reshape(28, 28), int(label)) == number
        images, labels = load_labeled(corrections.path)
        np.testing.assert_array_equal(images, X[:3])
        np.testing.assert_array_equal(labels, y[:3])
        assert labels.dtype == np.int64

    def test_are_added_to_those_that_are_there(self, corrections, digits):
        images = digits[0].reshape(-1, 28, 28)
        corrections.add(images[0], 1)
        assert Corrections(corrections.path).add(images[1], 2) == 2

    def test_the_last_label_of_a_digit_counts(self, corrections, digits):
        images = digits[0].reshape(-1, 28, 28)
        for image, label in ((images[0], 1), (images[1], 2), (images[0], 7)):
            n_images = corrections.add(image, label)
        assert n_images == 2
        np.testing.assert_array_equal(load_labeled(corrections.path)[1], [2, 7])

    def test_are_no_more_than_the_file_may_hold(self, tmp_path, digits):
        images = digits[0].reshape(-1, 28, 28)
        corrections = Corrections(tmp_path / "few.npz", max_images=2)
        for label in (0, 1):
            corrections.add(images[label], label)
        before = corrections.path.read_bytes()
        with pytest.raises(ValueError, match=r"few\.npz is full: it holds 2 digits"):
            corrections.add(images[2], 2)
        assert corrections.path.read_bytes() == before
        assert corrections.add(images[1], 5) == 2

    def test_text_and_numbers_do_not_mix(self, corrections, digits):
        image = digits[0][0].reshape(28, 28)
        corrections.add(image, "four")
        corrections.check_labels(["three", "four"])
        with pytest.raises(ValueError, match="both numbers and text"):
            corrections.check_labels(range(10))
        with pytest.raises(ValueError, match="labels of another kind"):
            corrections.add(image, 4)

    def test_networks_with_text_and_with_numbers_are_refused_together(self, corrections):
        with pytest.raises(ValueError, match="both numbers and text"):
            corrections.check_labels([0, 1, "zero"])

    @pytest.mark.parametrize(
        "arrays",
        [
            {"x_train": np.zeros((1, 784), np.uint8), "y_train": [1]},
            {"X": np.zeros((1, 784), np.uint8), "y": [1], "names": ["mine"]},
            {"X": np.zeros((1, 784)), "y": [1]},
            {"X": np.zeros((1, 64), np.uint8), "y": [1]},
            {"X": np.zeros((2, 784), np.uint8), "y": [1]},
            {"X": np.zeros((1, 784), np.uint8), "y": np.array([{}], dtype=object)},
        ],
        ids=["MNIST's", "more", "floats", "8x8", "labels missing", "objects"],
    )
    def test_other_data_are_left_alone(self, tmp_path, arrays):
        path = tmp_path / "other.npz"
        np.savez(path, **arrays)
        before = path.read_bytes()
        with pytest.raises(ValueError, match=r"nothing else; .*other\.npz does not"):
            Corrections(path)
        assert path.read_bytes() == before

    @pytest.mark.parametrize("content", [b"", b"Dear reader", b"PK\3\4", b"\x80\4N."])
    def test_what_is_no_archive_is_left_alone(self, tmp_path, content):
        path = tmp_path / "letter.npz"
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"nothing else; .*letter\.npz does not"):
            Corrections(path)
        assert path.read_bytes() == content

    def test_a_damaged_archive_is_left_alone(self, corrections, digits):
        corrections.add(digits[0][0].reshape(28, 28), 1)
        content = bytearray(corrections.path.read_bytes())
        content[300] ^= 0xFF
        corrections.path.write_bytes(content)
        with pytest.raises(ValueError, match="nothing else"):
            Corrections(corrections.path)

    def test_another_name_or_folder_is_refused(self, tmp_path):
        with pytest.raises(ValueError, match=r"must be an \.npz file"):
            Corrections(tmp_path / "corrected.csv")
        with pytest.raises(FileNotFoundError):
            Corrections(tmp_path / "nowhere" / "corrected.npz")


class TestKeeping:
    def test_a_drawing_is_kept_in_the_form_that_the_network_saw(
        self, page_reader, corrections, written_digit
    ):
        image = written_digit(4)
        said = keep_drawing(page_reader, as_drawn(image), "9", corrections=corrections)
        assert "Kept as 9. Digits to train on: 1." in said
        X, y = load_labeled(corrections.path)
        np.testing.assert_array_equal(X.reshape(28, 28), page_reader.read(image).image)
        np.testing.assert_array_equal(y, [9])

    def test_an_image_is_kept(self, page_reader, corrections, written_digit, tmp_path):
        written_digit(4).save(tmp_path / "4.png")
        value = {"path": str(tmp_path / "4.png")}
        said = keep_image(page_reader, value, "4", corrections=corrections, uploads=tmp_path)
        assert "Kept as 4" in said

    @pytest.mark.parametrize("value", [None, "", as_drawn(Image.new("L", (280, 280), 255))])
    def test_an_empty_drawing_is_not(self, page_reader, corrections, value):
        said = keep_drawing(page_reader, value, "4", corrections=corrections)
        assert "There is no digit to keep." in said
        assert not corrections.path.exists()

    @pytest.mark.parametrize("label", ["10", "", "four", 4, ["4"], {"label": "4"}, MARKUP])
    def test_a_label_that_is_no_class_is_not(self, page_reader, corrections, written_digit, label):
        said = keep_drawing(page_reader, as_drawn(written_digit(4)), label, corrections=corrections)
        assert "is not a label of this network" in said
        assert "<b>" not in said
        assert not corrections.path.exists()

    def test_no_label_is_asked_for(self, page_reader, corrections, written_digit):
        said = keep_drawing(page_reader, as_drawn(written_digit(4)), None, corrections=corrections)
        assert "Choose what it is first." in said

    def test_several_digits_are_not(self, page_reader, corrections, written_sheet):
        value = as_drawn(written_sheet([[3, 1]]))
        said = keep_drawing(page_reader, value, "3", corrections=corrections)
        assert "several digits" in said
        assert not corrections.path.exists()

    def test_an_image_of_several_digits_is_not(
        self, page_reader, corrections, written_sheet, tmp_path
    ):
        written_sheet([[3, 1]]).save(tmp_path / "31.png")
        value = {"path": str(tmp_path / "31.png")}
        said = keep_image(page_reader, value, "3", corrections=corrections, uploads=tmp_path)
        assert "several digits" in said
        assert not corrections.path.exists()

    def test_a_file_outside_the_uploads_is_not(
        self, page_reader, corrections, written_digit, tmp_path
    ):
        written_digit(4).save(tmp_path / "4.png")
        (tmp_path / "uploads").mkdir()
        value = {"path": str(tmp_path / "4.png")}
        uploads = tmp_path / "uploads"
        said = keep_image(page_reader, value, "4", corrections=corrections, uploads=uploads)
        assert "not uploaded" in said
        assert not corrections.path.exists()

    def test_a_file_that_has_changed_meanwhile_is_left_alone(
        self, page_reader, corrections, written_digit
    ):
        corrections.path.write_bytes(b"something else")
        said = keep_drawing(page_reader, as_drawn(written_digit(4)), "4", corrections=corrections)
        assert "Not kept" in said
        assert corrections.path.read_bytes() == b"something else"

    def test_a_folder_that_is_gone_is_said(self, page_reader, written_digit, tmp_path):
        (tmp_path / "gone").mkdir()
        corrections = Corrections(tmp_path / "gone" / "corrected.npz")
        (tmp_path / "gone").rmdir()
        said = keep_drawing(page_reader, as_drawn(written_digit(4)), "4", corrections=corrections)
        assert "Not kept: the file cannot be written" in said
        assert str(tmp_path) not in said
