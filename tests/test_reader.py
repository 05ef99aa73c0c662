"""Whole sheets are read: the classifier decides what of the ink is which digit."""

import numpy as np
import pytest
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont
from sklearn.exceptions import NotFittedError
from sklearn.neighbors import KNeighborsClassifier

from mnistcnn import (
    DigitCNNClassifier,
    DigitReader,
    ReadDigit,
    Reading,
    load_pretrained,
    load_reader,
    load_sample_digits,
)
from readers import SCALE, Answering, text_of

# Each asks the pretrained network.
pytestmark = pytest.mark.slow


def unsure(X):
    return np.full((len(X), 10), 0.1)


@pytest.fixture(scope="module")
def paper(line_of):
    return line_of([4, 0, 7])[0]


class TestText:
    def test_digits_that_stand_apart(self, reader, line_of):
        assert text_of(reader, line_of(range(10))[0]) == "0123456789"

    def test_lines_are_read_from_the_top(self, reader, line_of):
        lines = [line_of(labels)[0] for labels in ([3, 1, 4], [1, 5, 9])]
        width = max(line.shape[1] for line in lines)
        lines = [
            np.pad(line, ((0, 0), (0, width - line.shape[1])), constant_values=255)
            for line in lines
        ]
        assert text_of(reader, np.concatenate(lines)) == "314\n159"

    @pytest.mark.parametrize("label", [0, 2, 5, 7, 9])
    def test_a_broad_digit_is_one(self, reader, line_of, label):
        assert text_of(reader, line_of([label], width=1.6)[0]) == str(label)

    @pytest.mark.parametrize("labels", [[3, 4], [5, 6], [0, 0], [2, 3, 5]])
    def test_digits_that_touch_are_cut_apart(self, reader, line_of, labels):
        image, _ = line_of(labels, apart=-1)
        assert text_of(reader, image) == "".join(map(str, labels))

    def test_light_ink_on_a_dark_board(self, reader, line_of):
        assert text_of(reader, 255 - line_of([2, 7, 1])[0]) == "271"

    def test_several_images_are_read_as_one_by_one(self, reader, line_of):
        images = [line_of(labels)[0] for labels in ([1, 2], [3], [4, 5, 6])]
        together = [reading.text for reading in reader.read(images)]
        assert together == [text_of(reader, image) for image in images] == ["12", "3", "456"]

    def test_a_file(self, reader, line_of, tmp_path):
        Image.fromarray(line_of([8, 6])[0]).save(tmp_path / "sheet.png")
        assert text_of(reader, tmp_path / "sheet.png") == "86"


class TestGround:
    @pytest.mark.parametrize("gray", [30, 60, 90])
    @pytest.mark.parametrize("margin", [6, 40])
    def test_a_sheet_on_a_dark_desk(self, reader, paper, gray, margin):
        assert text_of(reader, np.pad(paper, margin, constant_values=gray)) == "407"

    def test_a_desk_at_one_side(self, reader, paper):
        desk = np.pad(paper, ((0, 0), (0, 50)), constant_values=40)
        assert text_of(reader, desk) == "407"

    @pytest.mark.parametrize("bars", [((50, 50), (0, 0)), ((0, 0), (50, 50))])
    def test_black_bars(self, reader, paper, bars):
        assert text_of(reader, np.pad(paper, bars)) == "407"

    @pytest.mark.parametrize("thickness", [3, 8, 20])
    def test_a_frame(self, reader, paper, thickness):
        framed = np.pad(np.pad(paper, thickness), 5, constant_values=255)
        assert text_of(reader, framed) == "407"

    @pytest.mark.parametrize("angle", [-5, 5])
    def test_black_corners(self, reader, paper, angle):
        turned = Image.fromarray(paper).rotate(angle, Image.Resampling.BICUBIC, expand=True)
        assert text_of(reader, turned) == "407"

    def test_light_writing_on_a_dark_part_is_not_erased(self, line_of):
        above, below = line_of([5, 0])[0], line_of([4, 1])[0]
        width = max(above.shape[1], below.shape[1])
        above, below = (
            np.pad(part, ((0, 0), (0, width - part.shape[1])), constant_values=255)
            for part in (above, below)
        )
        (reading,) = DigitReader(load_pretrained()).read([np.concatenate([255 - above, below])])
        n_found = sum(map(len, reading.lines)) + len(reading.rejected)
        assert n_found >= 3

    def test_a_long_strip_is_read_at_its_size(self, reader, line_of):
        image, _ = line_of([1, 8, 3])
        strip = np.pad(image, ((0, 0), (0, 9000)), constant_values=255)
        assert text_of(reader, strip) == "183"

    def test_a_sliver_of_what_is_beside_the_paper(self, reader, paper):
        photograph = paper.copy()
        photograph[20:110, -2:] = 60
        assert text_of(reader, photograph) == "407"


