"""
Plot the confusion matrix, the misclassified digits and what decided
====================================================================

A single accuracy hides where a network is wrong. scikit-learn's ``ConfusionMatrixDisplay`` says
which digits it takes for which, ``DigitGridDisplay`` shows the images, and ``SaliencyDisplay``
which pixels decided.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import ConfusionMatrixDisplay, classification_report
from sklearn.model_selection import cross_val_predict

from mnistcnn import DigitCNNClassifier, load_sample_digits
from mnistcnn.plotting import DigitGridDisplay, SaliencyDisplay

X, y = load_sample_digits(return_X_y=True)

# %%
# With ``cross_val_predict`` every image is predicted by a network that was not trained on it, so
# that all of them can be looked at.

classifier = DigitCNNClassifier("baseline", epochs=5, random_state=0)
probabilities = cross_val_predict(classifier, X, y, cv=3, method="predict_proba")
predictions = probabilities.argmax(axis=1)
print(classification_report(y, predictions, digits=3))

# %%
# Recall of each digit on the diagonal; empty cells are zero.

display = ConfusionMatrixDisplay.from_predictions(
    y, predictions, normalize="true", values_format=".0%", cmap="Blues", colorbar=False
)
for text in display.text_.ravel():
    if text.get_text() == "0%":
        text.set_text("")
display.figure_.set_size_inches(6, 6)
plt.show()

# %%
# The misclassified digits, those of which the network was surest first. Some of them a person
# would misread, too.

# sphinx_gallery_thumbnail_number = 2
DigitGridDisplay.from_predictions(X, y, predictions, y_proba=probabilities, n_images=20)
plt.show()

# %%
# Which pixels decided, for two digits that the held-out networks misclassified: where a window
# covers them, the probability of the class falls. Beside the predicted class stands the true one.

classifier.fit(X, y)
worst = np.flatnonzero(predictions != y)[:2]
for image, true, predicted in zip(X[worst], y[worst], predictions[worst], strict=True):
    SaliencyDisplay.from_estimator(classifier, [image], classes=[predicted, true])
    plt.show()
