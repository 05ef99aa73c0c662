"""Cross-validate a baseline against convolutional networks, on the same stratified folds."""

from sklearn.model_selection import StratifiedKFold, cross_val_score

from mnistcnn import DigitCNNClassifier, compare_architectures, load_sample_digits

X, y = load_sample_digits(return_X_y=True)
folds = StratifiedKFold(3, shuffle=True, random_state=0)

# scikit-learn's own tools take the networks like any other classifier.
for architecture in ["baseline", "simple", "fast"]:
    classifier = DigitCNNClassifier(architecture, epochs=5, random_state=0)
    accuracies = cross_val_score(classifier, X, y, cv=folds)
    print(f"{architecture:10} accuracy {accuracies.mean():.3f} +- {accuracies.std(ddof=1):.3f}")

# The library's own comparison adds sizes, times and a verdict on the differences.
result = compare_architectures(
    X, y, architectures=["baseline", "simple", "fast"], cv=folds, epochs=5, random_state=0
)
print(result.table.drop(columns="failure").round(4).to_string(index=False))
print(result.verdict)
