"""Images as the content of files, and as what the page to draw on sends."""

import base64
from io import BytesIO


def content_of(image, file_format="PNG", **options):
    """Return what Pillow writes into a file."""
    file = BytesIO()
    image.save(file, format=file_format, **options)
    return file.getvalue()


def as_drawn(image):
    """Return an image as it comes from the drawing pad."""
    return "data:image/png;base64," + base64.b64encode(content_of(image)).decode()
