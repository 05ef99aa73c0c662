"""Train an ensemble of networks by one recipe on MNIST, and write a record for `docs/results.md`.

python -m benchmarks.best_ensemble accurate 20 benchmarks/results/reproduced/ensemble.json

With one network, other parameters and --validate it shows what these bring.
"""

import argparse
import json
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks._runner import describe_machine
from mnistcnn import DigitEnsembleClassifier, TestTimeAugmentationClassifier, fetch_mnist
from mnistcnn.evaluation import DigitImages
from mnistcnn.evaluation._reproduction import evaluate_on_test_images


def read_arguments(command: list[str] | None) -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.best_ensemble", description=__doc__)
    parser.add_argument("recipe", help="a recipe of mnistcnn.list_recipes()")
    parser.add_argument("n_members", type=int, help="how many networks")
    parser.add_argument("output", type=Path, help="the JSON file of the record")
    parser.add_argument(
        "--parameters",
        type=json.loads,
        default={},
        metavar="JSON",
        help="parameters of each network in place of the recipe's, such as '{\"epochs\": 45}'",
    )
    parser.add_argument("--random-state", type=int, default=0, help="default 0")
    parser.add_argument("--n-jobs", type=int, default=2, help="networks trained at once; default 2")
    parser.add_argument("--n-views", type=int, default=1, help="views of each image; default 1")
    parser.add_argument(
        "--validate",
        action="store_true",
        help="measure on the last 10,000 training images, and train on the others",
    )
    parser.add_argument(
        "--memory",
        type=Path,
        help="a folder that keeps each member, so that a run that was killed goes on; its seconds "
        "are then unknown",
    )
    arguments = parser.parse_args(command)
    if arguments.output.exists():
        parser.error(f"argument output: {arguments.output} exists already")
    return arguments


def mnist() -> DigitImages:
    """Return MNIST as it is split."""
    train, test = (fetch_mnist(subset=subset) for subset in ("train", "test"))
    return DigitImages(train.data, train.target, test.data, test.target)


def main(command: list[str] | None = None) -> None:
    """Train, measure once, and write the record."""
    arguments = read_arguments(command)
    images = mnist().without_test() if arguments.validate else mnist()
    ensemble = DigitEnsembleClassifier.from_recipe(
        arguments.recipe,
        arguments.n_members,
        n_jobs=arguments.n_jobs,
        random_state=arguments.random_state,
        verbose=5,
    )
    ensemble.estimator.set_params(memory=arguments.memory, **arguments.parameters)
    started = time.perf_counter()
    ensemble.fit(images.X, images.y)
    seconds = time.perf_counter() - started
    was_kept = any(member.from_memory_ for member in ensemble.estimators_)
    answering = TestTimeAugmentationClassifier(ensemble, arguments.n_views)
    record = {
        "recipe": arguments.recipe,
        "n_members": arguments.n_members,
        "n_views": arguments.n_views,
        "n_jobs": arguments.n_jobs,
        "parameters": arguments.parameters,
        "seed": arguments.random_state,
        "data": "mnist",
        "seconds": None if was_kept else seconds,
        "n_training_images": len(images.y),
        **evaluate_on_test_images(answering, images),
        "recorded": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": describe_machine(),
    }
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(record, indent=1) + "\n", "utf8")
    print(f"{100 * record['accuracy']:.2f} %, {record['n_errors']} errors, {seconds:.0f} s")


if __name__ == "__main__":
    main()
