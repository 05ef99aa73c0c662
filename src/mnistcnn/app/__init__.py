"""The page to draw on, which ``mnistcnn demo`` serves; it needs Gradio, the extra ``demo``."""

from mnistcnn.app._corrections import Corrections
from mnistcnn.app._reader import DigitReading, PageReader
from mnistcnn.app._server import served_page

__all__ = ["Corrections", "PageReader", "DigitReading", "served_page"]
