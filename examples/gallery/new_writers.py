"""
Test on the handwriting of new people
=====================================

Random folds have digits of the same people on both sides, so the network is tested on handwriting
that it knows. ``StratifiedGroupKFold`` keeps all digits of a person in one fold.

The bundled digits do not name their writers, but their order reveals them: it is that of the forms
that people filled in, and every form begins with the digits from 0 to 9, twice. For MNIST's
digits, ``writers`` of ``fetch_mnist`` names the writers.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_score

from mnistcnn import DigitCNNClassifier, load_sample_digits

X, y = load_sample_digits(return_X_y=True)

beginning = np.tile(np.arange(10), 2)
windows = np.lib.stride_tricks.sliding_window_view(y, len(beginning))
begins = np.flatnonzero((windows == beginning).all(axis=1))
# Where 0 to 9 stand three times, the second window belongs to the same form.
begins = begins[np.diff(begins, prepend=-len(beginning)) >= len(beginning)]
writers = np.searchsorted(begins, np.arange(len(y)), side="right")
print(f"{len(y):,} digits by {len(np.unique(writers))} people")

# %%
# The network and the number of folds are the same; ``groups`` names the writer of each digit.

classifier = DigitCNNClassifier("fast", epochs=4, random_state=0)
kinds = {
    "the same people\non both sides": (StratifiedKFold(5, shuffle=True, random_state=0), None),
    "new people\nin each fold": (StratifiedGroupKFold(5, shuffle=True, random_state=0), writers),
}
errors = {}
for name, (folds, groups) in kinds.items():
    accuracies = cross_val_score(classifier, X, y, groups=groups, cv=folds)
    errors[name] = 100 * (1 - accuracies)
    mean, deviation = errors[name].mean(), errors[name].std(ddof=1)
    print(f"{' '.join(name.split()):30} prediction error {mean:.2f} % +- {deviation:.2f}")

# %%
# The second error is the relevant one for an application with new users.

figure, ax = plt.subplots(figsize=(6, 3), layout="constrained")
for name, values in errors.items():
    ax.plot(values, [name] * len(values), "o", color="tab:blue", alpha=0.4)
    ax.plot(values.mean(), [name], "|", color="tab:blue", markersize=24, markeredgewidth=3)
ax.invert_yaxis()
ax.margins(y=0.4)
ax.set_xlim(left=0)
ax.set_xlabel("prediction error of each fold, and the mean (%)")
ax.grid(axis="x", alpha=0.3)
plt.show()
