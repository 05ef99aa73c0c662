"""Searches of several kinds that are killed, and go on from where they were."""

import random
import subprocess
from contextlib import suppress

import pytest

from killable_search import Search

pytestmark = [pytest.mark.slow, pytest.mark.long]

N_KILLS = {"grid": 10, "halving": 4, "optuna": 4}


@pytest.fixture(scope="module", params=N_KILLS)
def undisturbed(request, tmp_path_factory):
    """The kind of a search, its scores, and the fits that they take."""
    if request.param == "optuna":
        pytest.importorskip("optuna", reason="pip install 'mnistcnn[optuna]'")
    search = Search(request.param, "sequential", tmp_path_factory.mktemp(request.param))
    scores = search.scores()
    assert scores is not None, search.errors[-3000:]
    return request.param, scores, search.finished()


def test_after_kills_nothing_that_was_done_is_trained_again(undisturbed, tmp_path):
    kind, scores, fits = undisturbed
    n_kills, draw = N_KILLS[kind], random.Random(0)
    done = set()
    for number in range(n_kills):
        search = Search(kind, "sequential", tmp_path, number)
        search.wait_for_training(draw.randint(1, len(fits) // n_kills))
        # Some moment of the next fit, of its writing or of its scoring.
        with suppress(subprocess.TimeoutExpired):
            search.process.wait(draw.uniform(0, 0.3))
        search.process.kill()
        search.process.communicate()
        assert not done & set(search.trained())
        done |= search.finished()
    last = Search(kind, "sequential", tmp_path, n_kills)
    assert last.scores() == scores, last.errors[-3000:]
    assert not done & set(last.trained())
    assert done | last.finished() == fits
