"""
Transfer a trained network to other classes
===========================================

The features that a network has learned from strokes are useful for other classes, such as letters,
with few images. ``TrainedFeatures`` is an architecture of already trained layers with a new last
layer.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import train_test_split

from mnistcnn import DigitCNNClassifier, TrainedFeatures, load_pretrained, load_sample_digits
from mnistcnn.plotting import DigitGridDisplay

# %%
# Ten letters that look like digits stand in for an alphabet; use your own labels in their place.
# There are ``FEW`` training images of each, and 700 test images.

FEW = [1, 2, 4, 8, 16]

X, digits = load_sample_digits(return_X_y=True)
y = np.array(list("OIZEASGTBP"))[digits]
X_rest, X_test, y_rest, y_test = train_test_split(X, y, test_size=700, stratify=y, random_state=0)
DigitGridDisplay.from_samples(X_rest, y_rest, n_per_class=8)
plt.show()

# %%
# The trained layers are frozen, and only the new layer is trained. For comparison, the network
# ``"fast"`` is trained from scratch.

pretrained = TrainedFeatures(load_pretrained())
accuracies = {"trained features": [], "from scratch": []}
for n_each in FEW:
    chosen = np.concatenate([np.flatnonzero(y_rest == label)[:n_each] for label in np.unique(y)])
    for name, architecture in zip(accuracies, (pretrained, "fast"), strict=True):
        classifier = DigitCNNClassifier(architecture, epochs=15, random_state=0)
        classifier.fit(X_rest[chosen], y_rest[chosen])
        accuracies[name].append(classifier.score(X_test, y_test))
        print(f"{n_each:2} of each class, {name:16} accuracy {accuracies[name][-1]:.3f}")

# %%
# The fewer the images, the larger the gain.

# sphinx_gallery_thumbnail_number = 2
figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
for name, values in accuracies.items():
    ax.plot(FEW, values, marker="o", label=name)
ax.set_xscale("log", base=2)
ax.set_xticks(FEW, FEW)
ax.set_xlabel("training images of each class")
ax.set_ylabel("accuracy on the test images")
ax.grid(alpha=0.3)
ax.legend()
plt.show()
