"""Converts a network's float32 scores to the values that scikit-learn's methods return."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax

SMALLEST = float(np.finfo(np.float32).tiny)


def as_probabilities(scores: NDArray[np.float32], emits_logits: bool) -> NDArray[np.float64]:
    """Return float64 probabilities that sum to 1 over the last axis, that of the classes."""
    precise = scores.astype(np.float64)
    if emits_logits:
        probabilities: NDArray[np.float64] = softmax(precise, axis=-1)
        return probabilities
    normalized: NDArray[np.float64] = precise / precise.sum(axis=-1, keepdims=True)
    return normalized


def as_log_probabilities(scores: NDArray[np.float32], emits_logits: bool) -> NDArray[np.float64]:
    """Return the logarithms of what `as_probabilities` returns."""
    if emits_logits:
        logarithms: NDArray[np.float64] = log_softmax(scores.astype(np.float64), axis=1)
        return logarithms
    return np.log(np.maximum(as_probabilities(scores, emits_logits), SMALLEST))


def as_decision(scores: NDArray[np.float32], emits_logits: bool) -> NDArray[np.float64]:
    """Return logits or log-probabilities; for two classes the lead of the second."""
    decision = scores.astype(np.float64)
    if not emits_logits:
        decision = np.log(np.maximum(decision, SMALLEST))
    return decision[:, 1] - decision[:, 0] if decision.shape[1] == 2 else decision
