"""The pretrained networks without Keras: commands as real processes, and the classifier in them."""

import copy
import csv
import json
import pickle
import re
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from sklearn.base import clone

from commands import environment
from mnistcnn import (
    DigitReader,
    PixelRangeWarning,
    RejectingClassifier,
    UnreadableModelError,
    load_pretrained,
)
from mnistcnn.pretrained import _loading, _onnx_files, load_without_keras

# They start processes of their own.
pytestmark = pytest.mark.slow

onnxruntime = pytest.importorskip("onnxruntime", reason="pip install onnxruntime")

WITH_KERAS = {"keras", "tensorflow"}
# What takes longest to load beside them.
HEAVY = {"sklearn", "pandas"}
# A command, and on the last line of stderr what it has loaded.
PROGRAM = """
import sys
from mnistcnn.cli import main
try:
    main(sys.argv[1:])
finally:
    sys.stdout.flush()
    print(*sorted(name for name in sys.modules if "." not in name), file=sys.stderr)
"""
COUNT_THREADS = """
import os
import onnxruntime
# Its imports start threads, too.
from mnistcnn.pretrained import _onnx_classifier, load_without_keras
n_before = len(os.listdir("/proc/self/task"))
classifier = load_without_keras("digits")
print(len(os.listdir("/proc/self/task")) - n_before)
"""
ONNXRUNTIME_MISSING = "import sys; sys.modules['onnxruntime'] = None\n"
TELEMETRY = "ORT_DISABLE_TELEMETRY"
MAX_DIFFERENCE = 1e-5


