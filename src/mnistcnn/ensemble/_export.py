"""Writes the networks of an ensemble as one file."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from sklearn.utils.metaestimators import available_if

from mnistcnn._types import Images, Path
from mnistcnn.classifier import DigitCNNClassifier, export_together
from mnistcnn.ensemble._voting import votes_softly

if TYPE_CHECKING:
    from mnistcnn.ensemble._estimator import DigitEnsembleClassifier


class EnsembleExportMixin:
    """Exports an ensemble for programs that have neither Keras nor TensorFlow."""

    @available_if(votes_softly)  # type: ignore[untyped-decorator]
    def export(
        self,
        path: Path,
        *,
        overwrite: bool = False,
        pixel_dtype: str = "auto",
        quantization: str | None = None,
        calibration_images: "Images | None" = None,
    ) -> None:
        """Write all members to one ONNX or LiteRT file, as one graph.

        The file has the form described in `DigitCNNClassifier.export`; its probabilities agree with
        `predict_proba` within 1e-5.

        Parameters
        ----------
        path : str or path-like
            A name that ends in ``.onnx`` or ``.tflite``.
        overwrite : bool, default=False
            Whether to replace an existing file.
        pixel_dtype : {"auto", "uint8", "float32"}, default="auto"
            The dtype of the images.
        quantization : {"int8"} or None, default=None
            ``"int8"`` quantizes weights and activations to 8 bits.
        calibration_images : array-like of the form of `X` in `predict`, default=None
            A few hundred images for ``quantization="int8"``.

        Raises
        ------
        ValueError
            If a member is not a `DigitCNNClassifier`, if members were trained on pixels in
            different units, and in the cases of `DigitCNNClassifier.export`.
        Exception
            Any other exception that `DigitCNNClassifier.export` raises.
        """
        ensemble = cast("DigitEnsembleClassifier", self)
        members = ensemble._snapshot().estimators_
        _check_are_one_graph(members)
        export_together(
            members,
            path,
            overwrite=overwrite,
            pixel_dtype=pixel_dtype,
            quantization=quantization,
            calibration_images=calibration_images,
        )


def _check_are_one_graph(members: Sequence[Any]) -> None:
    for place, member in enumerate(members):
        if not isinstance(member, DigitCNNClassifier):
            raise ValueError(
                "estimator must be a DigitCNNClassifier for all members to become one graph, got "
                f"{type(member).__name__}."
            )
        if member.image_shape_ != members[0].image_shape_:
            raise ValueError(
                f"estimators_[{place}] must take images of the shape of the others, "
                f"{members[0].image_shape_}, got {member.image_shape_}; refit the ensemble."
            )
