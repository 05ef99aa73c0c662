"""
Average networks, and average views of an image
===============================================

Two ways to be right more often. ``DigitEnsembleClassifier`` trains several networks that differ
by their seeds alone and averages their probabilities. ``TestTimeAugmentationClassifier`` shows
one network the same image moved by a pixel or two.
"""

import matplotlib.pyplot as plt
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from mnistcnn import (
    DigitCNNClassifier,
    DigitEnsembleClassifier,
    TestTimeAugmentationClassifier,
    load_sample_digits,
)

X, y = load_sample_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, train_size=500, stratify=y, random_state=0
)

member = DigitCNNClassifier("fast", epochs=5)
ensemble = DigitEnsembleClassifier(member, n_estimators=5, random_state=0).fit(X_train, y_train)

# %%
# The members are in ``estimators_``; each alone, then all of them together. The log loss says how
# good the probabilities are, the lower the better.


def measure(name, classifier):
    accuracy = classifier.score(X_test, y_test)
    loss = log_loss(y_test, classifier.predict_proba(X_test))
    print(f"{name:28} accuracy {accuracy:.4f}   log loss {loss:.4f}")
    return 100 * (1 - accuracy)


errors = {f"member {n}": measure(f"member {n}", each) for n, each in enumerate(ensemble)}
errors["ensemble"] = measure("ensemble of 5", ensemble)

# %%
# Views need no training: they stand around a classifier that is fitted already, here the first
# member, and around the whole ensemble.

for name, fitted in [("member 0", ensemble[0]), ("ensemble", ensemble)]:
    views = TestTimeAugmentationClassifier(FrozenEstimator(fitted), n_views=5)
    views.fit(X_train, y_train)
    errors[f"{name}, 5 views"] = measure(f"{name}, 5 views", views)

# %%
# The bundled digits are well centred already, so views bring little here, if anything: measure it
# on images of your own before you pay for it. Prediction error of each:

figure, ax = plt.subplots(figsize=(7, 3.5), layout="constrained")
colours = ["tab:grey"] * len(ensemble) + ["tab:blue"] * 3
bars = ax.barh(list(errors), list(errors.values()), color=colours)
ax.bar_label(bars, fmt=" %.2f %%")
ax.invert_yaxis()
ax.margins(x=0.15)
ax.set_xlabel("prediction error (%)")
plt.show()
