"""The page that says how good a classifier is, and what it holds."""

import base64
import copy
import pickle
from collections import Counter
from io import BytesIO

import matplotlib
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.stats import binomtest
from sklearn.linear_model import Perceptron
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score
from sklearn.metrics import precision_recall_fscore_support as scores_of
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mnistcnn import (
    DigitCNNClassifier,
    DigitEnsembleClassifier,
    RejectingClassifier,
    load_classifier,
)
from mnistcnn.exceptions import PixelRangeWarning
from networks import one_layer
from reports import Fixed, report

MARKUP = "<script>alert('1')</script>"


@pytest.fixture(scope="module")
def written(bayes, held_out, tmp_path_factory):
    return report(bayes, *held_out, tmp_path_factory.mktemp("report"), data_name="small digits")


@pytest.fixture(scope="module")
def network(small_digits):
    X, y = small_digits
    settings = {"epochs": 2, "random_state": 0, "early_stopping": True, "validation_fraction": 0.2}
    return DigitCNNClassifier("two_layer_mlp", **settings).fit(X[:150], y[:150])


class TestFigures:
    def test_are_those_of_scikit_learn_and_scipy(self, written, bayes, held_out):
        figures, _ = written
        X, y = held_out
        predictions = bayes.predict(X)
        n_right = int((predictions == y).sum())
        interval = binomtest(n_right, len(y)).proportion_ci(method="wilson")
        assert figures["images"] == len(y)
        assert figures["accuracy"] == accuracy_score(y, predictions)
        assert figures["accuracy_interval"] == pytest.approx([interval.low, interval.high])
        assert figures["f1_macro"] == pytest.approx(f1_score(y, predictions, average="macro"))
        assert figures["rejected"] == 0

    def test_are_at_the_top_of_the_page(self, written):
        figures, page = written
        accuracy, error, f1, calibration = page.texts("strong")
        assert accuracy == f"{100 * figures['accuracy']:.2f} %"
        assert error == f"{100 - 100 * figures['accuracy']:.2f} %"
        assert f1 == f"{figures['f1_macro']:.4f}"
        assert calibration == f"{100 * figures['expected_calibration_error']:.2f} %"
        low, high = (f"{100 * bound:.2f} %" for bound in figures["accuracy_interval"])
        assert f"95 % interval {low} to {high} (Wilson)" in page.texts("span")

    def test_each_class_has_scikit_learns_scores(self, written, bayes, held_out):
        X, y = held_out
        header, *rows = written[1].table(**{"class": "numbers"})
        assert header == ["class", "precision", "recall", "F1", "support"]
        for place, scores in enumerate(zip(*scores_of(y, bayes.predict(X)), strict=True)):
            precision, recall, f1, support = scores
            shares = [f"{share:.4f}" for share in (precision, recall, f1)]
            assert rows[place] == [str(place), *shares, str(support)]
        weighted = scores_of(y, bayes.predict(X), average="weighted")[:3]
        assert rows[-1] == ["weighted mean", *(f"{each:.4f}" for each in weighted), str(len(y))]

    def test_the_confusion_matrix_is_scikit_learns(self, written, bayes, held_out):
        X, y = held_out
        header, *rows = written[1].table(**{"class": "confusion"})
        assert header[1:] == [str(digit) for digit in range(10)]
        counts = [[int(count) for count in row[1:]] for row in rows]
        np.testing.assert_array_equal(counts, confusion_matrix(y, bayes.predict(X)))

    def test_calibration_error_is_the_mean_distance_within_15_bins(self, held_out, tmp_path):
        X, y = held_out
        probabilities = np.random.default_rng(0).dirichlet(np.full(10, 0.2), len(y))
        figures, _ = report(Fixed(range(10), probabilities), X, y, tmp_path)
        confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == y
        expected = 0.0
        for number in range(15):
            inside = (confidence > number / 15) & (confidence <= (number + 1) / 15)
            if inside.any():
                expected += abs(right[inside].mean() - confidence[inside].mean()) * inside.mean()
        assert figures["expected_calibration_error"] == pytest.approx(expected)

    def test_rounding_above_1_is_no_error(self, held_out, tmp_path):
        X, y = held_out
        sure = np.eye(10, dtype=np.float32)[y] * np.float32(1.0000001)
        figures, page = report(Fixed(range(10), sure), X, y, tmp_path)
        assert (figures["accuracy"], figures["expected_calibration_error"]) == (1, 0)
        assert "None of the images is misclassified." in page.texts("p")


