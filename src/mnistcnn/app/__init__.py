"""The page to draw on, which ``mnistcnn demo`` serves; it needs Gradio, the extra ``demo``."""

from mnistcnn.app._reader import DigitReader, Reading
from mnistcnn.app._server import served_page

__all__ = ["DigitReader", "Reading", "served_page"]
