"""Which differences are more than chance: against other libraries, and in the verdict's words."""

import warnings
from itertools import combinations

import baycomp
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from mnistcnn import ComparisonResult

COLUMNS = [
    "first",
    "second",
    "difference",
    "lower",
    "upper",
    "probability_first_better",
    "probability_equivalent",
    "probability_second_better",
    "p_value",
    "p_value_adjusted",
]


def result_of(scores, *, scorer="accuracy", train=80, test=20, failures=()):
    """A comparison whose folds have the scores that are given for each architecture."""
    return ComparisonResult(
        records=[
            {
                "architecture": name,
                "fold": fold,
                "train_images": train,
                "test_images": test,
                "accuracy": score,
                scorer: score,
                "fit_seconds": 1.0,
                "predict_seconds": 0.1,
                "failure": "OSError: disk full" if (name, fold) in failures else "",
            }
            for name, folds in scores.items()
            for fold, score in enumerate(folds)
        ],
        parameters=dict.fromkeys(scores, 10),
        scoring=tuple(dict.fromkeys([scorer, "accuracy"])),
        metadata={},
    )


def some_scores(seed, n_architectures=4, n_folds=5):
    random = np.random.default_rng(seed)
    means = random.uniform(0.95, 0.98, n_architectures)
    return {
        name: list(random.normal(mean, 0.004, n_folds))
        for name, mean in zip("abcdefgh", means, strict=False)
    }


PAIRED_FOLDS = st.integers(2, 12).flatmap(
    lambda n: st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=n, max_size=n)
)


class TestAgainstOtherLibraries:
    @settings(max_examples=100)
    @given(PAIRED_FOLDS, st.floats(0.01, 5))
    def test_probabilities_are_those_of_baycomp(self, folds, rope):
        n_folds = len(folds)
        scores = dict(zip("ab", zip(*folds, strict=True), strict=True))
        pair = result_of(scores, train=10 * (n_folds - 1), test=10).pairwise(rope=rope).iloc[0]
        first, second = (100 * np.array(scores[pair[name]]) for name in ("first", "second"))
        expected = baycomp.two_on_single(first, second, rope=rope)
        found = pair[[name for name in COLUMNS if name.startswith("probability")]]
        # Where all differences are as large as the region, rounding decides.
        assume(np.std(first - second) > 1e-6 or abs(abs(pair["difference"]) - rope) > 1e-3)
        np.testing.assert_allclose(found.astype(float), expected, atol=1e-6)

    @pytest.mark.parametrize("confidence", [0.95, 0.5])
    def test_without_correction_it_is_scipys_paired_t_test(self, confidence):
        scores = some_scores(0, n_architectures=2)
        # Without test images there is nothing to correct.
        pair = result_of(scores, test=0).pairwise(confidence=confidence).iloc[0]
        first, second = (100 * np.array(scores[pair[name]]) for name in ("first", "second"))
        expected = stats.ttest_rel(first, second)
        interval = expected.confidence_interval(confidence)
        assert pair["p_value"] == pytest.approx(expected.pvalue)
        assert (pair["lower"], pair["upper"]) == pytest.approx((interval.low, interval.high))

    def test_correction_is_that_of_scikit_learns_example(self):
        scores = some_scores(1, n_architectures=2, n_folds=100)
        pair = result_of(scores, train=90, test=10).pairwise().iloc[0]
        differences = 100 * (np.array(scores[pair["first"]]) - np.array(scores[pair["second"]]))
        deviation = np.sqrt(np.var(differences, ddof=1) * (1 / 100 + 10 / 90))
        p_value = stats.t.sf(abs(np.mean(differences) / deviation), 99)
        # The example asks whether one is better, a question with one side.
        assert pair["p_value"] == pytest.approx(2 * p_value)

    @pytest.mark.parametrize("seed", range(5))
    @pytest.mark.parametrize("level", [0.01, 0.05, 0.3])
    def test_adjusted_p_values_reject_what_holms_steps_reject(self, seed, level):
        table = result_of(some_scores(seed)).pairwise().sort_values("p_value")
        rejected = []
        for n_before, p_value in enumerate(table["p_value"]):
            if p_value > level / (len(table) - n_before):
                break
            rejected.append(p_value)
        assert list(table["p_value"][table["p_value_adjusted"] <= level]) == rejected


