"""
Average networks, and average views of an image
===============================================

There are two ways to lower the error. ``DigitEnsembleClassifier`` trains several networks that
differ only in their seeds and averages their probabilities. ``TestTimeAugmentationClassifier``
averages the predictions of one network for an image shifted by a pixel or two.
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
# Measure each member in ``estimators_`` alone, then the ensemble. The log loss measures the quality
# of the probabilities; lower is better.


def measure(name, classifier):
    accuracy = classifier.score(X_test, y_test)
    loss = log_loss(y_test, classifier.predict_proba(X_test))
    print(f"{name:28} accuracy {accuracy:.4f}   log loss {loss:.4f}")
    return 100 * (1 - accuracy)


errors = {f"member {n}": measure(f"member {n}", each) for n, each in enumerate(ensemble)}
errors["ensemble"] = measure("ensemble of 5", ensemble)

# %%
# Views need no training: wrap a fitted classifier, here the first member and then the whole
# ensemble.

for name, fitted in [("member 0", ensemble[0]), ("ensemble", ensemble)]:
    views = TestTimeAugmentationClassifier(FrozenEstimator(fitted), n_views=5)
    views.fit(X_train, y_train)
    errors[f"{name}, 5 views"] = measure(f"{name}, 5 views", views)

# %%
# The bundled digits are already well centered, so views gain little here, if anything. Measure the
# gain on your own images before you pay for it. The prediction errors:

figure, ax = plt.subplots(figsize=(7, 3.5), layout="constrained")
colors = ["tab:gray"] * len(ensemble) + ["tab:blue"] * 3
bars = ax.barh(list(errors), list(errors.values()), color=colors)
ax.bar_label(bars, fmt=" %.2f %%")
ax.invert_yaxis()
ax.margins(x=0.15)
ax.set_xlabel("prediction error (%)")
plt.show()
