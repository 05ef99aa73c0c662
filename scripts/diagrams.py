"""The diagrams of `docs/how_it_works.md`; `docs/conf.py` makes them.

python scripts/diagrams.py FOLDER
"""

import sys
import tomllib
from collections.abc import Sequence
from html import escape
from pathlib import Path

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
LOOKS = """\
text { font: 14px sans-serif; fill: #1c2733; text-anchor: middle; }
.note { font-size: 12px; fill: #50606f; }
.room { fill: #eef3fb; stroke: #3b5b8c; }
.data { fill: #f2f7ec; stroke: #4f7a34; }
.pool { fill: #fdf3e3; stroke: #a8742a; }
.panel { fill: none; stroke: #9aa7b5; stroke-dasharray: 4 3; }
.arrow { fill: none; stroke: #50606f; stroke-width: 1.5; marker-end: url(#head); }
.dashed { stroke-dasharray: 5 4; }"""
HEAD = """\
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"
 orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="#50606f"/></marker></defs>"""
# Layers of what needs no Keras.
WITHOUT_KERAS = {"datasets", "handwriting", "images", "augmentation", "preprocessing"}
STEPS = (
    "validate",
    "read the data: TrainingData",
    "hold out the validation set",
    "choose how to train: TrainingConfig",
    "build the network",
    "scale the pixels",
    "borrow a compiled network",
    "train",
    "keep: Fitted",
)
MINI_BATCH = {
    "all images, one per row, unchanged: uint8": "data",
    "gather the rows of the batch, in shuffled order": "data",
    "augment (float32, only the batch)": "data",
    "scale the pixels, then the layers: loss": "room",
    "gradients, optimizer: new weights": "room",
}
# Where the way of an image begins, and its steps from there.
OWN_IMAGES = ("read_images: gray, 0 to 255", "DigitNormalizer: as MNIST has it")
PREDICTION = {
    "X: one image per row, its pixels unchanged": "data",
    "check the shape, the columns and the pixel range": "data",
    "batches of a few fixed sizes, padded with zeros": "data",
    "scale the pixels, then the layers: scores": "room",
}
RESULTS = (
    ("predict", "the label in classes_", "of the highest score"),
    ("predict_proba", "softmax of the scores:", "float64, sums to 1"),
    ("decision_function", "the scores (logits)", "themselves"),
)


