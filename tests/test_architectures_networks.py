"""The registered networks: sizes, logits, hyperparameters and smallest images."""

import random
import re
import sys
from contextlib import suppress
from functools import cache
from math import ceil

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.utils._param_validation import StrOptions

from mnistcnn.architectures import (
    M3,
    Accurate,
    Fast,
    Larger,
    LeNet5,
    MultiColumn,
    Simple,
    SqueezeExcite,
    get_architecture,
    list_architectures,
)
from mnistcnn.architectures._layers import concatenate, convolve, max_pool, multiply
from mnistcnn.architectures._windows import TracedImage, Window

# 42 million parameters take a second and 170 MB to build: only where they are counted.
LIGHTER = {"deep": {"dense_units": (16, 8)}}

NAMES = list_architectures()
each_architecture = pytest.mark.parametrize("name", NAMES)


def light(name):
    return get_architecture(name).set_params(**LIGHTER.get(name, {}))


@cache
def default_model(name):
    # Of some random weights all logits are above 0.
    keras.utils.set_random_seed(0)
    return get_architecture(name).build((28, 28, 1), 10)


@pytest.fixture
def mixed_bfloat16():
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy(previous)


@pytest.fixture
def channels_first():
    previous = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_first")
    yield
    keras.config.set_image_data_format(previous)


# --- the networks as published ---------------------------------------------------------------


@each_architecture
def test_parameter_count_is_the_published_one(name):
    model = default_model(name)
    published = get_architecture(name).published
    weights = model.trainable_weights if published.only_trainable else model.weights
    assert sum(np.prod(weight.shape) for weight in weights) == published.n_parameters


@each_architecture
def test_gives_one_finite_logit_a_class(name):
    model = default_model(name)
    images = np.random.default_rng(0).random((3, 28, 28, 1), dtype=np.float32)
    logits = keras.ops.convert_to_numpy(model(images))
    assert logits.shape == (3, 10)
    assert logits.dtype == np.float32
    assert np.isfinite(logits).all()
    assert (logits < 0).any()
    assert not np.allclose(logits.sum(axis=1), 1)


@each_architecture
def test_model_is_named_and_ends_in_logits(name):
    model = default_model(name)
    assert model.name == name
    assert model.layers[-1].name == "logits"
    assert getattr(model.layers[-1], "activation", keras.activations.linear) in (
        None,
        keras.activations.linear,
    )


@each_architecture
def test_images_need_not_be_square_nor_gray(name):
    model = light(name).build((32, 40, 3), 4)
    assert model.input_shape == (None, 32, 40, 3)
    assert model.output_shape == (None, 4)


@each_architecture
@pytest.mark.usefixtures("mixed_bfloat16")
def test_logits_are_float32_under_mixed_precision(name):
    model = light(name).build((28, 28, 1), 10)
    assert model.layers[-1].compute_dtype == "float32"
    networks = [layer for layer in model.layers if isinstance(layer, keras.Model)] or [model]
    of_features = [layer for network in networks for layer in network.layers[1:-2]]
    assert {layer.compute_dtype for layer in of_features} == {"bfloat16"}
    assert model(np.zeros((1, 28, 28, 1), np.float32)).dtype == "float32"


@pytest.mark.parametrize("name", ["simple", "squeeze_excite", "fast"])
@pytest.mark.usefixtures("channels_first")
def test_channels_are_last_whatever_keras_is_set_to(name):
    model = get_architecture(name).build((28, 28, 1), 10)
    assert model.count_params() == get_architecture(name).published.n_parameters


def test_weights_follow_python_random():
    state = random.getstate()
    try:
        kernels = []
        for seed in (0, 0, 1):
            random.seed(seed)
            kernels.append(Simple(filters=2).build((8, 8, 1), 2).get_weights()[0])
    finally:
        random.setstate(state)
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert not np.array_equal(kernels[0], kernels[2])


# --- hyperparameters -------------------------------------------------------------------------

HYPERPARAMETERS = [(name, key) for name in NAMES for key in get_architecture(name).get_params()]


def another(value, constraint):
    if isinstance(value, tuple):
        return tuple(another(part, constraint) for part in value)
    if isinstance(value, str):
        known = constraint.options if isinstance(constraint, StrOptions) else {"tiny"}
        return min(known - {value, "auto"})
    return value + 1 if isinstance(value, int) else 0.375


def settings(model):
    """What each layer, or model within, was made with: the kind, the name's words, the values."""
    for layer in model.layers:
        # A column bears the name of its architecture, and a number.
        words = [word for word in layer.name.split("_") if not word.isdigit()]
        config = {key: value for key, value in layer.get_config().items() if key != "name"}
        yield [type(layer).__name__, *words, *map(str, config.values())]


def new_settings(usual, changed):
    pairs = zip(usual, settings(changed), strict=True)
    return " ".join(new for old, new_ones in pairs for new in new_ones if new not in old)


@cache
def settings_of_light(name):
    return [*settings(light(name).build((40, 40, 1), 10))]


