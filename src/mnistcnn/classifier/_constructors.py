"""Alternative constructors: from a trained network, or from a recipe."""

from typing import Any, Self, cast

import keras
from numpy.typing import ArrayLike

from mnistcnn._scikit_learn import validate_parameters
from mnistcnn._wording import suggestion
from mnistcnn.classifier._keras_model_template import KerasModelTemplate, shape_of_images
from mnistcnn.classifier._networks import fitted_from_model
from mnistcnn.classifier._types import ImageShapeParameter
from mnistcnn.recipes import parameters_of


class OtherConstructorsMixin:
    """The alternative constructors of `DigitCNNClassifier`."""

    @classmethod
    def from_keras_model(
        cls,
        model: keras.Model,
        *,
        classes: ArrayLike | None = None,
        image_shape: ImageShapeParameter | None = None,
        pixel_scaling: str | None = None,
        **parameters: Any,
    ) -> Self:
        """Wrap a copy of a trained network.

        Parameters
        ----------
        model : keras.Model
            A functional or Sequential model that ends in softmax or in logits.
        classes : array-like of shape (n_classes,), default=None
            The label of each output, in ascending order; None means 0 to n_classes - 1.
        image_shape : tuple of int, default=None
            The shape of one image, needed if the model takes flat rows that are not square images.
        pixel_scaling : {"unit"} or None, default=None
            How pixels are scaled before the model sees them: ``"unit"`` divides by 255.
        **parameters
            Further parameters of the estimator, for a later `fit`.

        Returns
        -------
        classifier : DigitCNNClassifier
            A fitted estimator. Fitting it again trains the same layers from fresh weights.

        Raises
        ------
        ValueError
            If the model or the labels do not fit together.

        Examples
        --------
        >>> import keras
        >>> from mnistcnn import DigitCNNClassifier
        >>> layers = [keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(3)]
        >>> model = keras.Sequential(layers)
        >>> classifier = DigitCNNClassifier.from_keras_model(model, classes=["a", "b", "c"])
        >>> classifier.classes_.tolist()
        ['a', 'b', 'c']
        """
        template = KerasModelTemplate.of(model)
        classifier: Any = cls(  # type: ignore[call-arg]
            template,
            image_shape=shape_of_images(template.input_shape, image_shape),
            pixel_scaling=pixel_scaling,
            **parameters,
        )
        validate_parameters(classifier)
        classifier._adopt(fitted_from_model(classifier, model, classes))
        return cast("Self", classifier)

    @classmethod
    def from_recipe(cls, name: str, **parameters: Any) -> Self:
        """Make a classifier that trains a network with its published training settings.

        Parameters
        ----------
        name : str
            A name from `mnistcnn.list_recipes`.
        **parameters
            Parameters that should differ from the recipe, such as ``epochs=3`` or
            ``architecture__dropout=0.3``, and parameters that no recipe sets, such as
            `random_state`.

        Returns
        -------
        classifier : DigitCNNClassifier
            An unfitted estimator.

        Raises
        ------
        ValueError
            If there is no such recipe or parameter; the message lists the valid ones.

        See Also
        --------
        mnistcnn.get_recipe : The parameters, what was reported, and where.

        Examples
        --------
        >>> from mnistcnn import DigitCNNClassifier
        >>> classifier = DigitCNNClassifier.from_recipe("larger", random_state=0)
        >>> classifier.epochs, classifier.batch_size, classifier.pixel_scaling
        (10, 200, 'unit')
        """
        classifier: Any = cls(**parameters_of(name))
        known = classifier.get_params()
        for parameter in parameters:
            if parameter not in known:
                raise ValueError(
                    f"Unknown parameter {parameter!r} of recipe {name!r}"
                    f"{suggestion(parameter, known)} The parameters are {', '.join(known)}."
                )
        classifier.set_params(**parameters)
        return cast("Self", classifier)