def run(*arguments, before="", settings=None):
    """Run a command; return what it printed, its exit status, and what it loaded."""
    # This process has set the one by now, and the other hides what is compared.
    hidden = (TELEMETRY, "PYTHONWARNINGS")
    inherited = {name: text for name, text in environment().items() if name not in hidden}
    answer = subprocess.run(
        [sys.executable, "-c", before + PROGRAM, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=inherited | (settings or {}),
        check=False,
    )
    *said, loaded = answer.stderr.splitlines()
    return SimpleNamespace(
        returncode=answer.returncode, stdout=answer.stdout, said=said, loaded=set(loaded.split())
    )


def pickled(classifier):
    return pickle.loads(pickle.dumps(classifier))


def both_ways(*arguments):
    """Run a command with onnxruntime, and where it is not installed."""
    quick, slow = run(*arguments), run(*arguments, before=ONNXRUNTIME_MISSING)
    assert "onnxruntime" in quick.loaded
    assert not quick.loaded & WITH_KERAS
    assert slow.loaded >= WITH_KERAS
    return quick, slow


def write_table(path, rows):
    names = ",".join(f"pixel{number}" for number in range(784))
    np.savetxt(path, rows, fmt="%d", delimiter=",", header=names, comments="")


@pytest.fixture(scope="module")
def folder(tmp_path_factory, digits, written_digit):
    """Images that can be read and that cannot, and tables of pixels that are not as they should."""
    folder = tmp_path_factory.mktemp("images")
    for digit in range(10):
        written_digit(digit).save(folder / f"digit {digit}.png")
    whole = (folder / "digit 3.png").read_bytes()
    (folder / "half.png").write_bytes(whole[: len(whole) // 2])
    (folder / "text.png").write_text("no image")
    Image.new("L", (50, 50), 255).save(folder / "white.png")
    Image.fromarray(np.full((30, 30), np.nan, np.float32)).save(folder / "nan.tiff")
    write_table(folder / "inverted.csv", 255 - digits[0][:130])
    # Each batch is looked at for itself.
    write_table(folder / "unit.csv", digits[0][:256] // 128)
    return folder


@pytest.fixture(scope="module")
def sheet(tmp_path_factory, written_sheet):
    path = tmp_path_factory.mktemp("sheet") / "sheet.png"
    written_sheet([[3, 1, 4], [1, 5]]).save(path)
    return path


def rows_of(answer):
    return list(csv.DictReader(StringIO(answer.stdout)))


def assert_same_rows(some, others):
    assert len(some) == len(others) > 0
    for row, other in zip(some, others, strict=True):
        assert row.keys() == other.keys()
        for name, text in row.items():
            if "probability" in name:
                assert float(text) == pytest.approx(float(other[name]), abs=MAX_DIFFERENCE)
            else:
                assert text == other[name]


class TestCommands:
    def test_images_tables_warnings_and_errors_are_those_of_keras(self, folder):
        names = ["inverted.csv", "unit.csv", ".", "nowhere.png"]
        quick, slow = both_ways("predict", "--csv", *(folder / name for name in names))
        assert_same_rows(rows_of(quick), rows_of(slow))
        assert quick.said == slow.said
        polarity, unit, *unreadable = quick.said
        assert "dark ink on a light background" in polarity
        assert "Multiply the pixels by 255." in unit
        assert len(unreadable) == 5
        assert quick.returncode == slow.returncode == 2

    def test_the_table_is_the_same_text(self, folder):
        paths = [folder / f"digit {digit}.png" for digit in range(10)]
        quick, slow = both_ways("predict", *paths)
        assert quick.stdout == slow.stdout
        assert quick.said == slow.said == []
        assert quick.returncode == slow.returncode == 0

    def test_one_image_takes_neither_scikit_learn_nor_pandas(self, folder):
        answer = run("predict", "--json", folder / "digit 7.png")
        assert not answer.loaded & (WITH_KERAS | HEAVY)
        assert json.loads(answer.stdout)[0]["digit"] == 7

    def test_nothing_is_kept_that_would_be_reported(self, folder, tmp_path):
        home, temporary = tmp_path / "home", tmp_path / "temporary"
        home.mkdir()
        temporary.mkdir()
        places = {"HOME": str(home), "XDG_CACHE_HOME": str(home), "TMPDIR": str(temporary)}
        answer = run("predict", folder / "digit 7.png", settings=places)
        assert "onnxruntime" in answer.loaded
        assert not [*home.rglob("*"), *temporary.rglob("*")]

    def test_sheets_are_read_alike(self, sheet):
        quick, slow = both_ways("predict", "--sheet", "--csv", sheet)
        assert "".join(row["digit"] for row in rows_of(quick)) == "31415"
        assert_same_rows(rows_of(quick), rows_of(slow))
        assert quick.said == slow.said == []

    def test_a_backend_that_was_chosen_computes(self, folder):
        chosen = run("predict", folder / "digit 0.png", settings={"KERAS_BACKEND": "tensorflow"})
        assert chosen.returncode == 0
        assert chosen.loaded >= WITH_KERAS
        assert "onnxruntime" not in chosen.loaded

    def test_a_model_file_is_computed_by_keras(self, folder, tmp_path):
        load_pretrained().save(tmp_path / "own.mnistcnn")
        image = folder / "digit 4.png"
        own = run("predict", "--csv", image, "--model-file", tmp_path / "own.mnistcnn")
        assert own.loaded >= WITH_KERAS
        assert "onnxruntime" not in own.loaded
        assert_same_rows(rows_of(own), rows_of(run("predict", "--csv", image)))

    def test_the_page_is_served(self, free_port_of_machine):
        pytest.importorskip("gradio", reason="pip install 'mnistcnn[demo]'")
        command = [sys.executable, "-c", PROGRAM, "demo", "--json", "--port", free_port_of_machine]
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        ) as process:
            lines = [process.stdout.readline() for _ in range(3)]
            process.terminate()
            loaded = set(process.communicate()[1].splitlines()[-1].split())
        assert json.loads("".join(lines))["address"]
        assert "onnxruntime" in loaded
        assert not loaded & WITH_KERAS


@pytest.fixture
def free_port_of_machine():
    from pages import free_port

    return str(free_port())


@pytest.fixture(scope="module", params=["digits", "parts"])
def pair(request):
    """A packaged network as onnxruntime computes it, and as Keras does."""
    return load_without_keras(request.param), load_pretrained(request.param)


@pytest.fixture(scope="module")
def quick_digits():
    return load_without_keras("digits")


def images_for(classifier, n_images):
    generator = np.random.default_rng(0)
    size = (n_images, *classifier.image_shape_)
    return generator.integers(0, 256, size=size, dtype=np.uint8)


class TestClassifier:
    def test_it_tells_what_that_of_keras_tells(self, pair):
        quick, slow = pair
        np.testing.assert_array_equal(quick.classes_, slow.classes_)
        assert quick.image_shape_ == slow.image_shape_
        assert quick.n_features_in_ == slow.n_features_in_

    @pytest.mark.parametrize("n_images", [1, 33, 200])
    def test_probabilities_and_labels_are_those_of_keras(self, pair, n_images):
        quick, slow = pair
        images = images_for(quick, n_images)
        answers = quick.predict_proba(images)
        assert answers.dtype == np.float64
        np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-12)
        np.testing.assert_allclose(answers, slow.predict_proba(images), rtol=0, atol=MAX_DIFFERENCE)
        np.testing.assert_array_equal(quick.predict(images), slow.predict(images))

    def test_so_they_are_of_digits(self, quick_digits, digits):
        slow = load_pretrained()
        np.testing.assert_allclose(
            *(each.predict_proba(digits[0]) for each in (quick_digits, slow)),
            rtol=0,
            atol=MAX_DIFFERENCE,
        )

    @pytest.mark.parametrize(
        "form",
        [
            lambda rows: rows.reshape(-1, 28, 28),
            lambda rows: rows.reshape(-1, 28, 28, 1),
            lambda rows: rows.astype(np.float64),
            lambda rows: rows.astype(np.int64).tolist(),
        ],
    )
    def test_equal_pixels_get_equal_answers_in_every_form(self, form, quick_digits, digits):
        rows = digits[0][:40]
        np.testing.assert_array_equal(
            quick_digits.predict_proba(form(rows)), quick_digits.predict_proba(rows)
        )

    def test_fractions_of_gray_are_not_rounded(self, quick_digits, digits):
        rows = digits[0][:40] / 2
        np.testing.assert_allclose(
            quick_digits.predict_proba(rows),
            load_pretrained().predict_proba(rows),
            rtol=0,
            atol=MAX_DIFFERENCE,
        )

    @pytest.mark.parametrize(
        ("unusable", "message"),
        [
            (np.zeros((2, 64), np.uint8), "64 features, but it is expecting 784"),
            (np.zeros((2, 8, 8), np.uint8), r"images of shape \(28, 28\)"),
            (np.zeros((28, 28), np.uint8), "got one image alone"),
            (np.zeros((0, 784), np.uint8), "0 sample"),
            (np.full((2, 784), -1), "no negative pixels"),
            (np.full((2, 784), np.nan), "contains NaN"),
        ],
    )
    def test_what_keras_refuses_is_refused_in_the_same_words(self, unusable, message, quick_digits):
        said = []
        for classifier in (quick_digits, load_pretrained()):
            with pytest.raises(ValueError, match=r"\S") as caught:
                classifier.predict_proba(unusable)
            said.append(str(caught.value).replace(type(classifier).__name__, "it"))
        assert said[0] == said[1]
        assert re.search(message, said[0])

    def test_pixels_in_another_unit_are_warned_of(self, quick_digits, digits):
        with pytest.warns(PixelRangeWarning, match="Multiply the pixels by 255") as warned:
            quick_digits.predict(digits[0][:40] / 255)
        assert warned[0].filename == __file__

    def test_the_same_images_are_rejected(self, quick_digits, digits):
        X = np.concatenate([digits[0][:300], images_for(quick_digits, 20).reshape(20, -1)])
        quick, slow = (
            RejectingClassifier(each).predict(X) for each in (quick_digits, load_pretrained())
        )
        np.testing.assert_array_equal(quick, slow)
        assert (quick == -1).any()

    def test_a_reader_takes_it(self, quick_digits, sheet):
        reader = DigitReader(quick_digits, part_classifier=load_without_keras("parts"))
        assert reader.read([sheet])[0].text == "314\n15"

    @pytest.mark.parametrize("copied", [pickled, copy.deepcopy, clone])
    def test_copies_answer_alike(self, copied, quick_digits, digits):
        X = digits[0][:5]
        expected = quick_digits.predict_proba(X)
        np.testing.assert_array_equal(copied(quick_digits).predict_proba(X), expected)

    def test_threads_share_it(self, quick_digits, digits):
        expected, found = quick_digits.predict_proba(digits[0]), [None] * 4

        def ask(number):
            found[number] = quick_digits.predict_proba(digits[0])

        threads = [Thread(target=ask, args=(number,)) for number in range(len(found))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for answers in found:
            np.testing.assert_array_equal(answers, expected)

    @pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="Linux counts threads there")
    @pytest.mark.parametrize(
        ("before", "settings", "n_cores"),
        [
            ("", {"OMP_NUM_THREADS": "3"}, 3),
            ("import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])\n", {}, 1),
        ],
        ids=["stated", "of the process"],
    )
    def test_it_takes_its_share_of_the_cores(self, before, settings, n_cores):
        kept = {name: text for name, text in environment().items() if name != "OMP_NUM_THREADS"}
        counted = subprocess.run(
            [sys.executable, "-c", before + COUNT_THREADS],
            env=kept | settings,
            check=True,
            capture_output=True,
            text=True,
        )
        # The thread that asks computes, too.
        assert int(counted.stdout) == n_cores - 1


class TestFiles:
    def test_they_are_made_of_the_networks_that_keras_loads(self):
        for name, digest in _loading.DIGESTS.items():
            path = Path(_onnx_files.__file__).parent / "weights" / f"{name}.onnx"
            metadata = onnxruntime.InferenceSession(path).get_modelmeta().custom_metadata_map
            # If not: python scripts/export_pretrained.py
            assert metadata["made_of"] == digest

    @pytest.mark.parametrize("damage", [lambda it: it[:-1], lambda it: it + b"\0", lambda _: b""])
    def test_a_damaged_one_is_refused(self, damage, tmp_path):
        packaged = Path(_onnx_files.__file__).parent / "weights" / "digits.onnx"
        (tmp_path / "digits.onnx").write_bytes(damage(packaged.read_bytes()))
        with pytest.raises(UnreadableModelError, match=r"digits\.onnx has .* Install mnistcnn"):
            _onnx_files._loaded(tmp_path, "digits")

    def test_another_network_is_refused(self, tmp_path):
        weights = Path(_onnx_files.__file__).parent / "weights"
        shutil.copy(weights / "parts.onnx", tmp_path / "digits.onnx")
        with pytest.raises(UnreadableModelError, match="SHA-256 must be"):
            _onnx_files._loaded(tmp_path, "digits")

    def test_an_onnxruntime_that_does_not_know_the_file_leaves_it_to_keras(self, monkeypatch):
        def refuse(*_, **__):
            raise RuntimeError("Unsupported model IR version: 8, max supported IR version: 7")

        monkeypatch.setattr(onnxruntime, "InferenceSession", refuse)
        assert load_without_keras("digits") is None