@pytest.mark.parametrize(("name", "parameter"), HYPERPARAMETERS)
def test_each_hyperparameter_reaches_the_layers(name, parameter):
    architecture = light(name)
    constraint = architecture._parameter_constraints[parameter][0]
    value = another(getattr(architecture, parameter), constraint)
    changed = clone(architecture).set_params(**{parameter: value})
    added = new_settings(settings_of_light(name), changed.build((40, 40, 1), 10)).lower()
    for part in value if isinstance(value, tuple) else (value,):
        assert str(part) in added


def test_numbers_drawn_by_a_search_can_be_saved():
    drawn = Larger(
        filters=(np.int64(4), np.int64(3)), dropout=np.float64(0.5), dense_units=[np.int64(6)]
    )
    model = drawn.build((28, 28, 1), 10)
    assert keras.models.model_from_json(model.to_json()).count_params() == model.count_params()


@pytest.mark.parametrize(
    ("architecture", "message"),
    [
        (Simple(filters=0), "'filters' parameter of Simple must be an int in the range .* Got 0"),
        (Simple(kernel_size=2.5), "'kernel_size' parameter of Simple must be an int .* Got 2.5"),
        (Simple(dropout=1.0), r"'dropout' parameter of Simple .* range \[0.0, 1.0\). Got 1.0"),
        (Larger(filters=(3,)), r"'filters' parameter of Larger must be a tuple of 2 .*\(3,\)"),
        (Larger(filters=(3, 0)), r"'filters' .* each an int in the range .* Got \(3, 0\)"),
        (Larger(filters=30), "'filters' parameter of Larger must be a tuple of 2 .* Got 30"),
        (Larger(dense_units=()), r"'dense_units' .* one or more numbers, .* Got \(\)"),
        (LeNet5(activation="gelu"), "'activation' .* {'relu', 'tanh'}|{'tanh', 'relu'}.*'gelu'"),
        (Fast(padding="full"), "'padding' parameter of Fast must be a str among .* Got 'full'"),
        (MultiColumn(()), r"'columns' parameter of MultiColumn must be .* architectures. Got \(\)"),
        (MultiColumn("fast"), "'columns' parameter of MultiColumn must be .* Got 'fast'"),
        (
            MultiColumn((Simple(), 3)),
            r"'columns' parameter of MultiColumn .* Got \(Simple\(\), 3\)",
        ),
        (MultiColumn(("fastest",)), "'fastest'; did you mean 'fast'"),
        (MultiColumn((Simple(filters=0),)), "'filters' parameter of Simple must be"),
        (MultiColumn((Simple(kernel_size="5"),)), "'kernel_size' parameter of Simple must be"),
        (
            MultiColumn((MultiColumn((Larger(filters=3),)),)),
            "'filters' parameter of Larger must be",
        ),
        (SqueezeExcite(l1_penalty=-1), "'l1_penalty' .* Got -1"),
    ],
)
def test_parameters_that_are_not_allowed_are_named(architecture, message):
    with pytest.raises(ValueError, match=message):
        architecture.build((28, 28, 1), 10)


@pytest.mark.parametrize(
    ("input_shape", "n_classes", "message"),
    [
        (
            (28, 28),
            10,
            r"'input_shape' parameter of Simple.build must be a tuple of 3 .*\(28, 28\)",
        ),
        ((28, 28, 0), 10, "'input_shape' .* each an int in the range"),
        ((28, 28, 1), 0, "'n_classes' parameter of Simple.build must be an int .* Got 0"),
    ],
)
def test_shapes_that_are_not_allowed_are_named(input_shape, n_classes, message):
    with pytest.raises(ValueError, match=message):
        Simple().build(input_shape, n_classes)


# --- pooling before ReLU ---------------------------------------------------------------------


def relu_before_pooling(maps, filters, kernel_size, *, padding="valid"):
    return max_pool(convolve(maps, filters, kernel_size, padding=padding))


@pytest.mark.parametrize("name", ["simple", "larger", "convnet", "sketchpad", "deep", "deep_256"])
def test_pooling_before_relu_gives_the_same_bits(name, monkeypatch):
    architecture = light(name)
    first = architecture.build((28, 28, 1), 10)
    home = sys.modules[type(architecture).__module__]
    monkeypatch.setattr(home, "convolve_and_max_pool", relu_before_pooling)
    last = architecture.build((28, 28, 1), 10)
    kinds = [[type(layer).__name__ for layer in model.layers] for model in (first, last)]
    assert kinds[0] != kinds[1]
    last.set_weights(first.get_weights())
    images = np.random.default_rng(0).normal(size=(32, 28, 28, 1)).astype(np.float32)
    np.testing.assert_array_equal(first(images), last(images))


# --- networks side by side ---------------------------------------------------------------------


def test_several_columns_answer_the_mean_of_each():
    model = MultiColumn(("tiny", "convnet", "tiny")).build((28, 28, 1), 10)
    images = np.random.default_rng(0).random((5, 28, 28, 1), dtype=np.float32)
    columns = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    answers = [keras.ops.convert_to_numpy(column(images)) for column in columns]
    assert len(answers) == 3
    assert not np.allclose(answers[0], answers[2])
    np.testing.assert_allclose(model(images), np.mean(answers, axis=0), rtol=1e-4, atol=1e-5)


