"""
Search many settings at the cost of a few
=========================================

``HalvingGridSearchCV`` can use epochs as the resource: it trains all candidates for one epoch, the
best third for three, and so on. With ``memory`` each fit is cached, so to resume a search that was
killed, run it again.
"""

import tempfile

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import HalvingGridSearchCV, train_test_split
from sklearn.pipeline import Pipeline

from mnistcnn import DigitCNNClassifier, ImageReshaper, get_architecture, load_sample_digits

X, y = load_sample_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, train_size=400, test_size=600, stratify=y, random_state=0
)

# %%
# A search space that suits most data of this kind:

space = [
    {
        "classifier__architecture": [get_architecture("simple")],
        "classifier__architecture__dropout": [0.2, 0.5],
        "classifier__learning_rate": [0.001, 0.005],
    },
    {
        "classifier__architecture": ["fast"],
        "classifier__learning_rate": [0.003, 0.01, 0.03],
    },
]

folder = tempfile.TemporaryDirectory()  # a folder that stays, in your own search
pipeline = Pipeline(
    [
        ("images", ImageReshaper()),
        ("classifier", DigitCNNClassifier(random_state=0, memory=folder.name)),
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
print(f"Best: {search.best_params_}")
accuracy = search.score(X_test, y_test)
print(f"Accuracy on {len(y_test)} digits that the search has not seen: {accuracy:.3f}")

# %%
# The plot has a line for each candidate, from round to round.

results = pd.DataFrame(search.cv_results_)
results["candidate"] = [
    ", ".join(str(value) for name, value in each.items() if not name.endswith("epochs"))
    for each in results["params"]
]
print(results.groupby("n_resources")["mean_test_score"].agg(["size", "max"]).round(4))

figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for _, rounds in results.groupby("candidate"):
    ax.plot(rounds["n_resources"], rounds["mean_test_score"], marker="o")
ax.set_xscale("log", base=3)
ax.set_xticks(search.n_resources_, search.n_resources_)
ax.set_xlabel("epochs")
ax.set_ylabel("accuracy in 3 folds")
ax.grid(alpha=0.3)
plt.show()

# %%
# If you run the search again, it reads all its fits back instead of training them.

resumed = search.fit(X_train, y_train)
print(resumed.best_estimator_["classifier"].from_memory_)
folder.cleanup()
