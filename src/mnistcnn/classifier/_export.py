"""Writes fitted classifiers as files that ONNX and LiteRT runtimes compute."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

import mnistcnn
from mnistcnn._safe_writing import replaced_at_the_end
from mnistcnn._scikit_learn import StrOptions, validate_parameter_constraints
from mnistcnn._training.conversion import FORMATS, FileFormat, convert
from mnistcnn._types import Images
from mnistcnn._types import Path as PathLike
from mnistcnn.classifier._pixel_range import BYTES, joint_range
from mnistcnn.preprocessing import (
    IN_CALIBRATION,
    PixelRange,
    checked_pixels,
    training_pixels_of,
    unlike_images,
)

if TYPE_CHECKING:
    from mnistcnn.classifier._estimator import DigitCNNClassifier

PIXEL_DTYPES = ("uint8", "float32")
INT8 = "int8"

# Fewer do not show how far activations range.
MIN_CALIBRATION_IMAGES = 32

# Below it, whole numbers are too coarse for gray.
MIN_FULL_INK = 10


class ExportMixin:
    """Exports a fitted network for programs that have neither Keras nor TensorFlow."""

    def export(
        self,
        path: PathLike,
        *,
        overwrite: bool = False,
        pixel_dtype: str = "auto",
        quantization: str | None = None,
        calibration_images: "Images | None" = None,
    ) -> None:
        """Write the network to an ONNX or LiteRT file, pixel scaling and softmax included.

        The file has one input, ``images`` of shape (n, h, w, c) for any n and with `image_shape_`,
        and one output, ``probabilities`` of shape (n, n_classes), float32. These agree with
        `predict_proba` within 1e-5. Pixels are in the unit of the training images. Hidden layers
        compute in float32. If the network was trained in bfloat16 or float16, the file equals that
        network computed in float32; it agrees with `predict_proba`, which stays in half precision,
        to about 0.01. Before the file is put in place, its runtime predicts a few random images,
        and must agree.

        The metadata of the file contain ``classes``, ``image_shape``, ``pixel_range`` and
        ``pixel_statistics`` (mean and standard deviation of the training pixels, or null where
        `pixel_scaling` is not ``"standard"``) as JSON, and ``mnistcnn_version``. In ONNX [1]_ each
        of them is an entry of its own; in LiteRT [2]_ the entry ``mnistcnn`` is one JSON object
        with all five.

        Parameters
        ----------
        path : str or path-like
            Where to write it: a name that ends in ``.onnx``, which needs the extra ``onnx``
            (``pip install "mnistcnn[onnx]"``), or in ``.tflite``, which needs ``litert``.
        overwrite : bool, default=False
            Whether to replace an existing file.
        pixel_dtype : {"auto", "uint8", "float32"}, default="auto"
            The dtype of ``images``. ``"auto"`` is uint8 where the classifier was trained on pixels
            from 0 to between 10 and 255, and float32 otherwise: for pixels from 0 to 1, for
            standardized pixels, and for a wrapped model whose pixel range is unknown.
        quantization : {"int8"} or None, default=None
            ``"int8"`` quantizes weights and activations to 8 bits [3]_, for a file of a quarter of
            the size. Probabilities then differ by a few hundredths.
        calibration_images : array-like of the form of `X` in `predict`, default=None
            Images like those to be predicted later, from which int8 learns the ranges of
            activations: a few hundred, and at least 32 different ones. Only for
            ``quantization="int8"``.

        Raises
        ------
        ValueError
            If `path` has another suffix, if the training pixels do not fit into uint8, if the
            network contains something that the format cannot represent, such as Python functions of
            your own, if its int8 version predicts another label for over 5 % of
            `calibration_images`, if fewer than 32 of these are different, or if they are in
            another unit than the training images, or inverted.
        sklearn.exceptions.NotFittedError
            If the classifier is not fitted.
        RuntimeError
            If Keras runs on another backend than TensorFlow.
        ImportError
            If the extra is not installed.
        FileExistsError
            If the file exists, unless `overwrite` is True.
        OSError
            If the file cannot be written there.

        See Also
        --------
        mnistcnn.DigitEnsembleClassifier.export : Several networks as one graph.

        References
        ----------
        .. [1] ONNX, Open Neural Network Exchange, https://onnx.ai.
        .. [2] LiteRT, formerly TensorFlow Lite, https://ai.google.dev/edge/litert.
        .. [3] B. Jacob et al., "Quantization and Training of Neural Networks for Efficient
           Integer-Arithmetic-Only Inference", CVPR 2018.

        Examples
        --------
        >>> import tempfile
        >>> import onnxruntime
        >>> from mnistcnn import load_pretrained, load_sample_digits
        >>> images = load_sample_digits().images[:3, :, :, None]
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     load_pretrained().export(f"{folder}/digits.onnx")
        ...     session = onnxruntime.InferenceSession(f"{folder}/digits.onnx")
        >>> (probabilities,) = session.run(None, {"images": images})
        >>> probabilities.argmax(axis=1).tolist()
        [0, 1, 2]
        """
        classifier = cast("DigitCNNClassifier", self)
        export_together(
            [classifier],
            path,
            overwrite=overwrite,
            pixel_dtype=pixel_dtype,
            quantization=quantization,
            calibration_images=calibration_images,
        )


def export_together(
    classifiers: "Sequence[DigitCNNClassifier]",
    path: PathLike,
    *,
    overwrite: bool,
    pixel_dtype: str,
    quantization: str | None,
    calibration_images: "Images | None",
) -> None:
    """Write one file that gives the mean of the probabilities of several classifiers.

    Parameters
    ----------
    classifiers : sequence of DigitCNNClassifier
        Fitted on images of one shape, with pixels in one unit, and the same labels.
    path, overwrite, pixel_dtype, quantization, calibration_images
        As `DigitCNNClassifier.export` takes them.

    Raises
    ------
    Exception
        What `DigitCNNClassifier.export` raises.
    """
    file_format = _checked_format(
        path, overwrite=overwrite, pixel_dtype=pixel_dtype, quantization=quantization
    )
    _check_goes_with_images(quantization, calibration_images)
    # Snapshots, for another thread may refit one of the classifiers meanwhile.
    fitted = [classifier._snapshot() for classifier in classifiers]
    first, pixel_range = fitted[0], joint_range([each._training_pixels.range for each in fitted])
    dtype = _checked_dtype(pixel_dtype, pixel_range)
    calibration = None
    if calibration_images is not None:
        calibration = _as_input(fitted, calibration_images, pixel_range, dtype)
    file_format.check_available()
    with replaced_at_the_end(path, overwrite=overwrite) as temporary:
        content = convert(
            [classifier._network for classifier in fitted],
            file_format,
            pixel_dtype=dtype,
            pixel_range=pixel_range or ((0.0, 1.0) if dtype == "float32" else BYTES),
            metadata=_metadata(first, pixel_range),
            calibration=calibration,
        )
        temporary.write_bytes(content)


def _checked_format(path: PathLike, **settings: Any) -> FileFormat:
    validate_parameter_constraints(
        {
            "path": [str, os.PathLike],
            "overwrite": ["boolean"],
            "pixel_dtype": [StrOptions({"auto", *PIXEL_DTYPES})],
            "quantization": [StrOptions({INT8}), None],
        },
        {"path": path, **settings},
        caller_name="export",
    )
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise ValueError(
            f"path must be the name of a file that ends in {' or '.join(FORMATS)}, got "
            f"{os.fspath(path)!r}."
        )
    return FORMATS[suffix]


def _check_goes_with_images(quantization: str | None, calibration_images: "Images | None") -> None:
    if (quantization is None) != (calibration_images is None):
        needed = "None without" if quantization is None else "images for"
        raise ValueError(
            f"calibration_images must be {needed} quantization={INT8!r}, got "
            f"{type(calibration_images).__name__}."
        )


def _as_input(
    classifiers: "Sequence[DigitCNNClassifier]",
    calibration_images: "Images",
    pixel_range: PixelRange | None,
    dtype: str,
) -> NDArray[Any]:
    """Return images of a user's as the file takes them."""
    rows = checked_pixels(classifiers[0], calibration_images)
    n_different = len(np.unique(rows, axis=0))
    if n_different < MIN_CALIBRATION_IMAGES:
        raise ValueError(
            f"calibration_images must hold at least {MIN_CALIBRATION_IMAGES} different images, "
            f"and better a few hundred, got {n_different}."
        )
    for classifier in classifiers:
        known = training_pixels_of(classifier)._replace(range=pixel_range)
        difference = unlike_images(known, rows, classifier.image_shape_, IN_CALIBRATION)
        if difference:
            raise ValueError(f"calibration_images must be like those of the training. {difference}")
    images = rows.reshape(-1, *classifiers[0].image_shape_)
    return _as_bytes(images) if dtype == "uint8" else images.astype(dtype)


