"""Networks as files that other runtimes compute: what a file holds, and a converter a format."""

from mnistcnn._training.conversion.formats import FORMATS as FORMATS
from mnistcnn._training.conversion.formats import FileFormat as FileFormat
from mnistcnn._training.conversion.formats import convert as convert