class TestTable:
    def test_each_pair_has_a_row_and_the_better_comes_first(self):
        scores = {"poor": [0.5, 0.6, 0.5], "best": [0.9, 0.9, 0.8], "fair": [0.7, 0.8, 0.8]}
        table = result_of(scores).pairwise()
        assert list(table.columns) == COLUMNS
        pairs = list(zip(table["first"], table["second"], strict=True))
        assert pairs == list(combinations(["best", "fair", "poor"], 2))
        assert table["difference"].tolist() == pytest.approx([10, 100 / 3, 70 / 3])
        assert (table["lower"] < table["difference"]).all()
        assert (table["upper"] > table["difference"]).all()

    def test_difference_is_in_points_for_shares_and_in_its_own_unit_for_others(self):
        scores = {"a": [0.9, 0.8], "b": [0.7, 0.7]}
        shares = result_of(scores, scorer="f1_macro").pairwise()
        others = result_of(scores, scorer="neg_log_loss").pairwise()
        assert shares["difference"][0] == pytest.approx(15)
        assert others["difference"][0] == pytest.approx(0.15)
        assert (shares.attrs["unit"], shares.attrs["rope"]) == ("points", 0.1)
        assert (others.attrs["unit"], others.attrs["rope"]) == ("neg_log_loss", 0)

    @pytest.mark.parametrize("name", ["precision_cost", "f1_points", "accuracy"])
    def test_a_score_beyond_1_is_no_proportion_whatever_its_name(self, name):
        result = result_of({"a": [87.0, 88.5, 87.8], "b": [60.0, 61.0, 62.0]}, scorer=name)
        pairs, means = result.pairwise(scorer=name), result.intervals(scorer=name)
        assert (pairs.attrs["unit"], pairs.attrs["rope"]) == (name, 0)
        assert pairs["difference"][0] == pytest.approx(26.77, abs=0.01)
        assert (means["lower"] < means["mean"]).all()
        assert (means["upper"] > means["mean"]).all()

    def test_a_name_that_begins_as_one_of_scikit_learns_keeps_its_own_unit(self):
        result = result_of({"a": [0.2, 0.3], "b": [0.1, 0.1]}, scorer="precision_cost")
        assert result.pairwise().attrs["unit"] == "precision_cost"
        assert result.intervals()["lower"].min() < 0

    def test_a_score_that_rounding_puts_above_1_is_still_a_proportion(self):
        result = result_of({"a": [1 + 1e-15, 1.0], "b": [0.9, 0.8]}, scorer="f1_weighted")
        assert result.pairwise().attrs["unit"] == "points"

    def test_another_scorer_can_be_asked_for(self):
        result = result_of({"a": [0.1, 0.2], "b": [0.3, 0.5]}, scorer="mine")
        for record in result.records:
            record["accuracy"] = 1 - record["mine"]
        both = ComparisonResult(result.records, result.parameters, ("mine", "accuracy"), {})
        assert both.pairwise()["first"][0] == "b"
        assert both.pairwise(scorer="accuracy")["first"][0] == "a"
        assert both.pairwise(scorer="accuracy").attrs["scorer"] == "accuracy"

    def test_the_same_difference_in_all_folds_is_certain(self):
        pair = result_of({"a": [0.96, 0.94, 0.92], "b": [0.95, 0.93, 0.91]}).pairwise().iloc[0]
        assert (pair["lower"], pair["upper"]) == pytest.approx((1, 1))
        assert pair["probability_first_better"] == pytest.approx(1)
        assert pair["p_value"] < 1e-9

    def test_equal_scores_are_certainly_equal(self):
        pair = result_of({"a": [0.9, 0.8, 0.7], "b": [0.9, 0.8, 0.7]}).pairwise().iloc[0]
        assert pair["probability_equivalent"] == pytest.approx(1)
        assert pair["p_value"] == pytest.approx(1)

    @pytest.mark.parametrize("failed_score", [np.nan, 0.0])
    def test_what_failed_in_a_fold_is_in_no_pair(self, failed_score):
        scores = {"a": [0.9, 0.8], "b": [0.7, 0.7], "broken": [0.9, failed_score]}
        result = result_of(scores, failures={("broken", 1)})
        assert result.pairwise()[["first", "second"]].to_numpy().tolist() == [["a", "b"]]

    @pytest.mark.parametrize("failed_score", [np.nan, 0.0, -1.0])
    def test_what_failed_for_one_scorer_is_in_the_pairs_of_the_others(self, failed_score):
        scores = {"a": [0.9, 0.8, 0.9], "b": [0.7, 0.7, 0.8]}
        result = result_of(scores, scorer="roc_auc", failures={("a", 0), ("a", 1), ("a", 2)})
        for record in result.records:
            if record["failure"]:
                record |= {"roc_auc": failed_score, "failed_scorers": ["roc_auc"]}
        assert len(result.pairwise(scorer="roc_auc")) == 0
        assert result.pairwise(scorer="accuracy")["first"].tolist() == ["a"]
        assert result.intervals(scorer="accuracy").notna().all(axis=None)

    def test_what_has_no_finite_score_is_in_no_pair(self):
        scores = {"a": [0.9, 0.8], "b": [0.7, np.nan], "c": [0.1, -np.inf], "d": [0.5, 0.6]}
        pairs = result_of(scores, scorer="neg_log_loss").pairwise()
        assert pairs[["first", "second"]].to_numpy().tolist() == [["a", "d"]]

    @pytest.mark.parametrize("scores", [{"a": [0.9, 0.8]}, {"a": [np.nan, np.nan]}])
    @pytest.mark.parametrize("failures", [(), {("a", 0), ("a", 1)}], ids=["whole", "failed"])
    def test_fewer_than_two_architectures_make_an_empty_table(self, scores, failures):
        result = result_of(scores, failures=failures)
        assert list(result.pairwise().columns) == COLUMNS
        assert len(result.pairwise()) == 0
        assert result.verdict == ""

    def test_records_need_not_say_that_nothing_failed(self):
        result = result_of({"a": [0.9, 0.8], "b": [0.7, 0.7]})
        for record in result.records:
            del record["failure"]
        assert len(result.pairwise()) == 1
        assert result.failures == {}
        assert list(result.table["failure"]) == ["", ""]

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"rope": -1}, "rope must be 0 or more, got -1"),
            ({"rope": np.nan}, "rope must be 0 or more, got nan"),
            ({"scorer": "f1"}, r"scorer must be one of \['accuracy'\], got 'f1'"),
            ({"confidence": 95}, "confidence must be between 0 and 1, got 95"),
        ],
    )
    def test_settings_that_mean_nothing_are_refused(self, settings, message):
        with pytest.raises(ValueError, match=message):
            result_of({"a": [0.9, 0.8], "b": [0.7, 0.7]}).pairwise(**settings)

    def test_a_single_fold_is_refused(self):
        with pytest.raises(ValueError, match="at least 2 folds, got those of 1"):
            result_of({"a": [0.9], "b": [0.7]}).pairwise()