def _as_bytes(images: NDArray[Any]) -> NDArray[np.uint8]:
    # A byte is the nearest whole number, not the next lower one.
    rounded: NDArray[Any] = np.rint(images)
    low, high = float(rounded.min()), float(rounded.max())
    if low < BYTES[0] or high > BYTES[1]:
        raise ValueError(
            "calibration_images must hold pixels from 0 to 255 for a file that takes uint8, got "
            f"pixels from {low:.4g} to {high:.4g}."
        )
    return rounded.astype(np.uint8)


def _checked_dtype(pixel_dtype: str, pixel_range: PixelRange | None) -> str:
    fits = pixel_range is not None and _fits_into_bytes(*pixel_range)
    if pixel_dtype == "auto":
        return "uint8" if fits else "float32"
    if pixel_dtype == "uint8" and pixel_range is not None and not fits:
        raise ValueError(
            "pixel_dtype must be 'auto' or 'float32' for a classifier that was trained on pixels "
            f"from {pixel_range[0]:.4g} to {pixel_range[1]:.4g}, got 'uint8'."
        )
    return pixel_dtype


def _fits_into_bytes(low: float, high: float) -> bool:
    return low >= 0 and MIN_FULL_INK <= high <= BYTES[1]


def _metadata(classifier: "DigitCNNClassifier", pixel_range: PixelRange | None) -> dict[str, str]:
    return {
        # Labels that JSON does not know are written as text.
        "classes": json.dumps(classifier.classes_.tolist(), default=str),
        "image_shape": json.dumps(classifier.image_shape_),
        "pixel_range": json.dumps(pixel_range),
        "mnistcnn_version": mnistcnn.__version__,
        "pixel_statistics": json.dumps(classifier._training_pixels.statistics),
    }
