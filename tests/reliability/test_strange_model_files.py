"""Model files of strangers: damaged, or with a right hash and any content."""

import itertools
import random

import pytest

from mnistcnn import DigitCNNClassifier, UnreadableModelError, load_classifier
from mutations import mutated
from watched import ended_in_time

# That of a process that has loaded whole ones is about a gigabyte.
MAX_MEMORY = 2_000_000_000

pytestmark = [pytest.mark.slow, pytest.mark.long]


@pytest.fixture
def path(small_digits, tmp_path):
    path = tmp_path / "digits.mnistcnn"
    DigitCNNClassifier("tiny", epochs=1, random_state=0).fit(*small_digits).save(path)
    return path


def test_ten_thousand_damaged_files_are_refused(trial, path):
    content = path.read_bytes()
    damages = (mutated(content, random.Random(number)) for number in itertools.count())
    for damaged in itertools.islice((each for each in damages if each != content), 10_000):
        path.write_bytes(damaged)
        with pytest.raises(UnreadableModelError, match=path.name), ended_in_time():
            load_classifier(path)
        trial.tries("damaged model files")


def test_changed_descriptions_with_a_right_hash_do_nothing(trial, tmp_path):
    report = trial.of_child("fuzzed_models.py", tmp_path, 0, share=0.12, at_least=200)
    n_loaded, n_refused = report.get("loaded", 0), report.get("refused", 0)
    trial.tries("model files with another description and its hash", n_loaded + n_refused)
    assert n_loaded
    assert n_refused
    trial.measured["MiB at the peak of loading changed model files"] = report["peak"] / 2**20
    assert report["peak"] < MAX_MEMORY
