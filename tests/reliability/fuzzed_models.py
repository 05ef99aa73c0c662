"""Changes the descriptions in model files, hashes and loads them, and prints what came of it.

python fuzzed_models.py FOLDER SEED SECONDS AT_LEAST
"""

import copy
import json
import random
import sys
import traceback
import warnings
from collections import Counter
from pathlib import Path

import keras
import numpy as np
from sklearn.datasets import load_digits
from sklearn.pipeline import make_pipeline

from mnistcnn import (
    Augmentation,
    DigitCNNClassifier,
    DigitEnsembleClassifier,
    DigitNormalizer,
    ImageReshaper,
    PixelScaler,
    RejectingClassifier,
    TestTimeAugmentationClassifier,
    TrainedFeatures,
    UnreadableModelError,
    load_classifier,
)
from mnistcnn.architectures import Fast, MultiColumn, Simple
from mnistcnn.storage import content_and_arrays, write_model_file
from trials import numbers
from watched import Deeds, ended_in_time, peak_memory

NAMES = [
    "DigitCNNClassifier", "DigitEnsembleClassifier", "DigitNormalizer", "TrainedFeatures",
    "RejectingClassifier", "TestTimeAugmentationClassifier", "Augmentation", "sklearn.Pipeline",
    "sklearn.FrozenEstimator", "sklearn.Wrong", "architectures.MultiColumn", "architectures.Deep",
    "architectures.RegisteredArchitecture", "architectures.Published", "optimizers.Adam",
    "optimizers.LossScaleOptimizer", "optimizers.Optimizer", "optimizers.schedules.CosineDecay",
    "os.system", "builtins.eval", "../../etc/passwd",
]  # fmt: skip
KEYS = [
    "list", "tuple", "set", "dict", "texts", "array", "number", "dtype", "object", "keras",
    "RandomState", "operation",
]  # fmt: skip
VALUES = [
    None, True, False, 0, 1, -1, 2, 7, 28, 2**16, 2**31, 2**53, 2**63, 10**30, 0.0, -0.5, 0.5,
    1e308, float("inf"), float("nan"), "", "x", "x" * 10_000, "\ud800", "float32", "bfloat16",
    "f4,f4", "O,O", "O", "U1000000000", "V8", "M8[s]", [], {}, *NAMES, *KEYS,
]  # fmt: skip


def classifiers():
    """Return fitted classifiers with all that a file may hold."""
    X, y = load_digits(return_X_y=True)
    X, y = X[:150], y[:150]

    def quick(architecture="baseline", **parameters):
        settings = {"epochs": 1, "random_state": 0, "precision": "float32"}
        return DigitCNNClassifier(architecture, **settings | parameters)

    optimizer = keras.optimizers.Nadam(keras.optimizers.schedules.CosineDecay(0.01, 9))
    features = TrainedFeatures(quick(Simple(2, kernel_size=3, dense_units=4)).fit(X, y))
    made = [
        quick(Fast((2, 2), dense_units=4), augmentation=Augmentation(rotation=3.0)),
        quick(MultiColumn((Simple(2, kernel_size=3, dense_units=4), "baseline"))),
        quick(optimizer=optimizer, random_state=np.random.RandomState(0), class_weight={"b": 2.0}),
        quick(features, early_stopping=True),
        DigitEnsembleClassifier(quick(), 2, random_state=0),
        TestTimeAugmentationClassifier(quick(), n_views=3),
        make_pipeline(
            ImageReshaper(),
            PixelScaler(),
            RejectingClassifier(quick(), threshold=0.5, rejected_label="?"),
        ),
        make_pipeline(DigitNormalizer(empty="blank"), quick(image_shape=(28, 28))),
    ]
    return [
        each.fit(
            X.reshape(-1, 8, 8) if number == len(made) - 1 else X, np.array(list("abcdefghij"))[y]
        )
        for number, each in enumerate(made)
    ]


def places(tree):
    """Return each place in a tree, as what holds it and its key there."""
    waiting, found = [tree], []
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict | list):
            inside = part.items() if isinstance(part, dict) else enumerate(part)
            found += [(part, key) for key, _ in inside]
            waiting += part.values() if isinstance(part, dict) else part
    return found


def changed(tree, others, generator):
    """Return a tree of which some parts are replaced, left out, doubled, or of other kinds."""
    tree = {"root": copy.deepcopy(tree)}
    for _ in range(generator.choice([1, 1, 1, 2, 3])):
        found = places(tree)
        if not found:
            break
        part, key = generator.choice(found)
        match generator.randrange(8):
            case 0 | 1 | 2:
                part[key] = copy.deepcopy(generator.choice(VALUES))
            case 3:
                part[key] = other_number(part[key], generator)
            case 4:
                source, other = generator.choice(places({"root": generator.choice(others)}))
                part[key] = copy.deepcopy(source[other])
            case 5:
                del part[key]
            case 6 if isinstance(part, list):
                part[key:key] = copy.deepcopy(part[key : key + 1]) * generator.choice([1, 1, 100])
            case 6:
                part[generator.choice([*KEYS, *part])] = part[key]
            case 7:
                part[key] = {generator.choice(KEYS): generator.choice([part[key], [part[key]]])}
    return tree.get("root")


def other_number(value, generator):
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return generator.choice([-value, value + 1, value - 1, value * 1000, float(value), str(value)])


def changed_arrays(arrays, generator):
    arrays = [*arrays]
    if not arrays or generator.random() < 0.7:
        return arrays
    place = generator.randrange(len(arrays))
    each = arrays[place]
    match generator.randrange(5):
        case 0:
            arrays[place] = each.astype(generator.choice(["f8", "f4", "f2", "i4", "u1", "bool"]))
        case 1:
            arrays[place] = each.ravel()
        case 2:
            value = generator.choice([np.nan, np.inf, -1, 0, 1e30])
            with np.errstate(all="ignore"):
                arrays[place] = np.full_like(each, np.array(value).astype(each.dtype))
        case 3:
            arrays[place] = each[..., :0] if each.ndim else each
        case 4:
            del arrays[place]
    return arrays


def fault_of(path):
    """Load a file; return whether it was refused, and what is wrong about that."""
    try:
        with ended_in_time():
            load_classifier(path)
    except UnreadableModelError as error:
        return True, None if path.name in str(error) else f"no file is named: {error}"
    except BaseException as error:
        return True, "".join(traceback.format_exception(error)[-3:])
    return False, None


def main(folder, seed, seconds, at_least):
    # A stranger's settings may be such as Keras or NumPy warn of.
    warnings.simplefilter("ignore")
    whole = [content_and_arrays(each) for each in classifiers()]
    whole = [(json.loads(json.dumps(content)), arrays) for content, arrays in whole]
    contents = [content for content, _ in whole]
    path = folder / "digits.mnistcnn"
    for content, arrays in whole:
        write_model_file(path, content, arrays, overwrite=True)
        load_classifier(path)
    deeds, counts, faults = Deeds(), Counter(), []
    for number in numbers(seconds, at_least):
        generator = random.Random(f"{seed} {number}")
        content, arrays = generator.choice(whole)
        content = changed(content, contents, generator)
        write_model_file(path, content, changed_arrays(arrays, generator), overwrite=True)
        with deeds.watched():
            refused, fault = fault_of(path)
        counts["refused" if refused else "loaded"] += 1
        faults += [f"{seed} {number}: {each}" for each in [fault, *deeds.seen] if each]
        deeds.seen.clear()
    print(json.dumps({**counts, "faults": faults, "peak": peak_memory()}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
