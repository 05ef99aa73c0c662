"""Opens and checks image files and other images, and converts them to grays."""

from mnistcnn.images._gray import ReadableImage, gray_over_white
from mnistcnn.images._image_files import open_image, upright_image
from mnistcnn.images._paths import find_image_files
from mnistcnn.images._white import in_one_unit

__all__ = [
    "ReadableImage",
    "find_image_files",
    "gray_over_white",
    "in_one_unit",
    "open_image",
    "upright_image",
]
