"""Reads images from the body of a request; refuses invalid or too large ones in one line."""

import io
import json
from math import prod

import numpy as np
from fastapi import HTTPException
from PIL import Image
from starlette.formparsers import MultiPartException, MultiPartParser

try:
    # Neither loads TensorFlow.
    from mnistcnn import EmptyImageError, UnreadableImageError
    from mnistcnn.handwriting import DigitNormalizer
except ImportError:
    DigitNormalizer = None

MAX_BYTES = 4_000_000
MAX_IMAGES = 1024
MAX_UPLOADS = 32
MAX_PIXELS_OF_UPLOAD = 4_000_000


def refused(status, message):
    """Return the error that answers with a status and one line."""
    return HTTPException(status, " ".join(message.split()))


async def body_of(request):
    """Return the body, and read no more of it than is allowed."""
    announced = request.headers.get("content-length", "0")
    too_large = refused(413, f"a request may have {MAX_BYTES:,} bytes")
    if not announced.isdecimal() or int(announced) > MAX_BYTES:
        raise too_large
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BYTES:
            raise too_large
    return bytes(body)


async def arrays_of(request, image_shape):
    """Return the images (n, h, w, c) of a request with arrays."""
    body = await body_of(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        images = _from_json(body)
    elif kind == "application/octet-stream":
        images = _from_bytes(body, image_shape)
    else:
        raise refused(415, "the content type must be application/json or application/octet-stream")
    return _in_shape(images, image_shape)


def _from_json(body):
    try:
        images = json.loads(body)["images"]
        images = np.asarray(images)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise refused(422, 'the body must be {"images": [...]} with images of one shape') from None
    if images.size and (images.dtype.kind not in "iu" or images.min() < 0 or images.max() > 255):
        raise refused(422, "pixels must be whole numbers from 0 to 255")
    return images.astype(np.uint8)


def _from_bytes(body, image_shape):
    if len(body) % prod(image_shape):
        raise refused(422, f"the body must hold {prod(image_shape)} bytes an image")
    return np.frombuffer(body, np.uint8).reshape(-1, *image_shape)


def _in_shape(images, image_shape):
    allowed = [image_shape, (prod(image_shape),)]
    if image_shape[2] == 1:
        allowed.append(image_shape[:2])
    if images.ndim < 2 or not len(images) or images.shape[1:] not in allowed:
        shapes = " or ".join(str(("n", *shape)).replace("'", "") for shape in allowed)
        raise refused(422, f"images must have the shape {shapes}, got {images.shape}")
    if len(images) > MAX_IMAGES:
        raise refused(413, f"a request may hold {MAX_IMAGES} images, got {len(images)}")
    return images.reshape(-1, *image_shape)


async def uploads_of(request):
    """Return the contents of the uploaded files by their names, as pairs."""
    body = await body_of(request)
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise refused(415, "the content type must be multipart/form-data")

    async def stream():
        yield body

    try:
        parser = MultiPartParser(
            request.headers, stream(), max_files=MAX_UPLOADS, max_fields=MAX_UPLOADS
        )
        form = await parser.parse()
        files = [value for _, value in form.multi_items() if hasattr(value, "filename")]
        contents = [(str(file.filename), await file.read()) for file in files]
        await form.close()
    except (MultiPartException, KeyError, UnicodeDecodeError) as error:
        raise refused(400, f"the upload cannot be read: {error}") from None
    if not contents:
        raise refused(422, "an upload must hold at least one file")
    return contents


def normalized(uploads):
    """Return uploaded images in MNIST's form (n, 28, 28, 1), as `DigitNormalizer` brings them."""
    return np.stack([_normalized(name, content) for name, content in uploads])[..., np.newaxis]


def _normalized(name, content):
    try:
        with Image.open(io.BytesIO(content)) as image:
            n_pixels = image.width * image.height
    except Exception:  # whatever a broken file makes Pillow raise
        raise refused(422, f"{name!r} is no image that can be read") from None
    if n_pixels > MAX_PIXELS_OF_UPLOAD:
        raise refused(413, f"{name!r} may have {MAX_PIXELS_OF_UPLOAD:,} pixels, got {n_pixels:,}")
    try:
        return DigitNormalizer().transform([content])[0]
    except EmptyImageError:
        raise refused(422, f"{name!r} shows no ink") from None
    except UnreadableImageError:
        raise refused(422, f"{name!r} is no image that can be read") from None
