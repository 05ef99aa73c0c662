"""
Put a CNN into a pipeline
=========================

A ``DigitCNNClassifier`` is a scikit-learn classifier, so it can be the last step of a
``Pipeline``. Here the step before it brings images of any size and range to MNIST's form: those of
``sklearn.datasets.load_digits`` have 8x8 pixels from 0 to 16.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import Pipeline

from mnistcnn import DigitCNNClassifier, DigitNormalizer
from mnistcnn.plotting import DigitGridDisplay, TrainingHistoryDisplay

digits = load_digits()
X_train, X_test, y_train, y_test = train_test_split(
    digits.images, digits.target, test_size=300, stratify=digits.target, random_state=0
)

pipeline = Pipeline(
    [
        ("form", DigitNormalizer()),
        ("network", DigitCNNClassifier("fast", epochs=5, random_state=0)),
    ]
)
pipeline.fit(X_train, y_train)
print(f"Accuracy on {len(y_test)} digits held out: {pipeline.score(X_test, y_test):.3f}")

# %%
# The pipeline has the parameters of every step, prefixed with the name of the step.

pipeline.set_params(form__smooth_small=True, network__epochs=3)
print(pipeline.get_params()["network__epochs"])

# %%
# The pipeline works wherever a classifier does. In a cross-validation each fold trains a new
# network, and the folds are stratified.

accuracies = cross_val_score(pipeline, X_train, y_train, cv=3)
print(
    f"Accuracy in {len(accuracies)} folds: {accuracies.mean():.3f} +- {accuracies.std(ddof=1):.3f}"
)

# %%
# The input of the network, and its loss:

# sphinx_gallery_thumbnail_number = 1
normalized = pipeline["form"].transform(X_test)
DigitGridDisplay.from_samples(normalized, y_test, n_per_class=8)
TrainingHistoryDisplay.from_estimator(pipeline["network"], quantity="loss")
plt.show()
