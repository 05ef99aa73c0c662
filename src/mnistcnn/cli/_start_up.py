"""Keeps TensorFlow's start-up messages out of the terminal."""

import faulthandler
import logging
import os
import sys

from mnistcnn.cli._streams import STDERR

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_ERRORS_ONLY = "3"


def silence_tensorflow() -> None:
    """Send what C++ libraries write to stderr nowhere; what Python writes there stays.

    TensorFlow logs to the file descriptor before any of its settings count, in this process and
    in each worker that inherits it, so only the descriptor itself can be silenced; `secure_streams`
    has given Python another one. Whoever sets ``TF_CPP_MIN_LOG_LEVEL`` sees everything that this
    level lets through.
    """
    if _LEVEL in os.environ:
        return
    os.environ[_LEVEL] = _ERRORS_ONLY
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    logging.getLogger("absl").setLevel(logging.ERROR)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), STDERR)
    # A crash inside a C++ library must not go unseen.
    faulthandler.enable(sys.stderr)
