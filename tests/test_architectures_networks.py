"""The registered networks: sizes, logits, hyperparameters and smallest images."""

import random
import re
from contextlib import suppress
from functools import cache
from math import ceil
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone

from mnistcnn.architectures import (
    M3,
    Accurate,
    Committee,
    Fast,
    Larger,
    LeNet5,
    Simple,
    SqueezeExcite,
    get_architecture,
    list_architectures,
)
from mnistcnn.architectures._windows import Window, smallest_input

# Published counts for 28x28x1 and 10 classes.
PARAMETERS = {
    "baseline": 623_290,
    "two_layer_mlp": 42_310,
    "simple": 592_074,
    "larger": 59_933,
    "convnet": 34_826,
    "sketchpad": 243_786,
    "deep": 42_579_946,
    "deep_256": 887_530,
    "lenet5": 61_706,
    "tiny": 7_714,
    "deotte": 327_242,
    "m3": 1_124_180,
    "m5": 1_128_180,
    "m7": 2_291_972,
    "squeeze_excite": 1_189_516,
    "fast": 147_290,
    "accurate": 126_426,
    "committee": 3 * 147_290,
}
# Published without the moving averages of batch normalization.
TRAINABLE_ONLY = {"m3", "m5", "m7"}

# 42 million parameters take a second and 170 MB to build: only where they are counted.
LIGHTER = {"deep": {"dense_units": (16, 8)}}

NAMES = list_architectures()
each_architecture = pytest.mark.parametrize("name", NAMES)


def light(name):
    return get_architecture(name).set_params(**LIGHTER.get(name, {}))


@cache
def default_model(name):
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
    weights = model.trainable_weights if name in TRAINABLE_ONLY else model.weights
    assert sum(np.prod(weight.shape) for weight in weights) == PARAMETERS[name]


def test_no_published_count_is_left_over():
    assert set(PARAMETERS) == set(NAMES)


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
def test_images_need_not_be_square_nor_grey(name):
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
    assert model.count_params() == PARAMETERS[name]


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

# Where Keras keeps what a parameter sets; a new kind of parameter needs its line here.
KERAS_NAME = {
    "filters": "filters",
    "kernel_size": "kernel_size",
    "kernel_sizes": "kernel_size",
    "dropout": "rate",
    "convolution_dropout": "rate",
    "dense_dropout": "rate",
    "dense_units": "units",
    "squeeze_units": "units",
    "padding": "padding",
    "activation": "activation",
    "pooling": "name",
    "l1_penalty": "kernel_regularizer",
    "members": "name",
}
OTHER_WORD = {"auto": "same", "relu": "tanh", "average": "max", "fast": "tiny"}
HYPERPARAMETERS = [(name, key) for name in NAMES for key in get_architecture(name).get_params()]


def another(value):
    if isinstance(value, tuple):
        return tuple(another(number) for number in value)
    if isinstance(value, str):
        return OTHER_WORD[value]
    return value + 1 if isinstance(value, int) else 0.375


def settings(model, keras_name):
    configs = [layer.get_config() for layer in model.layers]
    return " ".join(str(config[keras_name]) for config in configs if keras_name in config)


@pytest.mark.parametrize(("name", "parameter"), HYPERPARAMETERS)
def test_each_hyperparameter_reaches_the_layers(name, parameter):
    architecture = light(name)
    value = another(getattr(architecture, parameter))
    changed = clone(architecture).set_params(**{parameter: value})
    before = settings(architecture.build((40, 40, 1), 10), KERAS_NAME[parameter])
    after = settings(changed.build((40, 40, 1), 10), KERAS_NAME[parameter])
    assert before != after
    for number in value if isinstance(value, tuple) else (value,):
        assert str(number) in after


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
        (Committee(()), r"'members' parameter of Committee must be .* architectures. Got \(\)"),
        (Committee("fast"), "'members' parameter of Committee must be .* Got 'fast'"),
        (Committee((Simple(), 3)), r"'members' parameter of Committee .* Got \(Simple\(\), 3\)"),
        (Committee(("fastest",)), "'fastest'; did you mean 'fast'"),
        (Committee((Simple(filters=0),)), "'filters' parameter of Simple must be"),
        (Committee((Simple(kernel_size="5"),)), "'kernel_size' parameter of Simple must be"),
        (Committee((Committee((Larger(filters=3),)),)), "'filters' parameter of Larger must be"),
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


