"""Names of parameters that are nested in others, as users of other wrappers write them."""

import keras
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from mnistcnn import DigitCNNClassifier, DigitEnsembleClassifier, ImageReshaper

OBJECTS = r'search over whole objects: \{"optimizer": \[keras.optimizers.SGD'


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("optimizer__learning_rate", "Set learning_rate, a parameter of the estimator itself"),
        ("optimizer__weight_decay", "Set weight_decay, "),
        ("optimizer__momentum", "Set momentum, "),
        ("optimizer__nesterov", "Set nesterov, "),
        ("optimizer__beta_1", OBJECTS),
        ("callbacks__patience", r'\{"callbacks": \[keras.callbacks.EarlyStopping'),
        ("callbacks__EarlyStopping__patience", r'\{"callbacks": '),
        ("epochs__x", "epochs has no parameters .* Set epochs itself"),
    ],
)
def test_what_is_nested_in_a_plain_value_is_refused_with_what_to_set(name, told, small_digits):
    message = f"^Invalid parameter {name!r} for estimator DigitCNNClassifier: .*{told}"
    with pytest.raises(ValueError, match=message):
        DigitCNNClassifier().set_params(**{name: 0.1})
    with pytest.raises(ValueError, match=message):
        make_pipeline(ImageReshaper(), DigitCNNClassifier()).set_params(
            **{f"digitcnnclassifier__{name}": 0.1}
        )
    with pytest.raises(ValueError, match=message):
        DigitEnsembleClassifier(DigitCNNClassifier()).set_params(**{f"estimator__{name}": 0.1})
    with pytest.raises(ValueError, match=message):
        GridSearchCV(DigitCNNClassifier(), {name: [0.1]}, cv=2).fit(*small_digits)


def test_of_an_optimizer_that_is_an_object_its_own_settings_count():
    classifier = DigitCNNClassifier(optimizer=keras.optimizers.SGD(0.1))
    with pytest.raises(ValueError, match=OBJECTS):
        classifier.set_params(optimizer__momentum=0.5)
    with pytest.raises(ValueError, match="Set learning_rate, "):
        classifier.set_params(optimizer__learning_rate=0.5)
    with pytest.raises(ValueError, match="Set weight_decay, "):
        DigitCNNClassifier().set_params(optimizer="sgd", optimizer__weight_decay=0.5)


def test_a_refused_name_sets_nothing():
    classifier = DigitCNNClassifier()
    with pytest.raises(ValueError, match="optimizer__momentum"):
        classifier.set_params(epochs=3, optimizer__momentum=0.5)
    assert classifier.epochs == 10
