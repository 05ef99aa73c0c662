"""Search many settings at the price of few: `HalvingGridSearchCV` with epochs as the resource.

All candidates are trained for a few epochs, the better third of them for three times as many, and
so on. With `memory` a search that was ended in between goes on where it was.
"""

import tempfile

import pandas as pd
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import HalvingGridSearchCV, train_test_split
from sklearn.pipeline import Pipeline

from mnistcnn import DigitCNNClassifier, ImageReshaper, get_architecture, load_sample_digits

X, y = load_sample_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=300, stratify=y, random_state=0)

# A search space that serves most data of this kind.
space = [
    {
        "classifier__architecture": [get_architecture("simple"), get_architecture("convnet")],
        "classifier__architecture__dropout": [0.2, 0.5],
        "classifier__learning_rate": [0.001, 0.005],
    },
    {
        "classifier__architecture": ["fast"],
        "classifier__learning_rate": [0.003, 0.01, 0.03],
    },
]

with tempfile.TemporaryDirectory() as folder:  # a folder that stays, in your own search
    pipeline = Pipeline(
        [
            ("images", ImageReshaper()),
            ("classifier", DigitCNNClassifier(random_state=0, memory=folder)),
        ]
    )
    search = HalvingGridSearchCV(
        pipeline,
        space,
        resource="classifier__epochs",
        min_resources=1,
        max_resources=9,
        factor=3,
        cv=3,
        random_state=0,
    ).fit(X_train, y_train)

results = pd.DataFrame(search.cv_results_).groupby("n_resources")
print(results.agg(candidates=("iter", "size"), best=("mean_test_score", "max")).round(4))
print(f"Best: {search.best_params_}")
accuracy = search.score(X_test, y_test)
print(f"Accuracy on {len(y_test)} digits that the search has not seen: {accuracy:.3f}")
