"""Use a Keras network of your own: a function from input shape and number of classes to a model."""

import keras
from sklearn.metrics import classification_report
from sklearn.model_selection import GridSearchCV, train_test_split

from mnistcnn import DigitCNNClassifier, load_sample_digits


def small_network(input_shape, n_classes):
    """Two convolutions, one of them separable: few parameters. The last layer gives logits."""
    return keras.Sequential(
        [
            keras.Input(input_shape),
            keras.layers.Conv2D(16, 3, activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.SeparableConv2D(32, 3, activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Flatten(),
            keras.layers.Dense(n_classes),
        ]
    )


X, y = load_sample_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=300, stratify=y, random_state=0)

classifier = DigitCNNClassifier(small_network, epochs=8, random_state=0)
search = GridSearchCV(classifier, {"learning_rate": [0.003, 0.01]}, cv=3).fit(X_train, y_train)

best = search.best_estimator_
print(
    f"Best rate {search.best_params_['learning_rate']}, {best.model_.count_params():,} parameters"
)
print(classification_report(y_test, search.predict(X_test), digits=3))