# --- networks side by side ---------------------------------------------------------------------


def test_a_committee_answers_the_mean_of_its_members():
    model = Committee(("tiny", "convnet", "tiny")).build((28, 28, 1), 10)
    images = np.random.default_rng(0).random((5, 28, 28, 1), dtype=np.float32)
    members = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    answers = [keras.ops.convert_to_numpy(member(images)) for member in members]
    assert len(answers) == 3
    assert not np.allclose(answers[0], answers[2])
    np.testing.assert_allclose(model(images), np.mean(answers, axis=0), rtol=1e-4, atol=1e-5)


def test_a_committee_needs_what_its_most_demanding_member_needs():
    assert Committee(("fast", "lenet5", Simple(kernel_size=8))).minimum_image_size == 12


def test_a_committee_learns_as_carefully_as_its_most_careful_member():
    committee = Committee(("fast", "simple"))
    assert (committee.learning_rate, committee.adam_betas) == (0.001, (0.9, 0.999))
    assert Committee(["fast", "tiny"]).adam_betas == (0.7, 0.9)


# --- the smallest image ----------------------------------------------------------------------

VARIANTS = [
    *(light(name) for name in NAMES),
    Simple(kernel_size=8),
    LeNet5(kernel_size=3),
    M3(filters=(4, 4, 4), kernel_size=4),
    Fast(padding="valid"),
    Fast(kernel_sizes=(9, 7)),
    Accurate(padding="valid", kernel_sizes=(3, 5, 3, 3)),
    Committee(("baseline", Simple(kernel_size=8))),
    Committee((LeNet5(),)),
]
SHRINKING = [architecture for architecture in VARIANTS if architecture.minimum_image_size > 1]
# The members of a committee refuse what is too small themselves.
ALONE = [architecture for architecture in SHRINKING if not isinstance(architecture, Committee)]


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


@pytest.mark.parametrize(
    ("architecture", "smallest_unpadded"), [(Fast(), 24), (Fast(kernel_sizes=(15, 9)), 34)]
)
def test_images_are_padded_only_where_they_must_be(architecture, smallest_unpadded):
    for side, padding in ((smallest_unpadded, "valid"), (smallest_unpadded - 1, "same")):
        automatic = architecture.build((side, side, 1), 10)
        stated = clone(architecture).set_params(padding=padding).build((side, side, 1), 10)
        assert settings(automatic, "padding") == settings(stated, "padding")
        assert automatic.count_params() == stated.count_params()


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
    smallest = smallest_input(windows)
    assert forward(smallest, windows) == 1
    assert smallest == 1 or forward(smallest - 1, windows) == 0


# --- the page --------------------------------------------------------------------------------


def test_table_of_the_documentation_is_true():
    page = Path(__file__).parents[1] / "docs" / "architectures.md"
    rows = [line.strip("|").split("|") for line in page.read_text("utf-8").splitlines()]
    table = {row[0].strip(" `"): row[1:] for row in rows if row[0].startswith(" `")}
    assert list(table) == NAMES
    for name, (constructor, _, parameters, smallest, rate, *_) in table.items():
        architecture = get_architecture(name)
        assert constructor.strip(" `") == type(architecture).__name__
        assert parameters.strip() == f"{PARAMETERS[name]:,}"
        assert int(smallest) == architecture.minimum_image_size
        assert float(rate) == architecture.learning_rate