class TestProgress:
    def test_is_told_after_each_thousand_images_and_changes_nothing(
        self, bayes, held_out, tmp_path
    ):
        X, y = (np.concatenate([each] * 20) for each in held_out)
        told = []
        figures, page = report(
            bayes, X, y, tmp_path, on_progress=lambda *numbers: told.append(numbers)
        )
        assert told == [(n, len(y)) for n in [*range(1000, len(y), 1000), len(y)]]
        assert len(told) > 1
        at_once, page_at_once = report(bayes, X, y, tmp_path, overwrite=True)
        assert figures == at_once
        assert page.texts("td") == page_at_once.texts("td")

    def test_forms_of_images(self, bayes, held_out, tmp_path):
        X, y = (np.concatenate([each] * 20) for each in held_out)
        expected, _ = report(bayes, X, y, tmp_path)
        for form in (pd.DataFrame(X), X.tolist()):
            figures, _ = report(
                bayes, form, y, tmp_path, on_progress=lambda *_: None, overwrite=True
            )
            assert figures["accuracy_interval"] == expected["accuracy_interval"]


class TestMisclassifiedImages:
    @pytest.fixture
    def surest(self, tmp_path):
        """Three mistakes and one right answer, of images that differ."""
        X = np.arange(4 * 64).reshape(4, 64) % 17
        probabilities = [[0.4, 0.6], [0.1, 0.9], [0.2, 0.8], [0.3, 0.7]]
        return X, report(Fixed([3, 8], probabilities), X, [3, 3, 8, 3], tmp_path, n_images=2)[1]

    def test_are_there_with_labels_and_probability_the_surest_first(self, surest):
        figures = surest[1].texts("figure", **{"class": "digit"})
        assert figures == [
            "predicted 8with 90.0 %true 3image 1",
            "predicted 8with 70.0 %true 3image 3",
        ]
        assert "3 images misclassified, 2 of them shown, the most confident first" in "".join(
            surest[1].texts("p")
        )

    def test_show_the_pixels(self, surest):
        X, page = surest
        images = page.all("img")
        assert [found["alt"] for found, _ in images] == 2 * ["Labeled 3, predicted as 8."]
        content = base64.b64decode(images[0][0]["src"].removeprefix("data:image/png;base64,"))
        pixels = np.asarray(Image.open(BytesIO(content)))
        np.testing.assert_array_equal(pixels, np.round(X[1].reshape(8, 8) / 16 * 255))

    def test_in_color_have_three_channels(self, tmp_path):
        X = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)
        _, page = report(Fixed([0, 1], np.tile([0.0, 1.0], (4, 1))), X, [0, 1, 1, 1], tmp_path)
        ((found, _),) = page.all("img")
        content = base64.b64decode(found["src"].partition(",")[2])
        assert Image.open(BytesIO(content)).mode == "RGB"

    def test_that_are_no_squares_need_their_shape(self, tmp_path):
        X, answers = np.ones((4, 12)), Fixed([0, 1], np.tile([0.0, 1.0], (4, 1)))
        with pytest.raises(ValueError, match="square number of pixels unless image_shape"):
            report(answers, X, [0, 1, 1, 1], tmp_path)
        _, page = report(answers, X, [0, 1, 1, 1], tmp_path, image_shape=(3, 4))
        assert "4 of 3×4 pixels, float64 from 1 to 1" in page.texts("dd")