class TestStraightStrokes:
    @pytest.mark.parametrize("width", [3, 5, 8])
    @pytest.mark.parametrize(
        ("label", "points"),
        [
            ("7", [(60, 50), (130, 50), (130, 150)]),
            ("1", [(100, 150), (100, 50)]),
            ("4", [(70, 50), (70, 105), (130, 105)]),
        ],
    )
    def test_are_no_rules(self, reader, width, label, points):
        image = Image.new("L", (200, 200), 255)
        draw = ImageDraw.Draw(image)
        draw.line(points, fill=0, width=width)
        if label == "4":
            draw.line([(115, 50), (115, 160)], fill=0, width=width)
        assert text_of(reader, image) == label


class TestDigits:
    def test_boxes_are_where_the_digits_are(self, reader, line_of):
        image, boxes = line_of([3, 8, 5])
        (line,) = reader.read([image])[0].lines
        for digit, (x, y, width, height) in zip(line, boxes, strict=True):
            assert np.abs(np.subtract(digit.box, (x, y, width, height))).max() <= 3 * SCALE

    def test_boxes_of_digits_that_touch_lie_side_by_side(self, reader, line_of):
        image, boxes = line_of([5, 6], apart=-1)
        (line,) = reader.read([image])[0].lines
        for digit, (x, _, width, _) in zip(line, boxes, strict=True):
            assert abs(digit.box[0] - x) <= 3 * SCALE
            assert abs(digit.box[2] - width) <= 4 * SCALE

    def test_probabilities_are_the_classifiers(self, reader, line_of):
        alone = DigitReader(reader.classifier)
        (digit,) = alone.read([line_of([6])[0]])[0].lines[0]
        expected = reader.classifier.predict_proba(digit.image.reshape(1, -1))[0]
        assert digit.label == 6
        assert digit.probability == pytest.approx(expected[6], abs=1e-5)
        labels = [digit.label, *(label for label, _ in digit.alternatives)]
        assert sorted(labels) == list(range(10))
        others = [probability for _, probability in digit.alternatives]
        assert others == sorted(others, reverse=True)
        assert digit.probability + sum(others) == pytest.approx(1, abs=1e-5)


