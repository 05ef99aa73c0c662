"""One training of a recipe, and the folder with the records of all trainings."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from mnistcnn._safe_writing import replaced_at_the_end
from mnistcnn.classifier import DigitCNNClassifier
from mnistcnn.recipes import Recipe

Record = dict[str, Any]

# What tables and commands take from a record, beyond its settings.
MEASURED: dict[str, Any] = {
    "accuracy": int | float,
    "data": str,
    "environment": dict,
    "epochs": int,
    "history": dict,
    "n_errors": int,
    "n_test_images": int,
    "n_training_images": int,
    "precision": str,
    "recorded": str,
    "reported": int | float | None,
    "seconds": int | float | None,
    "wrong": list,
}


@dataclass(frozen=True)
class RecipeRun:
    """One training of a recipe.

    Parameters
    ----------
    recipe : Recipe
        The recipe to train.
    seed : int
        The classifier's `random_state`.
    epochs_scale : float
        The factor of the recipe's epochs; at least one is trained.
    """

    recipe: Recipe
    seed: int
    epochs_scale: float

    @property
    def name(self) -> str:
        """The name of its record."""
        return f"{self.recipe.name}-{self.seed}"

    @property
    def epochs(self) -> int:
        """Passes over the training images, at most."""
        published = DigitCNNClassifier.from_recipe(self.recipe.name).epochs
        return max(1, round(self.epochs_scale * published))

    def classifier(self, callbacks: list[Any]) -> DigitCNNClassifier:
        """Return the classifier to fit."""
        classifier = DigitCNNClassifier.from_recipe(
            self.recipe.name, epochs=self.epochs, random_state=self.seed, callbacks=callbacks
        )
        # A shortened run, too, begins with augmented images.
        unaugmented_epochs = min(classifier.unaugmented_epochs, self.epochs - 1)
        return classifier.set_params(unaugmented_epochs=unaugmented_epochs)

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that its record must match, as plain values."""
        parameters = {name: repr(value) for name, value in self.recipe.parameters.items()}
        return {
            "recipe": self.recipe.name,
            "seed": self.seed,
            "epochs_scale": self.epochs_scale,
            "parameters": parameters,
        }


class RunRecords:
    """The records in a folder: one JSON file per run, which appears when the run has ended.

    Parameters
    ----------
    folder : Path or None
        Their folder; None keeps no records.
    common : dict of str to object
        The values that all records in the folder must share.

    Raises
    ------
    ValueError
        If a record is damaged, or that of other data or settings.
    """

    def __init__(self, folder: Path | None, common: dict[str, Any]) -> None:
        self._folder = folder
        self._common = common
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            for path in folder.glob("*.json"):
                _checked(path, common)

    def of(self, run: RecipeRun) -> Record | None:
        """Return the record of a run, if there is one.

        Raises
        ------
        ValueError
            If it is that of other settings.
        """
        path = self._path(run)
        if path is None or not path.exists():
            return None
        record = _checked(path, {**self._common, **run.settings})
        _check_measured(record, path)
        return record

    def write(self, run: RecipeRun, measured: Record) -> Record:
        """Write the record of a run that has ended, and return it."""
        path = self._path(run)
        record = {**self._common, **run.settings, **measured}
        if path is not None:
            with replaced_at_the_end(path) as temporary:
                temporary.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
        return record

    def callbacks_of(self, run: RecipeRun) -> list[Any]:
        """Return the callbacks that let a run resume from its last complete epoch."""
        if self._folder is None:
            return []
        return [keras.callbacks.BackupAndRestore(self._folder / f"{run.name}-unfinished")]

    def _path(self, run: RecipeRun) -> Path | None:
        return None if self._folder is None else self._folder / f"{run.name}.json"


def _checked(path: Path, expected: dict[str, Any]) -> Record:
    """Return a record after checking its content."""
    try:
        record: Record = json.loads(path.read_text("utf-8"))
        found = {name: record[name] for name in expected}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"{path} is not the record of a run ({error!r}).") from error
    for name, value in expected.items():
        if found[name] != value:
            raise ValueError(
                f"{path} is the record of a run with another {name}: {found[name]} there, {value} "
                "now. Name another folder to keep that one as it is."
            )
    return record


def _check_measured(record: Record, path: Path) -> None:
    wrong = [name for name, kind in MEASURED.items() if not isinstance(record.get(name, ...), kind)]
    if wrong:
        raise ValueError(f"{path} is not the record of a run: it lacks {', '.join(wrong)}.")