class TestClassifiers:
    def test_without_probabilities_has_no_calibration(self, held_out, small_digits, tmp_path):
        classifier = Perceptron().fit(small_digits[0][:150], small_digits[1][:150])
        figures, page = report(classifier, *held_out, tmp_path)
        assert figures["expected_calibration_error"] is None
        assert "Not measured: the classifier has no predict_proba." in page.texts("p")
        assert page.texts("svg") == []
        assert "in the order of the data" in "".join(page.texts("p"))
        assert " with " not in "".join(page.texts("figcaption"))

    def test_that_rejects_counts_what_it_rejects(self, bayes, held_out, tmp_path):
        X, y = held_out
        sure = bayes.predict_proba(X).max(axis=1)
        threshold = float(np.median(sure))
        figures, page = report(RejectingClassifier(bayes, threshold=threshold), X, y, tmp_path)
        n_rejected = int((sure < threshold).sum())
        assert figures["rejected"] == n_rejected > 0
        assert figures["accuracy"] == pytest.approx(
            np.mean((bayes.predict(X) == y) & (sure >= threshold))
        )
        header, *rows = page.table(**{"class": "confusion"})
        assert header[-1] == "rejected"
        assert sum(int(row[-1]) for row in rows) == n_rejected
        assert "-1" not in [row[0] for row in page.table(**{"class": "numbers"})]

    @pytest.mark.parametrize("refit", ["pipeline", "search"])
    def test_that_holds_others_is_answered_for(self, refit, small_digits, held_out, tmp_path):
        classifier = make_pipeline(StandardScaler(with_mean=False), KNeighborsClassifier())
        if refit == "search":
            grid = {"kneighborsclassifier__n_neighbors": [3]}
            classifier = GridSearchCV(classifier, grid, cv=2)
        classifier.fit(small_digits[0][:150], small_digits[1][:150])
        figures, page = report(classifier, *held_out, tmp_path)
        assert figures["accuracy"] == classifier.score(*held_out)
        assert {"StandardScaler", "KNeighborsClassifier"} <= set(page.texts("h3"))
        assert "with_mean" in page.texts("th")
        assert ("n_neighbors" in page.texts("th")) == (refit == "search")

    def test_network_has_curves_architecture_and_settings(self, network, held_out, tmp_path):
        _, page = report(network, *held_out, tmp_path)
        names = dict(zip(page.texts("dt"), page.texts("dd"), strict=True))
        assert names["Architecture"] == "two_layer_mlp"
        assert names["Network parameters"] == f"{network.model_.count_params() - 2:,}"
        assert names["Image shape"] == "8×8×1"
        assert names["Best epoch"] == str(network.best_epoch_)
        drawn = [found["aria-label"] for found, _ in page.all("svg")]
        assert [text.split(" after")[0] for text in drawn[1:]] == [
            "Loss",
            "Accuracy",
            "Learning rate",
        ]
        parameters = {"architecture", "epochs", "random_state", "early_stopping"}
        assert parameters <= set(page.texts("th"))
        assert "learning_rate" not in page.texts("th")

    @pytest.mark.parametrize("kept", ["in memory", "pickled", "in a file"])
    def test_what_was_set_after_the_fit_is_no_fact_of_the_network(
        self, kept, network, held_out, tmp_path
    ):
        changed = copy.copy(network).set_params(architecture="simple", epochs=50, verbose=0)
        if kept == "pickled":
            changed = pickle.loads(pickle.dumps(changed))
        elif kept == "in a file":
            changed.save(tmp_path / "digits.mnistcnn")
            changed = load_classifier(tmp_path / "digits.mnistcnn")
        _, page = report(changed, *held_out, tmp_path)
        names = dict(zip(page.texts("dt"), page.texts("dd"), strict=True))
        assert names["Architecture"] == "two_layer_mlp"
        assert names["Epochs"] == str(network.n_iter_)
        assert names["Set after the fit"].startswith("architecture, epochs;")

    @pytest.mark.parametrize("kept", ["in memory", "pickled"])
    def test_a_function_that_was_replaced_after_the_fit_is_not_named(
        self, kept, small_digits, held_out, tmp_path
    ):
        classifier = DigitCNNClassifier(one_layer, epochs=1).fit(
            *(part[:150] for part in small_digits)
        )
        if kept == "pickled":
            classifier = pickle.loads(pickle.dumps(classifier))
        expected = {
            "one_layer": "one_layer",
            "simple": "one_layer" if kept == "in memory" else "not known",
        }
        for architecture in (one_layer, "simple"):
            _, page = report(
                classifier.set_params(architecture=architecture),
                *held_out,
                tmp_path,
                overwrite=True,
            )
            names = dict(zip(page.texts("dt"), page.texts("dd"), strict=True))
            told = expected[getattr(architecture, "__name__", architecture)]
            assert names["Architecture"].startswith(told)
            assert ("Set after the fit" in names) == (architecture == "simple")

    def test_ensemble_has_the_curves_of_one_and_the_number_of_all(
        self, small_digits, held_out, tmp_path
    ):
        member = DigitCNNClassifier("two_layer_mlp", epochs=1)
        ensemble = DigitEnsembleClassifier(member, n_estimators=2, random_state=0)
        ensemble.fit(small_digits[0][:150], small_digits[1][:150])
        _, page = report(ensemble, *held_out, tmp_path)
        assert "The curves of the first of 2 networks." in page.texts("p")
        assert "2 networks predict together." in page.texts("p")
        assert page.texts("h3").count("DigitCNNClassifier") == 1

    def test_what_it_warns_of_is_on_the_page_and_told_once(self, network, held_out, tmp_path):
        X, y = held_out
        with pytest.warns(PixelRangeWarning) as told:
            _, page = report(network, X / 255, y, tmp_path)
        assert [str(each.message) for each in told] == page.texts("ul", **{"class": "warnings"})


