"""Serves predictions of digits over HTTP, with onnxruntime alone.

    mnistcnn export pretrained digits.onnx
    uvicorn --app-dir examples/serve app:app

Environment variables: DIGITS_MODEL (digits.onnx) is the file, DIGITS_THREADS (all cores) how many
threads compute.
"""

import asyncio
import os
import time
from contextlib import asynccontextmanager, suppress

import numpy as np
import prometheus_client as metrics
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

import reading
from network import Batcher, OnnxNetwork, TooBusyError, UnlikeImagesError

MAX_WAITING_IMAGES = 8 * reading.MAX_IMAGES
MAX_UPLOADS_AT_ONCE = 2

REQUESTS = metrics.Counter("digits_requests_total", "Requests.", ["path", "status"])
IMAGES = metrics.Counter("digits_images_total", "Images predicted.")
SECONDS = metrics.Histogram(
    "digits_request_seconds",
    "From the first byte of a request to its response.",
    ["path"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)


@asynccontextmanager
async def network_in_place(app):
    """Load the network before the first request, and compute until the last."""
    n_threads = int(os.environ.get("DIGITS_THREADS", os.cpu_count() or 1))
    network = OnnxNetwork(os.environ.get("DIGITS_MODEL", "digits.onnx"), n_threads)
    app.state.network = network
    app.state.batcher = Batcher(
        network.probabilities, max_batch=reading.MAX_IMAGES, max_waiting=MAX_WAITING_IMAGES
    )
    app.state.upload_places = asyncio.Semaphore(MAX_UPLOADS_AT_ONCE)
    computing = asyncio.create_task(app.state.batcher.run())
    yield
    computing.cancel()
    with suppress(asyncio.CancelledError):
        await computing


app = FastAPI(title="Handwritten digits", lifespan=network_in_place)


class Measured:
    """Counts each request, and how long it took, under the path of its route."""

    def __init__(self, app):
        self._app = app

    async def __call__(self, scope, receive, send):
        """Let a request pass, and note its status."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def noting(message):
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            # Paths that nobody serves are one label, or strangers could fill the memory.
            path = getattr(scope.get("route"), "path", "other")
            REQUESTS.labels(path, status).inc()
            SECONDS.labels(path).observe(time.perf_counter() - started)


app.add_middleware(Measured)


@app.exception_handler(HTTPException)
async def in_one_line(_: Request, error: HTTPException):
    """Answer an error with its line."""
    return JSONResponse({"error": str(error.detail)}, error.status_code, headers=error.headers)


@app.exception_handler(TooBusyError)
async def too_busy(_: Request, __: TooBusyError):
    """Ask to come back where too many wait."""
    message = "too many images wait; try again in a second"
    return JSONResponse({"error": message}, 503, headers={"Retry-After": "1"})


@app.exception_handler(UnlikeImagesError)
async def unlike_images(_: Request, error: UnlikeImagesError):
    """Answer with what the images lack, and the remedy."""
    return JSONResponse({"error": str(error)}, 422)


@app.exception_handler(Exception)
async def failed(_: Request, __: Exception):
    """Tell nothing of what went wrong inside; the log of the server has it."""
    return JSONResponse({"error": "the server failed"}, 500)


@app.post("/predict")
async def predict(request: Request):
    """Answer images in MNIST's form: light ink on 0, pixels from 0 to 255.

    The body is JSON, {"images": [...]} of shape (n, 28, 28), (n, 28, 28, 1) or (n, 784), or the
    bytes of the images one after the other (application/octet-stream). Inverted images, and pixels
    from 0 to 1, are refused.
    """
    images = await reading.arrays_of(request, app.state.network.image_shape)
    app.state.network.check(images)
    return await answers_for(images)


@app.post("/predict/uploads")
async def predict_uploads(request: Request):
    """Answer uploaded files, each the image of one digit, in dark or light ink (multipart)."""
    if reading.DigitNormalizer is None or app.state.network.image_shape != (28, 28, 1):
        raise reading.refused(501, "uploads need mnistcnn.handwriting and a network for 28x28")
    uploads = await reading.uploads_of(request)
    async with app.state.upload_places:
        images = await asyncio.to_thread(reading.normalized, uploads)
    return await answers_for(images)


async def answers_for(images):
    """Return the label and the probabilities of each image."""
    probabilities = await app.state.batcher.answer(images)
    IMAGES.inc(len(images))
    classes = app.state.network.classes
    labels = [classes[place] for place in probabilities.argmax(axis=1)]
    rounded = probabilities.astype(np.float64).round(6).tolist()
    return JSONResponse({"labels": labels, "probabilities": rounded})


@app.get("/health")
async def health():
    """Say that the network is there, and what it knows."""
    network = app.state.network
    return {"status": "ok", "classes": network.classes, "image_shape": network.image_shape}


@app.get("/metrics")
async def prometheus():
    """Give the figures in Prometheus's text form."""
    return Response(metrics.generate_latest(), media_type=metrics.CONTENT_TYPE_LATEST)
