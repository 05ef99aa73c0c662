"""Write the page of the documentation that says what the reliability suite has tried.

    MNISTCNN_RELIABILITY_RECORDS=RECORDS pytest -m long tests/reliability
    python scripts/reliability_page.py tests/reliability/records docs/reliability.md

Of each trial, which is a test of the suite, the newest record counts.
"""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

Record = dict[str, Any]

HEAD = """\
# Reliability

Made by `python scripts/reliability_page.py` from the records that the suite `tests/reliability/`
leaves: each trial counts its inputs, the faults it injected and what was lost. Each runs for its
share of the time that `MNISTCNN_RELIABILITY_SECONDS` gives the suite, so a longer run tries more;
seeds choose the inputs and the moments of the faults.
[How the library works](how_it_works.md) explains how data loss is prevented.
"""

LOST_NOTHING = "Nothing was lost."
TABLES = {
    "inputs": ("What was tried", "input", "number"),
    "faults": ("Which faults were injected", "fault", "number"),
}


def newest(records: list[Record]) -> list[Record]:
    """Return the last record of each trial, in the order of the trials' names."""
    by_name = {each["trial"]: each for each in sorted(records, key=lambda one: one["recorded"])}
    return [by_name[name] for name in sorted(by_name)]


def document(records: list[Record]) -> str:
    """Return the page as Markdown.

    Parameters
    ----------
    records : list of dict
        As the suite writes them; the newest of each trial counts.
    """
    trials = newest(records)
    tried = [each for each in trials if not each["skipped"]]
    parts = [HEAD, _summary(tried), *_tables(tried), _measured(tried), _by_trial(tried)]
    parts += [_losses(tried), _skipped(trials), _made_by(tried)]
    return "\n".join(part for part in parts if part)


def _summary(trials: list[Record]) -> str:
    inputs, faults = (sum(sum(each[kind].values()) for each in trials) for kind in TABLES)
    lost = sum(each["n_lost"] for each in trials)
    ending = LOST_NOTHING if not lost else f"Lost were {lost:,}, which stand below."
    done = f"{len(trials)} trials tried {inputs:,} inputs and injected {faults:,} faults."
    return f"{done} {ending}\n"


def _tables(trials: list[Record]) -> list[str]:
    parts = []
    for kind, (title, *columns) in TABLES.items():
        counts = Counter[str]()
        for each in trials:
            counts.update(each[kind])
        rows = [[what, f"{n:,}"] for what, n in sorted(counts.items())]
        parts.append(f"## {title}\n\n{_markdown(columns, rows)}")
    return parts


def _measured(trials: list[Record]) -> str:
    rows = [
        [what, f"{figure:.3g}" if figure < 1 else f"{figure:,.0f}"]
        for each in trials
        for what, figure in each.get("measured", {}).items()
    ]
    return f"## What was measured\n\n{_markdown(['figure', 'value'], rows)}" if rows else ""


def _by_trial(trials: list[Record]) -> str:
    rows = [
        [
            _words(each["trial"]),
            f"{sum(each['inputs'].values()):,}",
            f"{sum(each['faults'].values()):,}",
            f"{each['n_lost']:,}",
            f"{each['seconds']:.0f}",
        ]
        for each in trials
    ]
    table = _markdown(["trial", "inputs", "faults", "lost", "seconds"], rows)
    return f"## Trial by trial\n\n{table}"


def _words(trial: str) -> str:
    """Return the name of a test as words, its parameter behind it."""
    name, _, parameter = trial.rpartition("::")[2].partition("[")
    words = name.removeprefix("test_").replace("_", " ")
    return f"{words} ({parameter.removesuffix(']')})" if parameter else words


def _losses(trials: list[Record]) -> str:
    losses = [f"- {_words(each['trial'])}: `{lost}`" for each in trials for lost in each["lost"]]
    return "\n".join(["## What was lost\n", *losses, ""]) if losses else ""


def _skipped(trials: list[Record]) -> str:
    lines = [f"- {_words(each['trial'])}: {each['skipped']}" for each in trials if each["skipped"]]
    return "\n".join(["## What was not tried\n", *lines, ""]) if lines else ""


def _made_by(trials: list[Record]) -> str:
    """Say on which machines, with which versions and by which commands this was tried."""
    runs: dict[str, list[str]] = {}
    for each in trials:
        machine = each["machine"]
        versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
        run = (
            f"`{each['command']}`, {each['budget']:g} seconds, on {machine['logical_cores']} cores "
            f"of {machine['processor']}; {versions}"
        )
        runs.setdefault(run, []).append(each["recorded"][:10])
    lines = [f"- {_days(days)}: {run}." for run, days in runs.items()]
    return "\n".join(["## Where and how\n", *lines, ""])


def _days(days: list[str]) -> str:
    first, last = min(days), max(days)
    return first if first == last else f"{first} to {last}"


def _markdown(columns: list[str], rows: list[list[str]]) -> str:
    lines = [columns, ["---", *["---:"] * (len(columns) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main(folder: Path, page: Path) -> None:
    """Read all records of a folder, and write the page."""
    lines = [
        line
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    page.write_text(document([json.loads(line) for line in lines]), "utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