class TestNoDigits:
    @pytest.mark.parametrize("gray", [0, 128, 255])
    def test_an_empty_page(self, reader, gray):
        (reading,) = reader.read([np.full((300, 400), gray, dtype=np.uint8)])
        assert (reading.text, reading.lines, reading.rejected) == ("", (), ())

    def test_a_blot_is_left_out_and_named(self, reader, line_of):
        image, _ = line_of([1, 2])
        rows, columns = np.ogrid[: image.shape[0], : image.shape[1] + 80]
        image = np.pad(image, ((0, 0), (0, 80)), constant_values=255)
        middle = image.shape[1] - 50
        image[(rows - image.shape[0] // 2) ** 2 + (columns - middle) ** 2 < 20**2] = 0
        (reading,) = reader.read([image])
        assert reading.text == "12"
        ((x, _, width, _),) = reading.rejected
        assert x <= middle <= x + width

    def test_what_is_too_doubtful_is_left_out(self, line_of):
        image, boxes = line_of([1, 2])
        (reading,) = DigitReader(Answering(unsure)).read([image])
        assert (reading.text, len(reading.rejected)) == ("", len(boxes))
        (reading,) = DigitReader(Answering(unsure), min_probability=0.05).read([image])
        assert reading.rejected == ()

    def test_a_doubtful_one_of_two_that_touch_is_named(self, line_of):
        def answer(X):
            is_broad = X.reshape(-1, 28, 28).any(axis=1).sum(axis=1) > 19
            has_hole = X.reshape(-1, 28, 28)[:, 14, 14] < 100
            sure = np.where(is_broad, 0.15, np.where(has_hole, 0.9, 0.2))
            return np.where(np.arange(10) == 0, sure[:, np.newaxis], (1 - sure[:, np.newaxis]) / 9)

        image, boxes = line_of([0, 0], apart=-1)
        (reading,) = DigitReader(Answering(answer)).read([image])
        assert len(reading.text) + len(reading.rejected) >= 1
        covered = [digit.box for line in reading.lines for digit in line] + [*reading.rejected]
        assert max(x + width for x, _, width, _ in covered) >= boxes[1][0] + boxes[1][2] - 6
        assert min(x for x, _, _, _ in covered) <= boxes[0][0] + 6

    @pytest.mark.parametrize("kind", ["noise", "checkerboard", "squared paper", "scribble"])
    def test_a_classifier_is_asked_for_a_bounded_number_of_images(self, kind):
        asked = []

        def answer(X):
            asked.append(len(X))
            return unsure(X)

        rows, columns = np.indices((600, 900))
        image = {
            "noise": np.random.default_rng(0).integers(0, 256, (600, 900)),
            "checkerboard": 255 * ((rows // 20 + columns // 20) % 2),
            "squared paper": 255 * ((rows % 30 > 2) & (columns % 30 > 2)),
            "scribble": 255 * (np.abs(rows - 300 - 80 * np.sin(columns / 9)) > 6),
        }[kind]
        DigitReader(Answering(answer)).read([image.astype(np.uint8)])
        assert sum(asked) < 40_000


class TestPartClassifier:
    """A classifier that tells digits, pieces of them, several and other things apart."""

    @staticmethod
    def saying(verdict):
        """Return one that says the same of every part."""
        classes = ("0", "1", "other", "piece", "several")
        row = np.where(np.array(classes) == verdict, 0.96, 0.01)
        return Answering(lambda X: np.tile(row, (len(X), 1)), classes)

    @pytest.mark.parametrize("label", [0, 3, 6, 8])
    def test_strokes_of_one_digit_that_are_apart_come_together(self, reader, line_of, label):
        image, [(left, top, width, height)] = line_of([label])
        broken = image.copy()
        broken[:, left + width // 2 - 1 : left + width // 2 + 3] = 255
        (reading,) = reader.read([broken])
        assert reading.text == str(label)
        (x, y, found_width, found_height) = reading.lines[0][0].box
        assert x <= left + 6
        assert x + found_width >= left + width - 6
        assert (y, found_height) == (pytest.approx(top, abs=6), pytest.approx(height, abs=9))

    @pytest.mark.parametrize("verdict", ["piece", "several", "other"])
    def test_what_is_no_single_digit_is_left_out(self, line_of, verdict):
        image, boxes = line_of([1, 0])
        reader = DigitReader(load_pretrained(), part_classifier=self.saying(verdict))
        (reading,) = reader.read([image])
        assert reading.text == ""
        assert min(x for x, *_ in reading.rejected) == pytest.approx(boxes[0][0], abs=3)

    def test_both_classifiers_count_for_a_label(self, line_of):
        ones = Answering(lambda X: np.tile([0.4, 0.6], (len(X), 1)), (0, 1))
        assert text_of(DigitReader(ones), line_of([0])[0]) == "1"
        image, _ = line_of([0])
        reader = DigitReader(ones, part_classifier=self.saying("0"))
        (digit,) = reader.read([image])[0].lines[0]
        assert (digit.label, digit.probability) == (0, pytest.approx(0.51, abs=0.03))

    def test_labels_that_it_does_not_know_are_the_other_ones(self, line_of):
        letters = Answering(lambda X: np.tile([0.1, 0.9], (len(X), 1)), ("N", "O"))
        reader = DigitReader(letters, part_classifier=self.saying("0"))
        assert text_of(reader, line_of([0, 0])[0]) == "OO"

    def test_a_digit_of_which_only_the_label_is_in_doubt_is_not_cut(self, line_of):
        def answer(X):
            is_cut = X[..., 1].reshape(len(X), -1).any(axis=1, keepdims=True)
            return np.where(is_cut, [0.02, 0.62, 0.12, 0.12, 0.12], [0.46, 0.42, 0.04, 0.04, 0.04])

        unsure = Answering(lambda X: np.full((len(X), 2), 0.5), (0, 1))
        of_parts = Answering(answer, ("0", "1", "other", "piece", "several"))
        (reading,) = DigitReader(unsure, part_classifier=of_parts).read([line_of([0])[0]])
        assert len(reading.text) == 1

    def test_one_comes_with_a_reader_of_digits_only(self, reader, line_of):
        X, y = load_sample_digits(return_X_y=True)
        nearest = KNeighborsClassifier(1).fit(X, y)
        own = load_reader(nearest)
        assert own.classifier is nearest
        assert own.part_classifier.classes_.tolist() == reader.part_classifier.classes_.tolist()
        assert text_of(own, line_of([0, 1, 2])[0]) == "012"
        assert load_reader(nearest.fit(X, np.array(list("abcdefghij"))[y])).part_classifier is None

    def test_labels_that_are_numbers_of_letters_are_not_taken_for_pairs(self, reader, line_of):
        # As EMNIST numbers its classes: 10 is an A, and "10" a pair to the classifier of parts.
        classes = tuple(range(47))
        sure_of_10 = Answering(lambda X: np.tile(np.eye(47)[10], (len(X), 1)), classes)
        assert load_reader(sure_of_10).part_classifier is None
        image, _ = line_of([0, 3])
        with_parts = DigitReader(sure_of_10, part_classifier=reader.part_classifier)
        assert text_of(with_parts, image) == "10 10"

    @pytest.mark.parametrize("known", [(1, 2, 3), ("1", "2", "3")])
    def test_digits_that_the_classifier_does_not_know_are_rejected(self, line_of, known):
        X, y = load_sample_digits(return_X_y=True)
        some = np.isin(y, (1, 2, 3))
        of_three = KNeighborsClassifier(1).fit(X[some], np.array(known)[y[some] - 1])
        image, boxes = line_of([7, 1, 3, 0, 2, 4])
        (reading,) = load_reader(of_three).read([image])
        assert reading.text == "132"
        assert all(digit.probability > 0.9 for digit in reading.lines[0])
        lefts = [boxes[place][0] for place in (0, 3, 5)]
        assert sorted(x for x, *_ in reading.rejected) == pytest.approx(lefts, abs=6)

    def test_a_probability_is_that_of_the_label_being_known(self, line_of):
        ones = Answering(lambda X: np.tile([0.0, 1.0], (len(X), 1)), (0, 1))
        row = [0.0, 0.25, 0.75, 0.0]
        of_parts = Answering(lambda X: np.tile(row, (len(X), 1)), ("0", "1", "7", "piece"))
        reader = DigitReader(ones, part_classifier=of_parts, min_probability=0.2)
        (digit,) = reader.read([line_of([1])[0]])[0].lines[0]
        assert (digit.label, digit.probability) == (1, pytest.approx(0.25, abs=0.01))
        assert text_of(reader.set_params(min_probability=0.3), line_of([1])[0]) == ""

    def test_it_can_be_left_out(self, reader, line_of):
        own = load_reader(reader.classifier)
        image, _ = line_of([1, 0])
        without = own.set_params(part_classifier=None).read([image])
        assert without == DigitReader(reader.classifier).read([image])

    def test_it_must_be_fitted(self, reader, line_of):
        untrained = DigitReader(reader.classifier, part_classifier=DigitCNNClassifier())
        with pytest.raises(NotFittedError):
            untrained.read([line_of([1])[0]])

    def test_what_are_no_probabilities_is_refused(self, reader, line_of):
        wrong = Answering(lambda X: np.ones((len(X), 2)), ("0", "piece", "other"))
        with pytest.raises(ValueError, match="part_classifier must give a probability for each"):
            DigitReader(reader.classifier, part_classifier=wrong).read([line_of([1])[0]])


class TestLabelsAsText:
    """Labels of several characters do not run together."""

    @pytest.mark.parametrize(
        ("classes", "text"),
        [
            (tuple(range(10)), "10"),
            (tuple(map(float, range(10))), "10"),
            (tuple("abcdefghij"), "ba"),
            (tuple(range(9, 19)), "10 9"),
            (("no", "yes", *"cdefghij"), "yes no"),
        ],
    )
    def test_a_space_is_between_labels_if_any_class_has_several_characters(
        self, reader, line_of, classes, text
    ):
        named = Answering(reader.classifier.predict_proba, classes)
        image, _ = line_of([1, 0])
        assert text_of(load_reader(named), image) == text

    def test_the_classes_decide_and_not_the_labels_that_were_read(self):
        nothing = np.zeros((28, 28), np.uint8)
        letters = [
            ReadDigit(label, 0.9, (0, 0, 9, 9), ((12, 0.1),), nothing) for label in (1, 4, 1)
        ]
        reading = Reading(lines=((letters[0], letters[1]), (letters[2],)), rejected=())
        assert reading.text == "1 4\n1"


def printed(text, font="DejaVu Sans"):
    image = Image.new("L", (500, 120), 255)
    face = ImageFont.truetype(font_manager.findfont(font), 48)
    ImageDraw.Draw(image).text((20, 20), text, fill=20, font=face)
    return np.asarray(image)


@pytest.mark.parametrize("word", ["Bills", "Billy"])
def test_letters_among_letters_are_no_digits(word, reader):
    assert text_of(reader, printed(word, "DejaVu Serif")) == ""


@pytest.mark.parametrize(("text", "digits"), [("5 kg", "5"), ("24 h", "24"), ("x5", "5")])
def test_digits_beside_letters_are_read(text, digits, reader):
    assert digits in text_of(reader, printed(text))
