"""Public names of the package and its rooms are in the changelog, and in the reference once."""

import importlib
import pkgutil
import re
from pathlib import Path

import mnistcnn
from mnistcnn import architectures

ROOT = Path(__file__).parents[1]
REFERENCE = (ROOT / "docs/api.md").read_text("utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text("utf-8")

# Programs, whose documentation is that of their commands.
PROGRAMS = {"app", "cli"}
# What rooms offer to each other, and no user needs.
BETWEEN_ROOMS = {
    "AccuracyMixin",
    "Arrays",
    "DATA_NAMES",
    "IMAGES_LOOKED_AT",
    "IN_CALIBRATION",
    "IN_TRAINING",
    "IN_VALIDATION",
    "LABEL_NAMES",
    "LEFT_OUT",
    "MODEL_FILE_SUFFIX",
    "MOST_OF_16",
    "NotPlainError",
    "Numbers",
    "PixelRange",
    "PixelStatistics",
    "RETURNED",
    "ReadableImage",
    "SavableMixin",
    "Situation",
    "TrainingPixels",
    "are_apart",
    "are_signed_bytes",
    "as_array",
    "as_images",
    "as_numbers",
    "as_pixels",
    "as_rows",
    "bounding_box",
    "callers_level",
    "check_channels_last",
    "check_image_shape",
    "check_in_memory",
    "check_kind_of_labels",
    "check_not_signed",
    "check_one_label_each",
    "check_pixel_columns",
    "check_same_shape",
    "checked_pixels",
    "checked_weights",
    "classifier_of",
    "content_and_arrays",
    "count_parameters",
    "decoded",
    "encoded",
    "fault_in_order",
    "fills_little",
    "in_normal_form",
    "in_one_unit",
    "input_for",
    "is_index_name",
    "is_other_than_named",
    "is_positive_integer",
    "label_column",
    "labels_to_learn",
    "leading_normalizer",
    "load_without_keras",
    "look_inverted",
    "may_be_a_digit",
    "n_epochs_to_reproduce",
    "name_of",
    "network_and_input",
    "network_within",
    "normalized",
    "normalized_input_for",
    "numbered_names",
    "one_label_each",
    "pad_columns",
    "pixel_statistics",
    "read_digit_recognizer",
    "read_model_file",
    "read_pixels",
    "resolve_image_shape",
    "sample_images",
    "some_of",
    "text_of_label",
    "text_of_lines",
    "training_pixels_of",
    "unlike_images",
    "upright_image",
    "warn_of_opaque_alpha",
    "warn_of_pixels",
    "warn_of_row_order",
    "warn_of_unlike_images",
    "without_index",
    "write_model_file",
}
PACKAGE = set(mnistcnn.__all__) - {"__version__"}


def rooms():
    """The public modules of the package but its programs, by name."""
    names = [module.name for module in pkgutil.iter_modules(mnistcnn.__path__)]
    return [name for name in names if not name.startswith("_") and name not in PROGRAMS]


def names_of(room):
    return importlib.import_module(f"mnistcnn.{room}").__all__


ROOM_OF = {name: room for room in rooms() for name in names_of(room)}


def is_in_changelog(name):
    # An architecture may be there as users name it.
    registered = getattr(getattr(architectures, name, None), "name", name)
    return re.search(rf"\b{name}\b", CHANGELOG) is not None or f"`{registered}`" in CHANGELOG


def is_in_reference(name):
    path = f"mnistcnn.{ROOM_OF[name]}.{name}"
    # What is neither class nor function stands in the text.
    return re.findall(rf"^   (mnistcnn\..*\b{name})$", REFERENCE, re.M) == [path] or (
        f"`{path}`" in REFERENCE
    )


def test_each_name_of_the_package_is_one_of_a_room():
    assert PACKAGE - {"clear_cache", "devices"} <= set(ROOM_OF)


def test_what_rooms_offer_to_each_other_is_there_and_not_in_the_package():
    assert set(ROOM_OF) >= BETWEEN_ROOMS
    assert not BETWEEN_ROOMS & PACKAGE


def test_the_reference_has_each_name_that_only_a_room_has():
    architectures_page = set(architectures.__all__)
    own = set(ROOM_OF) - PACKAGE - BETWEEN_ROOMS - architectures_page
    assert not [name for name in sorted(own) if not is_in_reference(name)]


def test_the_reference_has_a_page_of_all_architectures():
    page = (ROOT / "docs/architecture_classes.md").read_text("utf-8")
    assert re.search(r"^\.\. architecture-names::\n   :toctree: api/generated$", page, re.M)
    assert "(architecture_classes.md)" in REFERENCE
    assert all(getattr(architectures, name).__doc__ for name in architectures.__all__)


def test_the_changelog_has_each_name():
    names = (PACKAGE | set(ROOM_OF)) - BETWEEN_ROOMS
    assert not [name for name in sorted(names) if not is_in_changelog(name)]
