"""
Use your own network, and search its parameters
===============================================

``architecture`` can be a function that takes the shape of the images and the number of classes and
returns a Keras model. Its additional parameters can be searched as ``architecture__<name>``.
"""

import keras
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.model_selection import GridSearchCV, train_test_split

from mnistcnn import DigitCNNClassifier, load_sample_digits

X, y = load_sample_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, train_size=600, test_size=600, stratify=y, random_state=0
)


# %%
# This network has two convolutions, one of them separable to keep the number of parameters small.
# The last layer returns logits, but could also be a softmax. The model need not be compiled.


def small_network(input_shape, n_classes, filters=16, dropout=0.0):
    return keras.Sequential(
        [
            keras.Input(input_shape),
            keras.layers.Conv2D(filters, 3, activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.SeparableConv2D(2 * filters, 3, activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Flatten(),
            keras.layers.Dropout(dropout),
            keras.layers.Dense(n_classes),
        ]
    )


classifier = DigitCNNClassifier(small_network, epochs=8, learning_rate=0.01, random_state=0)
classifier.fit(X_train, y_train)
classifier.model_.summary()

# %%
# Search a grid of the function's own parameters:

grid = {"architecture__filters": [4, 8, 16], "architecture__dropout": [0.0, 0.3]}
search = GridSearchCV(classifier, grid, cv=3).fit(X_train, y_train)
print(f"Best: {search.best_params_}")
print(f"Accuracy on {len(y_test)} digits held out: {search.score(X_test, y_test):.3f}")

results = pd.DataFrame(search.cv_results_)
scores = results.pivot_table(
    "mean_test_score", "param_architecture__filters", "param_architecture__dropout"
)
figure, ax = plt.subplots(figsize=(5, 3.5), layout="constrained")
for dropout, column in scores.items():
    ax.plot(column.index, column, marker="o", label=f"dropout {dropout}")
ax.set_xscale("log", base=2)
ax.set_xticks(scores.index, scores.index)
ax.set_xlabel("filters of the first convolution")
ax.set_ylabel("accuracy in 3 folds")
ax.legend()
plt.show()
