"""A record as Markdown, which reads well in a terminal and goes into the documentation as it is."""

from typing import Any

from benchmarks._data import MISSING
from mnistcnn._wording import counted

VERDICTS = {True: "yes", False: "NO", None: ""}


def report(record: dict[str, Any]) -> str:
    """Return the tables of one record, with what a reader needs to judge them."""
    parts = [
        f"## {record['benchmark']}: {record['summary']}",
        _circumstances(record),
        _table(_measured_rows(record)),
        _table(_figure_rows(record)),
        _absences(record),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _circumstances(record: dict[str, Any]) -> str:
    machine, data = record["machine"], record["data"]
    quick = "; QUICK SIZES: these numbers say nothing" if record["quick"] else ""
    return (
        f"{machine['processor']}, {counted(machine['logical_cores'], 'core')}, "
        f"{', '.join(machine['devices'])}, Keras on {machine['backend']}; {data} images; "
        f"median (lowest to highest) of {record['repeats']}{quick}"
    )


def _measured_rows(record: dict[str, Any]) -> list[list[str]]:
    summaries = record["summaries"]
    quantities = list(dict.fromkeys(q for summary in summaries.values() for q in summary))
    rows = [
        [name, *(_cell(summary.get(quantity)) for quantity in quantities)]
        for name, summary in summaries.items()
    ]
    return [["", *(quantity.replace("_", " ") for quantity in quantities)], *rows]


def _cell(spread: dict[str, float] | None) -> str:
    if spread is None:
        return ""
    if spread["n"] == 1:
        return f"{spread['median']:.4g} (once)"
    return f"{spread['median']:.4g} ({spread['lowest']:.4g} to {spread['highest']:.4g})"


def _figure_rows(record: dict[str, Any]) -> list[list[str]]:
    rows = [
        [figure["what"], _value(figure), figure["bar"], VERDICTS[_verdict(record, figure)]]
        for figure in record["figures"]
    ]
    return [["figure", "value", "bar", "met"], *rows]


def _value(figure: dict[str, Any]) -> str:
    if figure["value"] is None:
        return "not measured"
    digits = ".3f" if _is_accuracy(figure) else ".4g"
    return f"{figure['value']:{digits}} {figure['unit']}"


def _verdict(record: dict[str, Any], figure: dict[str, Any]) -> bool | None:
    return None if record["quick"] else figure["is_met"]


def _absences(record: dict[str, Any]) -> str:
    lines = [f"- not measured: {name}: {why}" for name, why in record["absent"].items()]
    without_accuracy = any(_is_accuracy(f) and f["value"] is None for f in record["figures"])
    if record["data"] == "synthetic" and without_accuracy:
        lines.append(f"- not measured: accuracy: {MISSING}")
    return "\n".join(lines)


def _is_accuracy(figure: dict[str, Any]) -> bool:
    return figure["unit"] in ("%", "points")


def _table(rows: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    header, *body = [_line(row, widths) for row in rows]
    return "\n".join([header, _line(["-" * width for width in widths], widths), *body])


def _line(cells: list[str], widths: list[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return f"| {' | '.join(padded)} |"
