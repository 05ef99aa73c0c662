"""Quantizes ONNX models to int8 with onnxruntime's own tools."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from mnistcnn._onnxruntime import load_onnxruntime

if TYPE_CHECKING:
    import onnx

# The layers that take nearly all the time; what is between them stays float32.
OPERATIONS = ["Conv", "Gemm", "MatMul", "MaxPool", "Relu"]

AT_ONCE = 32


def in_int8(
    model: "onnx.ModelProto", input_name: str, calibration: NDArray[Any]
) -> "onnx.ModelProto":
    """Return an ONNX model with weights and activations in int8 (Jacob et al. 2018).

    Each channel of a weight has a scale of its own, and activations have that of the least and the
    greatest value that the calibration images bring.
    """
    import onnx

    load_onnxruntime()
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process

    batches = iter([calibration[i : i + AT_ONCE] for i in range(0, len(calibration), AT_ONCE)])

    class CalibrationImages(quantization.CalibrationDataReader):  # type: ignore[misc]
        def get_next(self) -> dict[str, NDArray[Any]] | None:
            batch = next(batches, None)
            return None if batch is None else {input_name: batch}

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        onnx.save(model, folder / "float32.onnx")
        quant_pre_process(
            str(folder / "float32.onnx"), str(folder / "prepared.onnx"), skip_symbolic_shape=True
        )
        quantization.quantize_static(
            str(folder / "prepared.onnx"),
            str(folder / "int8.onnx"),
            CalibrationImages(),
            per_channel=True,
            op_types_to_quantize=OPERATIONS,
        )
        return onnx.load(folder / "int8.onnx")
