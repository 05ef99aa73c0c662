"""Converts networks to files for other runtimes, with one converter per format."""

from mnistcnn._training.conversion.formats import FORMATS as FORMATS
from mnistcnn._training.conversion.formats import FileFormat as FileFormat
from mnistcnn._training.conversion.formats import convert as convert