def test_several_columns_need_what_the_most_demanding_needs():
    assert MultiColumn(("fast", "lenet5", Simple(kernel_size=8))).minimum_image_size == 12


def test_several_columns_learn_at_the_lowest_rate_of_all():
    columns = MultiColumn(("fast", "simple"))
    assert (columns.learning_rate, columns.adam_betas) == (0.001, (0.9, 0.999))
    assert MultiColumn(["fast", "tiny"]).adam_betas == (0.7, 0.9)


# --- the smallest image ----------------------------------------------------------------------

VARIANTS = [
    *(light(name) for name in NAMES),
    Simple(kernel_size=8),
    LeNet5(kernel_size=3),
    M3(filters=(4, 4, 4), kernel_size=4),
    Fast(padding="valid"),
    Fast(kernel_sizes=(9, 7)),
    Accurate(padding="valid", kernel_sizes=(3, 5, 3, 3)),
    MultiColumn(("baseline", Simple(kernel_size=8))),
    MultiColumn((LeNet5(),)),
]
SHRINKING = [architecture for architecture in VARIANTS if architecture.minimum_image_size > 1]
# The columns refuse what is too small themselves.
ALONE = [architecture for architecture in SHRINKING if not isinstance(architecture, MultiColumn)]


@pytest.mark.parametrize("architecture", VARIANTS, ids=repr)
def test_smallest_image_is_accepted(architecture):
    side = architecture.minimum_image_size
    model = architecture.build((side, side, 1), 10)
    assert model(np.zeros((1, side, side, 1), np.float32)).shape == (1, 10)


@pytest.mark.parametrize("architecture", SHRINKING, ids=repr)
def test_one_pixel_less_is_refused(architecture):
    needed = architecture.minimum_image_size
    message = (
        f"architecture '{architecture.name}' needs images of at least {needed}x{needed} pixels, "
        f"got {needed}x{needed - 1}."
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        architecture.build((needed, needed - 1, 1), 10)


@pytest.mark.parametrize("architecture", ALONE, ids=repr)
def test_no_image_is_refused_that_the_layers_could_take(architecture):
    side = architecture.minimum_image_size - 1
    trusting = type("Trusting", (type(architecture),), {"minimum_image_size": 1})
    smallest_map = 0
    with suppress(ValueError):
        model = trusting(**architecture.get_params()).build((side, side, 1), 10)
        # Keras before 3.15 builds the layers all the same, and their maps hold no pixel.
        smallest_map = min(size for layer in model.layers for size in layer.output.shape[1:])
    assert smallest_map < 1


@pytest.mark.parametrize("name", ["fast", "accurate", "tiny"])
def test_scikit_learns_own_digits_are_large_enough(name):
    assert get_architecture(name).build((8, 8, 1), 10).output_shape == (None, 10)


def paddings(model):
    return [layer.padding for layer in model.layers if hasattr(layer, "padding")]


@pytest.mark.parametrize(
    ("architecture", "smallest_unpadded"), [(Fast(), 24), (Fast(kernel_sizes=(15, 9)), 34)]
)
def test_images_are_padded_only_where_they_must_be(architecture, smallest_unpadded):
    for side, padding in ((smallest_unpadded, "valid"), (smallest_unpadded - 1, "same")):
        automatic = architecture.build((side, side, 1), 10)
        stated = clone(architecture).set_params(padding=padding).build((side, side, 1), 10)
        assert paddings(automatic) == paddings(stated)
        assert automatic.count_params() == stated.count_params()


class OwnLayers(Simple):
    """A user's own, derived from a registered one, with layers of Keras."""

    def _features(self, image):
        return keras.layers.GlobalMaxPooling2D()(keras.layers.Conv2D(4, 3)(image))


def test_layers_that_cannot_be_traced_are_left_to_keras():
    assert OwnLayers().minimum_image_size == 1
    assert OwnLayers().build((3, 3, 1), 10).output_shape == (None, 10)


def test_of_several_branches_the_one_that_needs_the_largest_image_counts():
    image = TracedImage()
    branches = [max_pool(image), convolve(image, 8, 7), image]
    for merge in (concatenate, multiply):
        assert merge(branches).smallest_input == 7


def forward(size, windows):
    for window in windows:
        if size < 1 or (window.padding == "valid" and size < window.size):
            return 0
        inside = 1 if window.padding == "same" else window.size
        size = ceil((size - inside + 1) / window.stride)
    return size


@given(
    st.lists(
        st.builds(Window, st.integers(1, 9), st.integers(1, 3), st.sampled_from(["valid", "same"])),
        max_size=6,
    )
)
def test_smallest_input_is_exact(windows):
    smallest = TracedImage(tuple(windows)).smallest_input
    assert forward(smallest, windows) == 1
    assert smallest == 1 or forward(smallest - 1, windows) == 0
