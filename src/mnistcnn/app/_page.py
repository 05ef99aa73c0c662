"""Connects the events of the page to their functions."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from mnistcnn.app._corrections import Corrections
from mnistcnn.app._examples import digit_on_paper, digits_on_paper
from mnistcnn.app._keeping import keep_drawing, keep_image
from mnistcnn.app._layout import Correction, Examples, Layout, Tab, choices_of, lay_out
from mnistcnn.app._networks import Networks
from mnistcnn.app._reader import PageReader
from mnistcnn.app._replies import (
    explain_drawing,
    explain_image,
    read_drawing,
    read_image,
    read_or_say_why_not,
    read_sheet,
)

# The fonts that each system brings along: others would be fetched.
FONTS = ("system-ui", "Segoe UI", "Roboto", "Helvetica Neue", "sans-serif")
MONOSPACED_FONTS = ("ui-monospace", "Consolas", "monospace")
# Seconds after which an uploaded file is removed, at the next look around.
KEPT = 600

QUIETLY: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
ASKING: dict[str, Any] = {
    **QUIETLY,
    "preprocess": False,
    # If strokes come faster than the predictions, the last one counts.
    "trigger_mode": "always_last",
    # One network for all, one image at a time.
    "concurrency_id": "network",
}


def build_page(
    readers: Mapping[str, PageReader],
    uploads: Path,
    *,
    examples: Examples = (),
    corrections: Corrections | None = None,
) -> gr.Blocks:
    """Return the page as Gradio's Blocks.

    `uploads` is where Gradio puts what is uploaded, `examples` are digits in MNIST's form to click
    on, and `corrections` keeps the digits whose labels visitors set right, if they may.
    """
    networks = Networks(readers)
    page = gr.Blocks(title="Handwritten digits", analytics_enabled=False, delete_cache=(KEPT, KEPT))
    with page:
        layout = lay_out(networks, examples, may_correct=corrections is not None)
        _answer(layout, networks, uploads)
        _offer(layout, examples)
        if corrections is not None:
            _correct(layout, networks, uploads, corrections)
    return page


def theme() -> gr.themes.Base:
    """Return colors and fonts."""
    return gr.themes.Default(primary_hue="indigo", font=FONTS, font_mono=MONOSPACED_FONTS)


def _answer(layout: Layout, networks: Networks, uploads: Path) -> None:
    """Predict each new input, and the current one again when another network is chosen."""
    choice = layout.choice
    answered = [
        gr.on(
            [_changed(tab), *([] if choice is None else [choice.change])],
            _by_chosen(networks, choice, read),
            [*_given(choice), tab.field],
            tab.answer,
            **ASKING,
        )
        for tab, read in (
            (layout.drawing, read_drawing),
            (layout.image, partial(read_image, uploads=uploads)),
            (layout.sheet, partial(read_sheet, uploads=uploads)),
        )
    ]
    # A prediction does not wait for its explanation, which takes many times as long.
    for event, tab, explain in (
        (answered[0], layout.drawing, explain_drawing),
        (answered[1], layout.image, partial(explain_image, uploads=uploads)),
    ):
        event.then(
            _by_chosen(networks, choice, explain),
            [*_given(choice), tab.field],
            tab.explanation,
            **ASKING,
        )


def _offer(layout: Layout, examples: Examples) -> None:
    """Put an example into its field when it is clicked; it is then predicted like an upload."""
    for tab, example in ((layout.image, digit_on_paper), (layout.sheet, digits_on_paper)):
        if tab.example is not None:
            tab.example.click(partial(example, examples), None, tab.field, **QUIETLY)


def _correct(layout: Layout, networks: Networks, uploads: Path, corrections: Corrections) -> None:
    """Keep digits with the labels that visitors name."""
    for tab, keep in (
        (layout.drawing, partial(keep_drawing, corrections=corrections)),
        (layout.image, partial(keep_image, corrections=corrections, uploads=uploads)),
    ):
        if tab.correction is not None:
            _correct_on(tab, tab.correction, networks, layout.choice, keep)


def _correct_on(
    tab: Tab,
    correction: Correction,
    networks: Networks,
    choice: gr.Radio | None,
    keep: Callable[..., str],
) -> None:
    label, kept = correction.label, correction.kept
    correction.keep.click(
        _by_chosen(networks, choice, keep), [*_given(choice), tab.field, label], kept, **ASKING
    )
    # The label of one digit must not be taken for that of the next.
    _changed(tab)(None, None, [label, kept], js="() => [null, '']", **QUIETLY)
    if choice is not None:
        choice.change(partial(_labels_of, networks), choice, [label, kept], **QUIETLY)


def _changed(tab: Tab) -> Any:
    """Return the event of another drawing or image."""
    return tab.field.input if isinstance(tab.field, gr.HTML) else tab.field.change


def _labels_of(networks: Networks, name: str) -> tuple[gr.Radio, str]:
    return gr.Radio(choices=choices_of(networks.labels(name)), value=None), ""


def _given(choice: gr.Radio | None) -> list[gr.Radio]:
    return [] if choice is None else [choice]


def _by_chosen(
    networks: Networks, choice: gr.Radio | None, reply: Callable[..., str]
) -> Callable[..., str]:
    """Return a function of the name of the network, where there is a choice, and further values."""

    def answer(name: object, *values: Any) -> str:
        return read_or_say_why_not(lambda: reply(networks.chosen(name), *values))

    return partial(answer, None) if choice is None else answer
