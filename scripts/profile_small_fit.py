"""Where the time of a small fit goes, as in a search: the bundled digits, five epochs.

python scripts/profile_small_fit.py baseline simple
"""

import cProfile
import pstats
import sys

from mnistcnn import DigitCNNClassifier, load_sample_digits

N_FITS = 20

# The functions whose time, with all that they call, is told apart; the rest is what is left.
PARTS = {
    "reading and checking the data": "read_training_data",
    "building the network": "build_network",
    "pixel statistics": "learn_pixel_scaling",
    "taking over a compiled network": "take",
    "a fresh optimizer": "compile_or_reset",
    "epochs: compiled programs": "_run",
    "epochs: all else": "_run_epochs",
    "the whole fit": "fit",
}
MODULES = ("classifier/_fit.py", "classifier/_inputs.py", "classifier/_networks.py")
MODULES += ("_training/building.py", "_training/pool.py", "_training/compiled_network.py")
MODULES += ("_training/backends/tensorflow.py", "_training/training.py")


def seconds_of_parts(architecture: str) -> dict[str, float]:
    """Return the mean seconds of each part of a fit whose network is compiled already."""
    X, y = load_sample_digits(return_X_y=True)
    settings = {"epochs": 5, "batch_size": 128, "precision": "float32"}

    def fit(seed: int) -> None:
        DigitCNNClassifier(architecture, random_state=seed, **settings).fit(X[:1437], y[:1437])

    fit(0)
    profile = cProfile.Profile()
    profile.enable()
    for seed in range(N_FITS):
        fit(seed)
    profile.disable()
    found = {
        function: cumulative / N_FITS
        for (file, _, function), (_, _, _, cumulative, _) in pstats.Stats(profile).stats.items()
        if file.endswith(MODULES)
    }
    return {part: found[function] for part, function in PARTS.items()}


def report(architecture: str) -> None:
    """Print the parts in milliseconds and as shares of the fit."""
    parts = seconds_of_parts(architecture)
    whole = parts.pop("the whole fit")
    parts["epochs: all else"] -= parts["epochs: compiled programs"]
    parts["all else"] = whole - sum(parts.values())
    print(f"{architecture}: {1000 * whole:.0f} ms a fit, mean of {N_FITS}")
    for part, seconds in parts.items():
        print(f"  {part:32} {1000 * seconds:6.1f} ms {100 * seconds / whole:5.1f} %")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        report(name)
