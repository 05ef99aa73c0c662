"""Renders a reading as HTML without scripts, styled by page.css."""

from html import escape

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mnistcnn._html import data_url, percent
from mnistcnn.app._reader import DigitReading
from mnistcnn.rejection import DEFAULT_THRESHOLD

# What RejectingClassifier would reject is shown as a guess.
SURE_FROM = DEFAULT_THRESHOLD
# A fall of the probability that is not worth a color.
MIN_FALL = 0.005
# Red, green and blue of what decided, and how light the ink is beside it.
HEAT, GRAY = np.array((255.0, 110.0, 30.0)), 0.6
MAP_SIDE = 112


def message(text: str, kind: str = "") -> str:
    """Return a message to show instead of a reading; page.css styles its kind.

    Examples
    --------
    >>> from mnistcnn.app._answer import message
    >>> message("Draw a digit.")
    '<div class="answer-message">Draw a digit.</div>'
    """
    return f'<div class="{f"answer-message {kind}".strip()}">{escape(text)}</div>'


def answer(reading: DigitReading) -> str:
    """Return the digit, how sure the network is, a bar for each digit, and what the network saw."""
    return f"{_headline(reading)}{_bars(reading)}{_seen(reading)}"


def explanation(reading: DigitReading, falls: NDArray[np.float64]) -> str:
    """Return a map of the decisive regions, from the falls that `coarse_occlusion` computes."""
    digit, probability = reading.ranking()[0]
    largest = float(falls.max())
    if largest < MIN_FALL:
        said = (
            "No single region is decisive: whichever one is covered, the prediction stays "
            f"{escape(str(digit))}."
        )
    else:
        lowest = percent(max(0.0, probability - largest))
        said = (
            "The orange regions are decisive: covering the brightest lowers the probability of "
            f"{escape(str(digit))} from {percent(probability)} to {lowest}."
        )
    return _figure(
        _heat_map(reading.image, falls), "The digit, with its decisive regions in orange", said
    )


def _headline(reading: DigitReading) -> str:
    (digit, probability), (second, second_probability), *_ = reading.ranking()
    sure = probability >= SURE_FROM
    judgment = "sure" if sure else "sure: a guess, and maybe no digit"
    return (
        f'<div class="answer-headline may-be-wrong{"" if sure else " unsure"}">'
        f'<output class="answer-digit">{escape(str(digit))}</output>'
        f'<p><strong class="answer-probability">{percent(probability)}</strong> {judgment}'
        f'<br><span class="answer-second">second choice: {escape(str(second))} '
        f"({percent(second_probability)})</span></p></div>"
    )


def _bars(reading: DigitReading) -> str:
    best = reading.ranking()[0][0]
    bars = "".join(
        f"<li{' class=best' if label == best else ''}>"
        f'<span class="bar-label">{escape(str(label))}</span>'
        f'<span class="bar-track"><span class="bar" style="width:{100 * probability:.2f}%"></span>'
        f'</span><span class="bar-value">{percent(probability)}</span></li>'
        for label, probability in zip(reading.labels, reading.probabilities, strict=True)
    )
    return f'<ul class="bars" aria-label="Probability of each digit">{bars}</ul>'


def _seen(reading: DigitReading) -> str:
    height, width = reading.image.shape
    return _figure(
        Image.fromarray(reading.image),
        f"The digit in light ink on black, {height} by {width} pixels",
        f"What the network saw: {height}&#8239;×&#8239;{width} pixels",
    )


def _figure(image: Image.Image, description: str, caption: str) -> str:
    return (
        f'<figure class="seen"><img src="{data_url(image)}" alt="{description}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _heat_map(digit: NDArray[np.uint8], falls: NDArray[np.float64]) -> Image.Image:
    """Lay the falls over the digit: its ink in gray, and orange where the probability falls."""
    heat = np.clip(falls, 0, None) / max(float(falls.max()), MIN_FALL)
    size = (MAP_SIDE, MAP_SIDE)
    ink = np.asarray(Image.fromarray(digit).resize(size, Image.Resampling.NEAREST))[..., np.newaxis]
    smooth = Image.fromarray(heat.astype(np.float32)).resize(size, Image.Resampling.BILINEAR)
    strength = np.asarray(smooth)[..., np.newaxis]
    pixels = GRAY * ink * (1 - strength) + HEAT * strength
    return Image.fromarray(np.rint(pixels).astype(np.uint8))
