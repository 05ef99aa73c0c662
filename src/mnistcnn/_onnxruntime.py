"""Loads onnxruntime with its telemetry switched off."""

import os
import sys
from contextlib import nullcontext
from typing import Any

from mnistcnn._quiet_start import start_up_silenced

# As onnxruntime's own Privacy.md has it; read when it is loaded.
WITHOUT_TELEMETRY = "ORT_DISABLE_TELEMETRY"


def load_onnxruntime() -> Any:
    """Import onnxruntime without telemetry, unless the user has configured it.

    Newer versions from PyPI send events to Microsoft unless they are told not to, and keep an
    identifier of the machine in the user's cache folder.

    Raises
    ------
    ImportError
        If it is not installed.
    """
    os.environ.setdefault(WITHOUT_TELEMETRY, "1")
    with nullcontext() if "onnxruntime" in sys.modules else start_up_silenced():
        import onnxruntime
    return onnxruntime