class TestLabels:
    def test_that_look_like_markup_stay_text(self, small_digits, tmp_path):
        X, y = small_digits
        names = np.array([MARKUP, "\"one\" & 'more'", *(f"digit {n}" for n in range(2, 10))])[y]
        classifier = GaussianNB().fit(X[:150], names[:150])
        title = f'<img src=x onerror=alert(1)> "{MARKUP}".joblib'
        _, page = report(classifier, X[150:], names[150:], tmp_path, title=title, data_name=title)
        assert page.texts("h1") == page.texts("title") == [title]
        assert title in page.texts("dd")
        assert {MARKUP, "\"one\" & 'more'"} <= set(page.texts("th"))
        assert page.all("script") == []
        assert all(found["src"].startswith("data:image/png") for found, _ in page.all("img"))

    def test_names_of_files_that_are_no_text_are_written(self, bayes, held_out, tmp_path):
        _, page = report(bayes, *held_out, tmp_path, title="digits\udce9.joblib")
        assert page.texts("h1") == ["digits\\udce9.joblib"]

    def test_two_classes(self, two_classes, tmp_path):
        X, y = two_classes
        figures, page = report(GaussianNB().fit(X, y), X, y, tmp_path)
        assert figures["accuracy"] > 0.9
        assert page.table(**{"class": "confusion"})[0] == ["true class", "0", "1"]

    def test_one_class_in_y(self, bayes, held_out, tmp_path):
        X, y = held_out
        figures, page = report(bayes, X[y == 4], y[y == 4], tmp_path)
        assert figures["images"] == (y == 4).sum()
        assert "is not defined" in "".join(page.texts("p"))

    @pytest.mark.parametrize(
        "form", [pd.Series, list, lambda y: y.astype(float), lambda y: y.astype(object)]
    )
    def test_forms_of_labels(self, form, bayes, held_out, written, tmp_path):
        assert report(bayes, held_out[0], form(held_out[1]), tmp_path)[0] == written[0]

    def test_that_the_classifier_does_not_know_are_refused(self, bayes, held_out, tmp_path):
        X, y = held_out
        with pytest.raises(
            ValueError, match=r"y contains previously unseen labels: \['0', .*s \[0, 1"
        ):
            report(bayes, X, y.astype(str), tmp_path)


class TestPage:
    def test_says_what_it_is_of(self, written):
        described = dict(zip(written[1].texts("dt"), written[1].texts("dd"), strict=True))
        assert described["Classifier"] == "GaussianNB"
        assert described["Data"] == "small digits"
        assert described["Images"] == "150 of 8×8 pixels, float64 from 0 to 16"
        assert "scikit-learn " in described["Versions"]
        assert described["Backend"]
        ((date, shown),) = written[1].all("time")
        assert shown.startswith(date["datetime"][:10])

    def test_asks_for_nothing_and_runs_nothing(self, written):
        addresses = [
            found[name]
            for _, found, _ in written[1].elements
            for name in ("src", "href", "srcset", "action", "data")
            if name in found
        ]
        assert addresses
        assert all(address.startswith(("data:", "#")) for address in addresses)
        assert "@import" not in written[1].html
        assert not [
            name for _, found, _ in written[1].elements for name in found if name.startswith("on")
        ]

    def test_has_a_language_headings_and_texts_for_all_that_is_drawn(self, written):
        page = written[1]
        assert page.all("html")[0][0]["lang"] == "en"
        assert len(page.all("h1")) == 1
        assert "Confusion matrix" in page.texts("h2")
        assert all(found["alt"] for found, _ in page.all("img"))
        assert all(found["aria-label"] for found, _ in page.all("svg"))

    def test_names_are_there_once_and_links_lead_to_them(self, network, held_out, tmp_path):
        _, page = report(network, *held_out, tmp_path)
        names = Counter(found["id"] for _, found, _ in page.elements if "id" in found)
        assert set(names.values()) == {1}
        linked = {
            found["href"].removeprefix("#")
            for tag, found, _ in page.elements
            if tag in ("a", "use")
        }
        labeled = {found["aria-labelledby"] for found, _ in page.all("section")}
        assert linked | labeled <= set(names)

    def test_charts_are_in_the_colors_of_the_page_whatever_the_user_has_set(
        self, network, held_out, tmp_path
    ):
        settings = {"axes.facecolor": "red", "font.size": 40, "svg.fonttype": "path"}
        with matplotlib.rc_context(settings):
            _, page = report(network, *held_out, tmp_path)
            assert matplotlib.rcParams["font.size"] == 40
        assert "epoch" in page.texts("text")
        assert "#ff0000" not in page.html
        charts = page.html[page.html.index("<svg") : page.html.rindex("</svg>")]
        assert "var(--ink)" in charts
        assert "#0000" not in charts

    def test_no_figure_is_left_open(self, bayes, held_out, tmp_path):
        from matplotlib import pyplot

        before = pyplot.get_fignums()
        report(bayes, *held_out, tmp_path)
        assert pyplot.get_fignums() == before
