"""
Search architectures and their hyperparameters
==============================================

This example runs ``GridSearchCV`` over a pipeline. An architecture is a parameter like any other:
the search can try several, and set their parameters, such as ``architecture__dropout``.
"""

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline

from mnistcnn import DigitCNNClassifier, ImageReshaper, get_architecture, load_sample_digits

X, y = load_sample_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, train_size=600, test_size=600, stratify=y, random_state=0
)

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
print(f"Best: {search.best_params_}")
accuracy = search.score(X_test, y_test)
print(f"Accuracy on {len(y_test)} digits that the search has not seen: {accuracy:.3f}")

# %%
# All candidates, the best first:

results = pd.DataFrame(search.cv_results_).sort_values("rank_test_score")
results.index = [
    ", ".join(str(value) for value in parameters.values()) for parameters in results["params"]
]
print(results[["mean_test_score", "std_test_score", "mean_fit_time"]].round(3))

# %%
# The bars show one standard deviation over the folds on either side.

figure, ax = plt.subplots(figsize=(7, 3.5), layout="constrained")
ax.errorbar(
    results["mean_test_score"], results.index, xerr=results["std_test_score"], fmt="o", capsize=4
)
ax.invert_yaxis()
ax.set_xlabel("accuracy in 3 folds")
ax.grid(axis="x", alpha=0.3)
plt.show()
