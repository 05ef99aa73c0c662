"""read_images: which files are read, in which order, with which labels, and what is refused."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sklearn.utils import Bunch

from mnistcnn import UnreadableImageError, read_images
from mnistcnn.images._paths import natural_key


def save(path, gray=200, size=(5, 4)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, gray).save(path)


@pytest.fixture
def folder(tmp_path):
    """Six images in four folders, among files that are none."""
    for name in ("7/b10.png", "7/b9.png", "7/A1.JPG", "3/x.bmp", "3/deep/x2.webp", "0.png"):
        save(tmp_path / name)
    for name in ("notes.txt", ".hidden.png", ".cache/1.png", "7/._b9.png", "7/png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"no image")
    return tmp_path


def names(digits, folder):
    return [Path(name).relative_to(folder).as_posix() for name in digits.filenames]


IN_ORDER = ["0.png", "3/deep/x2.webp", "3/x.bmp", "7/A1.JPG", "7/b9.png", "7/b10.png"]


class TestFiles:
    @pytest.mark.parametrize("kind", [str, Path])
    def test_folder_gives_its_images_in_natural_order(self, folder, kind):
        digits = read_images(kind(folder))
        assert isinstance(digits, Bunch)
        assert names(digits, folder) == IN_ORDER
        assert digits.target is None
        assert digits.target_names is None
        assert digits.unreadable == {}
        assert "6 images" in digits.DESCR

    def test_pattern_gives_what_it_matches(self, folder):
        assert names(read_images(f"{folder}/7/b*.png"), folder) == ["7/b9.png", "7/b10.png"]
        assert names(read_images(f"{folder}/**/*.bmp"), folder) == ["3/x.bmp"]
        assert names(read_images(f"{folder}/[37]"), folder) == IN_ORDER[1:]
        assert names(read_images(f"{folder}/3/**"), folder) == IN_ORDER[1:3]

    def test_list_keeps_its_order_and_repetitions(self, folder):
        chosen = [folder / "7/b10.png", str(folder / "0.png"), folder / "3", folder / "0.png"]
        digits = read_images(iter(chosen))
        assert names(digits, folder) == ["7/b10.png", "0.png", *IN_ORDER[1:3], "0.png"]

    def test_file_with_brackets_in_its_name_is_itself(self, tmp_path):
        for name in ("digit[1].png", "digit1.png"):
            save(tmp_path / name)
        assert names(read_images(tmp_path / "digit[1].png"), tmp_path) == ["digit[1].png"]

    def test_home_folder_is_known(self, folder, monkeypatch):
        monkeypatch.setenv("HOME", str(folder))
        assert names(read_images("~/3/x.bmp"), folder) == ["3/x.bmp"]

    def test_links_to_folders_elsewhere_are_followed(self, folder, tmp_path_factory):
        elsewhere = tmp_path_factory.mktemp("elsewhere")
        save(elsewhere / "x.png")
        save(elsewhere / "deep" / "y.png")
        os.symlink(elsewhere, folder / "8")
        os.symlink(folder, elsewhere / "back")
        found = [*IN_ORDER, "8/deep/y.png", "8/x.png"]
        assert names(read_images(folder), folder) == found
        digits = read_images(folder / "8", return_labels=lambda path: path.name)
        assert {"x.png", "y.png"} <= set(digits.target)
        for pattern in ("**", "**/*.[pPjJwWbB]*"):
            assert names(read_images(f"{folder}/{pattern}"), folder) == found
        assert names(read_images(f"{folder}/**/y.png"), folder) == ["8/deep/y.png"]

    def test_a_link_beside_its_folder_adds_nothing(self, folder):
        os.symlink(folder / "7", folder / "1")
        assert names(read_images(folder), folder) == IN_ORDER

    def test_patterns_may_begin_with_any_folders(self, folder, monkeypatch):
        monkeypatch.chdir(folder)
        assert read_images("**/*.bmp").filenames == [os.path.join("3", "x.bmp")]
        assert read_images("*/**/*.webp").filenames == [os.path.join("3", "deep", "x2.webp")]

    def test_photographs_of_windows_and_of_telephones_are_not_left_out(self, folder):
        Image.new("L", (5, 4)).save(folder / "7" / "w.jfif", format="JPEG")
        Image.new("L", (5, 4)).save(folder / "7" / "in truth.heic", format="JPEG")
        kinds = {"x.HEIC": b"heic", "y.heif": b"mif1", "z.avif": b"avif"}
        for name, brand in kinds.items():
            (folder / name).write_bytes(b"\0\0\0\x18ftyp" + brand + bytes(20))
        digits = read_images(folder, unreadable="skip")
        assert len(digits.images) == len(IN_ORDER) + 2
        assert [Path(name).name for name in digits.unreadable] == list(kinds)
        with pytest.raises(
            UnreadableImageError, match=r"(?s)3 of 11.*x\.HEIC is an image in HEIF or"
        ):
            read_images(folder)

    def test_links_in_a_circle_are_no_trap(self, folder):
        os.symlink(folder, folder / "3" / "again")
        assert names(read_images(folder), folder) == IN_ORDER

    def test_nor_are_they_for_a_pattern(self, folder):
        for name in ("again", "and again"):
            os.symlink(folder, folder / "3" / name)
        assert names(read_images(folder / "**" / "*.png"), folder) == [
            name for name in IN_ORDER if name.endswith(".png")
        ]

    @pytest.mark.parametrize("target", ["..", "../..", "/"])
    def test_links_above_the_folder_are_not_followed(self, folder, target):
        save(folder / "3" / "deep" / "y3.png")
        for parent in (folder / "3", folder / "3" / "deep"):
            os.symlink(target, parent / "up")
        inside = ["3/deep/x2.webp", "3/deep/y3.png", "3/x.bmp"]
        assert names(read_images(folder / "3"), folder) == inside
        for pattern in ("**", "**/*.[wpb]*", "**/*", "*"):
            assert names(read_images(f"{folder}/3/{pattern}"), folder) == inside
        assert names(read_images(f"{folder}/3/**/deep"), folder) == inside[:2]

    def test_nor_are_they_in_a_folder_that_is_a_link_itself(self, folder, tmp_path_factory):
        elsewhere = tmp_path_factory.mktemp("elsewhere")
        os.symlink("..", folder / "3" / "up")
        os.symlink(folder / "3", elsewhere / "linked")
        found = names(read_images(elsewhere / "linked"), elsewhere)
        assert found == ["linked/deep/x2.webp", "linked/x.bmp"]

    def test_a_link_above_its_own_folder_can_be_named(self, folder):
        os.symlink("..", folder / "3" / "up")
        found = names(read_images(folder / "3" / "up"), folder / "3" / "up")
        assert found == IN_ORDER

    def test_a_name_that_begins_with_a_tilde_is_a_name(self, folder, monkeypatch):
        monkeypatch.chdir(folder)
        skipped = read_images([IN_ORDER[0], "~$7.png"], unreadable="skip").unreadable
        assert list(skipped) == ["~$7.png"]

    @given(st.lists(st.integers(0, 10**6), min_size=1, max_size=20, unique=True))
    def test_numbers_are_sorted_as_numbers(self, numbers):
        paths = [Path(f"scan {number}.png") for number in numbers]
        in_order = [Path(f"scan {number}.png") for number in sorted(numbers)]
        assert sorted(paths, key=natural_key) == in_order

    @given(st.lists(st.text("a1²٣.-/", min_size=1), min_size=2, max_size=5))
    def test_any_two_names_can_be_compared(self, texts):
        paths = [Path(text) for text in texts]
        backwards = paths[::-1]
        assert sorted(paths, key=natural_key) == sorted(backwards, key=natural_key)


class TestPixels:
    def test_sizes_and_grays_are_those_of_the_files(self, tmp_path):
        pixels = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
        Image.fromarray(pixels).save(tmp_path / "1.png")
        save(tmp_path / "2.png", gray=0, size=(70, 30))
        first, second = read_images(tmp_path).images
        np.testing.assert_array_equal(first, pixels)
        assert first.dtype == second.dtype == np.uint8
        assert second.shape == (30, 70)
        assert second.max() == 0

    def test_all_kinds_of_files_come_as_gray_over_white(self, tmp_path):
        colors = np.zeros((2, 2, 4), dtype=np.uint8)
        colors[0] = [255, 255, 255, 255], [0, 0, 0, 255]
        Image.fromarray(colors).save(tmp_path / "transparent.png")
        deep = np.array([[65535, 0], [65535, 65535]], dtype=np.uint16)
        Image.fromarray(deep).save(tmp_path / "16 bits.png")
        Image.fromarray(colors).convert("P").save(tmp_path / "palette.png")
        inverted = Image.fromarray(np.array([[255, 0], [255, 255]], dtype=np.uint8))
        inverted.convert("CMYK").save(tmp_path / "cmyk.tif")
        for image in read_images(tmp_path).images:
            np.testing.assert_array_equal(image, [[255, 0], [255, 255]])


class TestLabels:
    def test_folders_called_by_numbers_give_integers(self, folder):
        digits = read_images([folder / "7", folder / "3/x.bmp"], return_labels="folder")
        np.testing.assert_array_equal(digits.target, [7, 7, 7, 3])
        assert digits.target.dtype == np.int64
        assert digits.target_names.tolist() == [3, 7]

    def test_other_folders_give_their_names(self, folder):
        digits = read_images(folder / "3", return_labels="folder")
        assert digits.target.tolist() == ["deep", "3"]

    def test_relative_paths_have_a_folder_too(self, folder, monkeypatch):
        monkeypatch.chdir(folder / "7")
        assert read_images("b9.png", return_labels="folder").target.tolist() == [7]

    @pytest.mark.parametrize(
        "name",
        ["my_digits_7", "7_003", "digit-7", "IMG_2034_7", "7", "7 (12)", "a7b", "7-7", "٣7"],
    )
    def test_the_lone_digit_of_a_name_is_the_label(self, tmp_path, name):
        save(tmp_path / f"{name}.png")
        images, target = read_images(tmp_path, return_labels="filename", return_X_y=True)
        assert target.tolist() == [7]
        assert target.dtype == np.int64
        assert [image.shape for image in images] == [(4, 5)]

    def test_names_that_tell_no_digit_are_all_listed(self, tmp_path):
        for name in ("7.png", "7_1.png", "77.png", "seven.png"):
            save(tmp_path / name)
        with pytest.raises(ValueError, match="needs names with one digit") as error:
            read_images(tmp_path, return_labels="filename")
        assert "/7.png" not in str(error.value)
        for name in ("7_1.png", "77.png", "seven.png"):
            assert name in str(error.value)

    def test_a_long_list_of_such_names_is_cut(self, tmp_path):
        with pytest.raises(ValueError, match="00.png, .* and 80 more"):
            read_images(
                [tmp_path / f"{number:02}.png" for number in range(100)], return_labels="filename"
            )

    def test_a_function_tells_labels_from_other_names(self, tmp_path):
        for name in ("7_1.png", "3_2.png"):
            save(tmp_path / name)
        digits = read_images(tmp_path, return_labels=lambda path: int(path.name[0]))
        assert digits.target.tolist() == [3, 7]


class TestUnreadable:
    @pytest.fixture
    def damaged(self, folder):
        (folder / "7/b9.png").write_bytes((folder / "7/b9.png").read_bytes()[:50])
        (folder / "0.png").write_bytes(b"no image")
        return [folder, folder / "nowhere.png"]

    def test_error_lists_all_of_them(self, damaged, folder):
        with pytest.raises(UnreadableImageError) as error:
            read_images(damaged)
        lines = str(error.value).splitlines()
        assert lines[0] == "3 of 7 files cannot be read:"
        assert lines[1].startswith(f"{folder}/0.png is not a complete ")
        assert lines[2].startswith(f"{folder}/7/b9.png is ")
        assert lines[3] == f"{folder}/nowhere.png: No such file or directory"

    def test_skip_reads_the_others_and_names_them(self, damaged, folder):
        digits = read_images(damaged, return_labels="folder", unreadable="skip")
        assert names(digits, folder) == [*IN_ORDER[1:4], "7/b10.png"]
        assert digits.target.tolist() == ["deep", "3", "7", "7"]
        assert len(digits.images) == 4
        missing = [str(folder / name) for name in ("0.png", "7/b9.png", "nowhere.png")]
        assert list(digits.unreadable) == missing
        assert "No such file" in digits.unreadable[missing[-1]]

    def test_skip_does_not_go_on_with_nothing(self, tmp_path):
        with pytest.raises(UnreadableImageError, match="1 of 1 files cannot be read"):
            read_images(tmp_path / "nowhere.png", unreadable="skip")


class TestBadInput:
    @pytest.mark.parametrize("source", ["", [""]])
    def test_an_empty_path_is_not_the_folder_where_one_is(self, folder, monkeypatch, source):
        monkeypatch.chdir(folder)
        with pytest.raises(FileNotFoundError, match="must not be empty"):
            read_images(source)

    def test_folder_without_images(self, tmp_path):
        (tmp_path / "notes.txt").touch()
        with pytest.raises(FileNotFoundError, match=rf"{tmp_path.name} must hold images \(\.bmp"):
            read_images(tmp_path)

    def test_pattern_of_folders_without_images(self, tmp_path):
        (tmp_path / "empty").mkdir()
        with pytest.raises(FileNotFoundError, match="no image that matches"):
            read_images(tmp_path / "emp*")

    def test_files_whose_values_are_no_grays_are_named_and_the_others_read(self, tmp_path):
        for name, value in (("nan", np.nan), ("negative", -1.0), ("good", 0.5)):
            grays = np.full((9, 9), value, dtype=np.float32)
            Image.fromarray(grays).save(tmp_path / f"{name}.tif")
        images = read_images(tmp_path, unreadable="skip")
        assert len(images.images) == 1
        reasons = [reason.removeprefix(f"{tmp_path}/") for reason in images.unreadable.values()]
        assert reasons[0].startswith("nan.tif: must hold finite numbers only")
        assert reasons[1].startswith("negative.tif: must hold no negative values")

    def test_pattern_that_matches_nothing(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"no image that matches .*\*\.png"):
            read_images(tmp_path / "*.png")

    def test_empty_list(self):
        with pytest.raises(FileNotFoundError, match="at least one image"):
            read_images([])

    @pytest.mark.parametrize(
        ("parameter", "value"),
        [("return_labels", "name"), ("unreadable", "ignore"), ("return_X_y", "yes")],
    )
    def test_parameters_are_checked(self, tmp_path, parameter, value):
        with pytest.raises(ValueError, match=f"The '{parameter}' parameter of read_images must be"):
            read_images(tmp_path, **{parameter: value})

    def test_source_is_checked(self):
        with pytest.raises(ValueError, match="The 'source' parameter of read_images must be"):
            read_images(7)
