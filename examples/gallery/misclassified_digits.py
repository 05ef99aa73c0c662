"""
Plot the confusion matrix, misclassified digits and saliency maps
=================================================================

A single accuracy hides where a network is wrong. scikit-learn's ``ConfusionMatrixDisplay`` shows
which digits it confuses, ``DigitGridDisplay`` shows the images, and ``SaliencyDisplay``
the pixels that mattered.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import ConfusionMatrixDisplay, classification_report
from sklearn.model_selection import cross_val_predict

from mnistcnn import DigitCNNClassifier, load_sample_digits
from mnistcnn.plotting import DigitGridDisplay, SaliencyDisplay

X, y = load_sample_digits(return_X_y=True)

# %%
# With ``cross_val_predict``, each image is predicted by a network that was not trained on it, so
# you can look at the errors on all images.

classifier = DigitCNNClassifier("baseline", epochs=5, random_state=0)
probabilities = cross_val_predict(classifier, X, y, cv=3, method="predict_proba")
predictions = probabilities.argmax(axis=1)
print(classification_report(y, predictions, digits=3))

# %%
# The diagonal shows the recall of each digit; empty cells are zero.

display = ConfusionMatrixDisplay.from_predictions(
    y, predictions, normalize="true", values_format=".0%", cmap="Blues", colorbar=False
)
for text in display.text_.ravel():
    if text.get_text() == "0%":
        text.set_text("")
display.figure_.set_size_inches(6, 6)
plt.show()

# %%
# The misclassified digits, most confident errors first. A person would misread some of them,
# too.

# sphinx_gallery_thumbnail_number = 2
DigitGridDisplay.from_predictions(X, y, predictions, y_proba=probabilities, n_images=20)
plt.show()

# %%
# Saliency maps of two digits that the held-out networks misclassified: the probability of the class
# falls if a window covers the pixels that matter. The true class is next to the predicted one.

classifier.fit(X, y)
worst = np.flatnonzero(predictions != y)[:2]
for image, true, predicted in zip(X[worst], y[worst], predictions[worst], strict=True):
    SaliencyDisplay.from_estimator(classifier, [image], classes=[predicted, true])
    plt.show()
