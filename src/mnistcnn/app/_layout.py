"""Lays out the page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mnistcnn._types import Label
from mnistcnn.app._answer import message
from mnistcnn.app._examples import digit_on_paper, digits_on_paper
from mnistcnn.app._fields import (
    answer_field,
    drawing_pad,
    example_button,
    head_of_page,
    image_field,
)
from mnistcnn.app._head import FOOT, head
from mnistcnn.app._networks import Networks
from mnistcnn.app._replies import NO_IMAGE, NO_SHEET, NOTHING_DRAWN

Examples = Sequence[NDArray[np.uint8]]


@dataclass(frozen=True)
class Correction:
    """The fields in which a visitor corrects a prediction."""

    label: gr.Radio
    keep: gr.Button
    kept: gr.HTML


@dataclass(frozen=True)
class Tab:
    """The parts of a tab; a part that is None is left out."""

    field: Any
    answer: gr.HTML
    example: gr.HTML | None = None
    explanation: gr.HTML | None = None
    correction: Correction | None = None


@dataclass(frozen=True)
class Layout:
    """The page: the choice of a network, if there are several, and the tabs."""

    choice: gr.Radio | None
    drawing: Tab
    image: Tab
    sheet: Tab


def lay_out(networks: Networks, examples: Examples, *, may_correct: bool) -> Layout:
    """Lay the page out from top to bottom; `examples` are digits in MNIST's form."""
    head_of_page(head())
    choice = _choice(networks.names)
    of_digit = partial(_digit_tab, correctable=networks.labels() if may_correct else None)
    with gr.Tabs():
        with gr.Tab("Draw"):
            drawing = of_digit(partial(_pad, examples), NOTHING_DRAWN)
        with gr.Tab("Image"):
            image = of_digit(partial(_image, "One digit", examples, digit_on_paper), NO_IMAGE)
        with gr.Tab("Sheet"):
            sheet = _sheet_tab(examples)
    gr.HTML(FOOT, apply_default_css=False)
    return Layout(choice, drawing, image, sheet)


def choices_of(labels: Sequence[Label]) -> list[str]:
    """Return labels as the page shows them and browsers send them."""
    return [str(label) for label in labels]


def _choice(names: list[str]) -> gr.Radio | None:
    if len(names) == 1:
        return None
    return gr.Radio(names, value=names[0], label="Network", elem_classes="network-choice")


def _pad(examples: Examples) -> tuple[gr.HTML, None]:
    return drawing_pad(examples), None


def _image(
    label: str, examples: Examples, example: Callable[[Examples], Image.Image]
) -> tuple[gr.Image, gr.HTML | None]:
    field = image_field(label)
    return field, example_button(example(examples)) if examples else None


def _digit_tab(
    make_field: Callable[[], tuple[Any, gr.HTML | None]],
    invitation: str,
    *,
    correctable: Sequence[Label] | None,
) -> Tab:
    """Lay out a field with its answer beside it, or below it on a narrow screen."""
    with gr.Row():
        with gr.Column(min_width=320):
            field, example = make_field()
        with gr.Column(min_width=320, elem_classes="answers"):
            answer = answer_field(message(invitation))
            explanation = gr.HTML("", elem_classes="explanation", apply_default_css=False)
            correction = None if correctable is None else _correction(correctable)
    return Tab(field, answer, example, explanation, correction)


def _sheet_tab(examples: Examples) -> Tab:
    with gr.Row():
        with gr.Column(min_width=320):
            field, example = _image("Several digits", examples, digits_on_paper)
        with gr.Column(min_width=320, elem_classes="answers"):
            answer = answer_field(message(NO_SHEET))
    return Tab(field, answer, example)


def _correction(labels: Sequence[Label]) -> Correction:
    with gr.Column(elem_classes="correction"):
        label = gr.Radio(choices_of(labels), label="Was it wrong? Say what it is:")
        keep = gr.Button("Keep for training")
        kept = gr.HTML("", apply_default_css=False)
    return Correction(label, keep, kept)