WOBBLE = np.array([0.002, -0.003, 0.001, 0.003, -0.003])


class TestVerdict:
    def test_one_that_is_better_than_all_others(self):
        scores = {"a": 0.9 + WOBBLE, "b": 0.8 - WOBBLE, "c": 0.7 + 2 * WOBBLE}
        assert result_of(scores).verdict == (
            "By accuracy in 5 folds, a is better than b and c; differences of up to 0.1 points "
            "count as none."
        )

    def test_each_relation_has_its_clause(self):
        scores = {
            "worst": 0.5 - WOBBLE,
            "twin": 0.9 + WOBBLE - 1e-5,
            "close": 0.899 - 2 * WOBBLE,
            "best": 0.9 + WOBBLE,
            "closer": 0.8995 - 2 * WOBBLE,
        }
        assert result_of(scores).verdict == (
            "By accuracy in 5 folds, best is practically equal to twin, cannot be told apart from "
            "closer and close, and is better than worst; differences of up to 0.1 points count as "
            "none."
        )

    def test_a_difference_within_the_region_is_no_better_however_sure_it_is(self):
        scores = {"a": 0.9005 + WOBBLE, "b": 0.9 + WOBBLE}
        assert result_of(scores).pairwise()["p_value"][0] < 1e-6
        assert "a is practically equal to b;" in result_of(scores).verdict

    def test_a_unit_that_is_not_known_has_no_region(self):
        scores = {"a": -0.1 + WOBBLE, "b": -0.5 - WOBBLE}
        verdict = result_of(scores, scorer="neg_log_loss").verdict
        assert verdict == "By neg_log_loss in 5 folds, a is better than b."

    def test_two_folds_tell_nothing_apart(self):
        verdict = result_of({"a": [0.92, 0.92], "b": [0.72, 0.72]}).verdict
        assert verdict == (
            "By accuracy in 2 folds, a comes first; so few folds cannot tell it apart from the "
            "others."
        )

    def test_what_failed_is_named(self):
        scores = {"a": 0.9 + WOBBLE, "b": 0.8 - WOBBLE, "broken": [0.9, *[np.nan] * 4]}
        verdict = result_of(scores, failures={("broken", 1)}).verdict
        assert verdict.endswith("count as none; left out for lack of scores: broken.")

    @pytest.mark.parametrize("scores", [{"a": [0.9, 0.8]}, {"a": [0.9], "b": [0.8]}])
    def test_nothing_to_compare_is_nothing_to_say(self, scores):
        assert result_of(scores).verdict == ""

    def test_chance_alone_makes_few_winners(self):
        """Networks that are equally good, on folds as alike as those of a cross-validation."""
        random = np.random.default_rng(0)
        winners = 0
        for _ in range(200):
            fold_effect = random.normal(0, 0.004, 5)
            scores = {name: 0.97 + fold_effect + random.normal(0, 0.004, 5) for name in "abcde"}
            winners += "is better than" in result_of(scores).verdict
        assert winners <= 10

    def test_it_is_in_the_dictionary_and_says_nothing_by_warnings(self):
        result = result_of({"a": [0.9, 0.8, 0.9], "b": [0.8, 0.8, 0.8]})
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert result.to_dict()["verdict"] == result.verdict != ""
