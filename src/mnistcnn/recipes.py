"""The published training settings of each network, and its reported accuracy."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from mnistcnn._scikit_learn import validate_parameter_constraints
from mnistcnn._wording import suggestion
from mnistcnn.architectures import get_architecture
from mnistcnn.augmentation import Augmentation

__all__ = ["Recipe", "get_recipe", "list_recipes"]


@dataclass(frozen=True)
class Recipe:
    """A network with its published training settings.

    Attributes
    ----------
    name : str
        The name of the recipe and of its architecture, whose `published` names the source.
    parameters : dict of str to object
        Parameters of `mnistcnn.DigitCNNClassifier` for this network, besides the architecture; the
        others keep their defaults.
    reported : float or None
        The accuracy of a single network as reported by the source, from 0 to 1; None if the source
        has no comparable figure.
    data : {"mnist", "kaggle", "four_fifths"}, default="mnist"
        The data for which the accuracy was reported: MNIST's own split; Kaggle's Digit Recognizer,
        with 42,000 of MNIST's 70,000 images for training and the others for testing; or four fifths
        of the 70,000 for training and the remaining fifth for testing.
    differences : str, default=""
        How this training differs from that of the source, and why.

    Examples
    --------
    >>> from mnistcnn import get_recipe
    >>> recipe = get_recipe("deotte")
    >>> recipe.parameters["lr_schedule"], recipe.parameters["lr_decay_rate"], recipe.reported
    ('exponential', 0.95, 0.99641)
    """

    name: str
    parameters: dict[str, Any] = field(hash=False)
    reported: float | None
    data: str = "mnist"
    differences: str = ""


# What Keras's optimizers and examples do where a source says nothing else.
_KERAS: dict[str, Any] = {"pixel_scaling": "unit", "learning_rate": 1e-3, "lr_schedule": "constant"}
# The small networks compute as Keras does by default; the others take what is fastest.
_SMALL: dict[str, Any] = {**_KERAS, "precision": "float32"}

# Sanghyeon An et al. trained all three networks alike.
_UNPOOLED: dict[str, Any] = {
    **_KERAS,
    "epochs": 150,
    "batch_size": 120,
    "lr_schedule": "exponential",
    "lr_decay_rate": 0.98,
    "augmentation": Augmentation(rotation=20, shift=0.2),
    "ema_momentum": 0.999,
}
_UNPOOLED_DIFFERENCES = (
    "The rate falls at each update, not at each epoch. The source reports ensembles, whose members "
    "were chosen on the test set."
)

_RECIPES = (
    Recipe("baseline", {**_SMALL, "epochs": 10, "batch_size": 200}, reported=0.9809),
    Recipe("two_layer_mlp", {**_SMALL, "epochs": 10, "batch_size": 32}, reported=0.9699),
    Recipe("simple", {**_SMALL, "epochs": 10, "batch_size": 200}, reported=0.9897),
    Recipe("larger", {**_SMALL, "epochs": 10, "batch_size": 200}, reported=0.9918),
    Recipe(
        "convnet",
        {**_SMALL, "epochs": 20, "batch_size": 128},
        reported=0.989,
        data="four_fifths",
    ),
    Recipe(
        "sketchpad",
        {**_SMALL, "epochs": 10, "batch_size": 32},
        reported=0.992,
        differences="The source states neither epochs nor batch size; these are usual ones.",
    ),
    Recipe(
        "deep",
        {
            **_KERAS,
            "epochs": 100,
            "batch_size": 512,
            "optimizer": "rmsprop",
            "learning_rate": 1e-4,
            "augmentation": Augmentation(rotation=1, zoom=0.1, shift=0.05),
        },
        reported=0.995,
        data="kaggle",
    ),
    Recipe(
        "deep_256",
        {
            **_KERAS,
            "epochs": 30,
            "batch_size": 86,
            "optimizer": "rmsprop",
            "lr_schedule": "plateau",
            "lr_patience": 3,
            "augmentation": Augmentation(rotation=10, zoom=0.1, shift=0.1),
            "early_stopping": True,
            "n_iter_no_change": 30,
        },
        reported=0.9967,
        data="kaggle",
        differences="The rate is halved when the validation loss no longer falls, not when the "
        "accuracy no longer rises, and has no minimum; the weights of the best epoch are kept.",
    ),
    Recipe(
        "lenet5",
        {
            "epochs": 20,
            "batch_size": 32,
            "optimizer": "sgd",
            "nesterov": False,
            "learning_rate": 0.02,
            "lr_schedule": "cosine",
        },
        reported=0.9905,
        differences="The source updates after each image, by a stochastic Levenberg-Marquardt "
        "method with rates set by hand; optimizer, rate and batch size are chosen here.",
    ),
    Recipe(
        "tiny",
        {"epochs": 40, "batch_size": 64, "augmentation": Augmentation(rotation=7, shift=0.04)},
        reported=None,
        differences="The sources report the best of 20 epochs on the test set, 0.9952, for "
        "networks of this size with other layers, at a rate of 0.005 that falls in steps. Epochs, "
        "schedule and shifts are chosen here, on the last 10,000 training images.",
    ),
    Recipe(
        "deotte",
        {
            **_KERAS,
            "epochs": 30,
            "batch_size": 64,
            "lr_schedule": "exponential",
            "lr_decay_rate": 0.95,
            "augmentation": Augmentation(rotation=15, zoom=0.15, shift=0.1),
        },
        reported=0.99641,
        differences="The rate falls at each update, not at each epoch.",
    ),
    Recipe("m3", _UNPOOLED, reported=None, differences=_UNPOOLED_DIFFERENCES),
    Recipe("m5", _UNPOOLED, reported=None, differences=_UNPOOLED_DIFFERENCES),
    Recipe("m7", _UNPOOLED, reported=None, differences=_UNPOOLED_DIFFERENCES),
    Recipe(
        "squeeze_excite",
        {
            **_KERAS,
            "epochs": 20,
            "batch_size": 32,
            # 13 epochs at the first rate, 3 at a tenth of it, 4 at a hundredth.
            "lr_schedule": "step",
            "lr_boundaries": (0.65, 0.8),
            "augmentation": Augmentation(rotation=10, shift=0.1, shear=10, zoom=0.2),
            "unaugmented_epochs": 1,
        },
        reported=0.99748,
        differences="The source starts a new optimizer at each new rate.",
    ),
    Recipe("fast", {}, reported=0.9938),
    Recipe(
        "accurate",
        {"epochs": 45, "augmentation": "mnist"},
        reported=0.99598,
        differences="The accuracy was reported after 12 epochs; 45 pay off with several views of "
        "each image.",
    ),
)
_BY_NAME = {recipe.name: recipe for recipe in _RECIPES}


def list_recipes() -> list[str]:
    """Return the names of all recipes, which are also the names of their architectures.

    Returns
    -------
    names : list of str
        The names, in the order of `mnistcnn.list_architectures`.

    See Also
    --------
    DigitCNNClassifier.from_recipe : Make a classifier with the training settings of a recipe.

    Examples
    --------
    >>> from mnistcnn import list_recipes
    >>> list_recipes()[:3]
    ['baseline', 'two_layer_mlp', 'simple']
    """
    return list(_BY_NAME)


def get_recipe(name: str) -> Recipe:
    """Return the published training settings of a network, and its reported accuracy.

    Parameters
    ----------
    name : str
        One of `list_recipes`.

    Returns
    -------
    recipe : Recipe
        A copy, so that changes to it have no effect elsewhere.

    Raises
    ------
    ValueError
        If there is no such recipe; the message lists all names and the most similar one.

    Examples
    --------
    >>> from mnistcnn import get_recipe
    >>> get_recipe("simple").parameters
    {'pixel_scaling': 'unit', 'learning_rate': 0.001, 'lr_schedule': 'constant', 'precision':
    'float32', 'epochs': 10, 'batch_size': 200}
    >>> get_recipe("deotto")
    Traceback (most recent call last):
    ...
    ValueError: Unknown recipe 'deotto'; did you mean 'deotte'? The recipes are baseline, ...
    """
    validate_parameter_constraints({"name": [str]}, {"name": name}, caller_name="get_recipe")
    if name not in _BY_NAME:
        raise ValueError(
            f"Unknown recipe {name!r}{suggestion(name, _BY_NAME)} The recipes are "
            f"{', '.join(_BY_NAME)}."
        )
    return deepcopy(_BY_NAME[name])


def parameters_of(name: str) -> dict[str, Any]:
    """Return a copy of a recipe's parameters, with an object of its architecture among them.

    Parameters
    ----------
    name : str
        One of `list_recipes`.
    """
    recipe = get_recipe(name)
    return {"architecture": get_architecture(recipe.name), **recipe.parameters}
