"""Write a small model file that later versions must load; run once at each release.

python scripts/keep_released_file.py tests/reliability/released

Beside VERSION.mnistcnn it leaves VERSION.npz: images, and what the classifier answered. Files of
that version that are there already stay, and end it.
"""

import sys
from pathlib import Path

import numpy as np
from sklearn.pipeline import make_pipeline

import mnistcnn
from mnistcnn import (
    Augmentation,
    DigitCNNClassifier,
    DigitEnsembleClassifier,
    ImageReshaper,
    PixelScaler,
    RejectingClassifier,
    load_sample_digits,
    save_classifier,
)
from mnistcnn.architectures import Simple


def main(folder: Path) -> None:
    """Train what holds a part of every kind, and keep it with its answers."""
    X, y = load_sample_digits(return_X_y=True)
    network = DigitCNNClassifier(
        Simple(2, kernel_size=5, dense_units=4),
        epochs=20,
        augmentation=Augmentation(rotation=3.0),
        class_weight={1: 2.0},
        early_stopping=True,
        n_iter_no_change=20,
        precision="float32",
        random_state=0,
    )
    ensemble = DigitEnsembleClassifier(network, 2, random_state=0)
    classifier = make_pipeline(
        ImageReshaper(), PixelScaler(), RejectingClassifier(ensemble, threshold=0.2)
    ).fit(X, y)
    images = X[:20]
    save_classifier(classifier, folder / f"{mnistcnn.__version__}.mnistcnn")
    np.savez_compressed(
        folder / f"{mnistcnn.__version__}.npz",
        images=images,
        labels=classifier.predict(images),
        probabilities=classifier.predict_proba(images),
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
