"""
See what augmentation does
==========================

``Augmentation`` changes each training image slightly, and differently in every epoch. Each of its
parameters is the maximum change; this example draws some changes and measures their effect.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.ndimage import affine_transform
from sklearn.model_selection import train_test_split

from mnistcnn import Augmentation, DigitCNNClassifier, load_sample_digits
from mnistcnn.plotting import DigitGridDisplay

digits = load_sample_digits()

# %%
# ``draw`` returns the transform of each image. For rotation, zoom, shear and shift it maps
# a pixel of the result to one of the image, ``x' = a0 x + a1 y + a2`` and ``y' = b0 x + b1 y +
# b2``. SciPy can apply it, with y first.


def augmented(image, augmentation, n_images):
    drawn = augmentation.draw(n_images, (28, 28, 1), np.random.default_rng(0))
    for a0, a1, a2, b0, b1, b2, *_ in drawn.affine:
        yield affine_transform(image, [[b1, b0], [a1, a0]], offset=[b2, a2], order=1)


changes = {
    "rotation=20": Augmentation(rotation=20),
    "zoom=0.2": Augmentation(zoom=0.2),
    "shear=20": Augmentation(shear=20),
    "shift=0.15": Augmentation(shift=0.15),
    "all four": Augmentation(rotation=20, zoom=0.2, shear=20, shift=0.15),
}
seven = digits.images[7]
rows = [[seven, *augmented(seven, change, 7)] for change in changes.values()]
titles = [["original"] + [name] * 7 for name in changes]
DigitGridDisplay(images=np.concatenate(rows), titles=sum(titles, []), n_columns=8).plot()
plt.show()

# %%
# Augmentation helps most with few training images. Here the same network is trained twice on 100
# images and tested on the others; ``"mnist"`` is one of the presets for digits.

X_train, X_test, y_train, y_test = train_test_split(
    digits.data, digits.target, train_size=100, stratify=digits.target, random_state=0
)
for augmentation in (None, "mnist"):
    classifier = DigitCNNClassifier("fast", epochs=30, augmentation=augmentation, random_state=0)
    accuracy = classifier.fit(X_train, y_train).score(X_test, y_test)
    print(f"augmentation={augmentation!r:8} accuracy {accuracy:.3f}")
