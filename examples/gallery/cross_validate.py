"""
Compare a baseline with CNNs
============================

Is a convolutional network worth it? ``compare_architectures`` cross-validates several networks on
the same folds and says which differences are more than chance.
"""

import textwrap

import matplotlib.pyplot as plt
from sklearn.model_selection import StratifiedKFold, cross_val_score

from mnistcnn import DigitCNNClassifier, compare_architectures, load_sample_digits
from mnistcnn.plotting import ComparisonDisplay, PairwiseDisplay

X, y = load_sample_digits(return_X_y=True)
folds = StratifiedKFold(5, shuffle=True, random_state=0)

result = compare_architectures(
    X, y, architectures=["baseline", "simple", "fast"], cv=folds, epochs=4, random_state=0
)
print(textwrap.fill(result.verdict, 80))

# %%
# The table has one row per network, the best first.

columns = ["architecture", "parameters", "accuracy_mean", "accuracy_sd", "fit_seconds"]
print(result.table[columns].round(4).to_string(index=False))

# %%
# Each faint dot is the prediction error in one fold.

ComparisonDisplay.from_result(result)
plt.show()

# %%
# The folds share training images, so the intervals of the differences are corrected for that
# (Nadeau and Bengio 2003). If an interval reaches into the shaded region, the two networks may
# well be equally good.

PairwiseDisplay.from_result(result, rope=0.5)
plt.show()

# %%
# scikit-learn's own functions take a network like any other classifier, and give the same scores
# with the same folds and seed.

classifier = DigitCNNClassifier("baseline", epochs=4, random_state=0)
print(cross_val_score(classifier, X, y, cv=folds).round(4))
