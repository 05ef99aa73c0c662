"""Search architectures and their hyperparameters in a scikit-learn pipeline.

An architecture object is a parameter like any other: the search may exchange it, and reach into it
as ``architecture__dropout``.
"""

import pandas as pd
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline

from mnistcnn import DigitCNNClassifier, ImageReshaper, get_architecture, load_sample_digits

X, y = load_sample_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=300, stratify=y, random_state=0)

pipeline = Pipeline(
    [
        ("images", ImageReshaper()),
        ("network", DigitCNNClassifier(epochs=4, random_state=0)),
    ]
)
grid = [
    {"network__architecture": ["baseline", "fast"]},
    {
        "network__architecture": [get_architecture("simple"), get_architecture("convnet")],
        "network__architecture__dropout": [0.1, 0.4],
    },
]
search = GridSearchCV(pipeline, grid, cv=3).fit(X_train, y_train)

results = pd.DataFrame(search.cv_results_).sort_values("rank_test_score")
print(results[["params", "mean_test_score", "std_test_score"]].to_string(index=False))
print(f"Best: {search.best_params_}")
accuracy = search.score(X_test, y_test)
print(f"Accuracy on {len(y_test)} digits that the search has not seen: {accuracy:.3f}")
