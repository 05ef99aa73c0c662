"""How good is a network for a person whose hand it has never seen?

MNIST's digits come from a few hundred people. Folds that are drawn at random have the same people
on both sides, so that the network is tested on hands that it knows; `StratifiedGroupKFold` keeps
each person in one fold. It needs MNIST with ``writer-ids.npz`` beside it (docs/data.md, "Writers").
"""

import sys

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_score

from mnistcnn import DigitCNNClassifier, fetch_mnist

try:
    mnist = fetch_mnist(download_if_missing=False)
except FileNotFoundError as error:
    sys.exit(print(f"Nothing to compare: {error}"))
if mnist.writers is None:
    sys.exit(print("Nothing to compare: writer-ids.npz does not lie beside MNIST."))

# All digits of a few people, rather than a few digits of all: as in a small study.
people = np.random.default_rng(0).choice(np.unique(mnist.writers), 30, replace=False)
chosen = np.isin(mnist.writers, people)
X, y, writers = mnist.data[chosen], mnist.target[chosen], mnist.writers[chosen]
print(f"{len(y):,} digits of {len(people)} people, 5 folds")

classifier = DigitCNNClassifier(epochs=5, random_state=0)
for name, folds, groups in [
    ("the same people on both sides", StratifiedKFold(5, shuffle=True, random_state=0), None),
    ("new people in each fold", StratifiedGroupKFold(5, shuffle=True, random_state=0), writers),
]:
    errors = 100 * (1 - cross_val_score(classifier, X, y, groups=groups, cv=folds))
    print(f"{name:30} prediction error {errors.mean():.2f} % +- {errors.std(ddof=1):.2f}")
