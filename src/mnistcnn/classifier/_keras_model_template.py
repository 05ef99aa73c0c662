"""A Keras model as an architecture: its layers without its weights."""

import json
from math import isqrt, prod
from typing import Self

import keras

from mnistcnn._training.stored_as_keras import own_names
from mnistcnn._types import ImageShape
from mnistcnn.classifier._types import ImageShapeParameter
from mnistcnn.preprocessing import check_image_shape


class KerasModelTemplate:
    """Builds the layers of a given model afresh; picklable, equal where the layers are equal.

    The config is JSON.
    """

    def __init__(self, config: str, *, input_shape: tuple[int, ...], n_classes: int) -> None:
        self.config = config
        self.input_shape = input_shape
        self.n_classes = n_classes

    @classmethod
    def of(cls, model: keras.Model) -> Self:
        """Return the template of a Keras model; it must have one input and one output."""
        if not isinstance(model, keras.Model):
            raise ValueError(f"model must be a keras.Model, got {type(model).__name__}.")
        try:
            input_shape, output_shape = model.input_shape, model.output_shape
        except (AttributeError, ValueError) as error:
            raise ValueError(
                "model must be a functional or Sequential keras.Model that is built, got "
                f"{type(model).__name__}."
            ) from error
        if not (_is_one_shape(input_shape) and _is_one_shape(output_shape)):
            raise ValueError(
                f"model must have one input and one output of fixed shape, got {input_shape} and "
                f"{output_shape}."
            )
        # A `model_` of this library is copied as what it is, not as what its files hold.
        with own_names():
            config = json.dumps(keras.saving.serialize_keras_object(model))
        return cls(config, input_shape=tuple(input_shape[1:]), n_classes=output_shape[-1])

    def __call__(self, input_shape: ImageShape, n_classes: int) -> keras.Model:
        """Build the layers with fresh weights, for the images and classes that the model is for."""
        if n_classes != self.n_classes or prod(input_shape) != prod(self.input_shape):
            raise ValueError(
                f"architecture is a given keras.Model from inputs of shape {self.input_shape} to "
                f"{self.n_classes} classes, got images of shape {input_shape} and {n_classes} "
                "classes."
            )
        if keras.config.dtype_policy().name != "float32":
            raise ValueError(
                "precision must be 'auto' or 'float32' for the layers of a given keras.Model, "
                f"whose dtypes are their own, got {keras.config.dtype_policy().name!r}."
            )
        return self._layers()

    def _layers(self) -> keras.Model:
        config = {**json.loads(self.config), "compile_config": None}
        try:
            return keras.saving.deserialize_keras_object(config)
        except (TypeError, ValueError) as error:
            raise ValueError(
                "model holds layers that Keras cannot build from their config; register their "
                "classes with keras.saving.register_keras_serializable."
            ) from error

    def __eq__(self, other: object) -> bool:
        """Tell whether both build the same layers."""
        return isinstance(other, KerasModelTemplate) and self.config == other.config

    def __hash__(self) -> int:
        """Return a hash that goes with equality."""
        return hash(self.config)

    def __repr__(self) -> str:
        """Return the shapes, not the long config."""
        return f"<layers of a keras.Model, {self.input_shape} -> {self.n_classes} classes>"


def _is_one_shape(shape: object) -> bool:
    return isinstance(shape, tuple) and len(shape) > 1 and None not in shape[1:]


def shape_of_images(
    input_shape: tuple[int, ...], image_shape: ImageShapeParameter | None
) -> tuple[int, ...]:
    """Return the shape of the images that a model with such inputs takes.

    Flat inputs that are no square need a shape that is stated, and one that does not fit is
    refused.
    """
    if image_shape is not None:
        check_image_shape(image_shape)
    if image_shape in (None, "auto") and len(input_shape) == 1:
        side = isqrt(input_shape[0])
        image_shape = (side, side)
    shape = input_shape
    if image_shape is not None and not isinstance(image_shape, str):
        shape = tuple(image_shape)
    if prod(shape) != prod(input_shape):
        raise ValueError(
            f"image_shape must be a shape of {prod(input_shape)} pixels, which model takes, got "
            f"{image_shape}."
        )
    return shape