def box(x: float, y: float, width: float, height: float, lines: Sequence[str], kind: str) -> str:
    """Return a box with lines of text, the first of them larger."""
    parts = [f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="5"/>']
    top = y + height / 2 - 8 * (len(lines) - 1) + 5
    for number, line in enumerate(lines):
        looks = ' class="note"' if number else ""
        text = f'<text{looks} x="{x + width / 2}" y="{top + 16 * number}">{escape(line)}</text>'
        parts.append(text)
    return "\n".join(parts)


def arrow(path: str, looks: str = "arrow") -> str:
    """Return an arrow along a path."""
    return f'<path class="{looks}" d="{path}"/>'


def note(x: float, y: float, text: str) -> str:
    """Return a line of small text around a point."""
    return f'<text class="note" x="{x}" y="{y}">{escape(text)}</text>'


def diagram(title: str, width: float, height: float, parts: Sequence[str]) -> str:
    """Return an SVG image of parts on white."""
    ground = f'<rect width="{width}" height="{height}" rx="8" fill="#ffffff"/>'
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">'
    head = [opening, f"<title>{title}</title>", f"<style>\n{LOOKS}\n</style>", HEAD, ground]
    return "\n".join([*head, *parts, "</svg>", ""])


def layers() -> list[list[str]]:
    """Return the rooms of each layer, from the contract that import-linter holds."""
    contracts = tomllib.loads(PYPROJECT.read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    names = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    rooms = [[room.strip() for room in layer.split("|")] for layer in names]
    # The lowest are helpers, and private but for the room that trains.
    kept = [[room for room in row if room == "_training" or room[0] != "_"] for row in rooms]
    return [[*row] for row in kept if row and row != ["exceptions"]]


def draw_rooms() -> str:
    """Return the rooms, a row a layer."""
    width, height, gap, rows = 132, 30, 14, layers()
    middle = 2.5 * (width + gap)
    parts = []
    for number, row in enumerate(rows):
        y = 14 + number * (height + gap)
        left = middle - (len(row) * (width + gap) - gap) / 2
        for place, room in enumerate(row):
            kind = "data" if room in WITHOUT_KERAS else "room"
            parts.append(box(left + place * (width + gap), y, width, height, [room], kind))
        if number:
            parts.append(arrow(f"M{middle} {y - gap} V{y - 1}"))
    title = "The rooms of the package; each imports from those below it only"
    return diagram(title, 2 * middle, 14 + len(rows) * (height + gap), parts)


def draw_fit() -> str:
    """Return the steps of a fit, the way of a mini-batch, and the pool."""
    parts = [box(14, 44 + 50 * n, 256, 34, [step], "room") for n, step in enumerate(STEPS)]
    parts += [arrow(f"M142 {78 + 50 * n} V{92 + 50 * n}") for n in range(len(STEPS) - 1)]
    parts.append('<rect class="panel" x="366" y="24" width="380" height="296" rx="6"/>')
    parts.append(note(470, 45, "train: the way of one mini-batch"))
    for n, (step, kind) in enumerate(MINI_BATCH.items()):
        parts.append(box(382, 56 + 50 * n, 348, 34, [step], kind))
    parts += [arrow(f"M556 {90 + 50 * n} V{104 + 50 * n}") for n in range(len(MINI_BATCH) - 1)]
    parts.append(arrow("M382 273 H374 V123 H380"))
    parts.append(note(526, 309, "after the last batch: metrics, callbacks, next epoch"))
    parts.append(box(366, 344, 150, 62, ["pool", "compiled networks", "that nobody uses"], "pool"))
    programs = ["_training/backends", "tensorflow, jax: an epoch", "is one program; torch: steps"]
    parts.append(box(560, 344, 186, 62, programs, "room"))
    parts.append(arrow("M653 344 V322"))
    parts += [note(24, 36, "fit"), arrow("M366 361 H272"), note(318, 353, "an equal one")]
    parts.append(arrow("M270 461 H441 V408", "arrow dashed"))
    parts.append(note(398, 478, "once the estimator is gone or refitted"))
    title = "What fit does, the way of one mini-batch, and the pool of compiled networks"
    return diagram(title, 760, 496, parts)


def draw_prediction() -> str:
    """Return the way of an image through a prediction, from a file or from an array."""
    parts = [note(125, 28, "your own handwriting"), note(540, 28, "images in MNIST's form")]
    parts += [box(14, 44 + 50 * n, 222, 34, [step], "data") for n, step in enumerate(OWN_IMAGES)]
    parts += [arrow("M125 78 V92"), arrow("M236 111 H290 V61 H358")]
    for n, (step, kind) in enumerate(PREDICTION.items()):
        parts.append(box(360, 44 + 50 * n, 360, 34, [step], kind))
    parts += [arrow(f"M540 {78 + 50 * n} V{92 + 50 * n}") for n in range(len(PREDICTION) - 1)]
    compiled = ["one compiled function", "per network, made once"]
    parts += [box(14, 186, 222, 50, compiled, "pool"), arrow("M236 211 H358")]
    for n, (method, *meaning) in enumerate(RESULTS):
        left = 300 + 150 * n
        parts.append(arrow(f"M540 228 V246 H{left + 68} V260"))
        parts.append(box(left, 262, 136, 62, [method, *meaning], "data"))
    title = "The way of an image through predict, predict_proba and decision_function"
    return diagram(title, 760, 338, parts)


def draw_diagrams(folder: Path) -> None:
    """Write the diagrams into a folder, as `rooms.svg`, `fit.svg` and `predict.svg`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in (("rooms", draw_rooms), ("fit", draw_fit), ("predict", draw_prediction)):
        (folder / f"{name}.svg").write_text(draw(), "utf-8")


if __name__ == "__main__":
    draw_diagrams(Path(sys.argv[1]))
