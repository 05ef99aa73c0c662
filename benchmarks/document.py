"""Write the page of the documentation that shows the recorded benchmarks.

python -m benchmarks.document benchmarks/results docs/benchmark_results.md
"""

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks._tables import report

HEAD = """\
---
nosearch: true
---

# Results of the benchmarks

Made by `python -m benchmarks.document` from the records in `benchmarks/results/`, which hold every
single measurement. [Benchmarks](benchmarks.md) says how they were taken, and where the library
loses.
"""


def document(records: list[dict[str, Any]]) -> str:
    """Return the page as Markdown."""
    return "\n".join([HEAD, *map(_section, records)])


def _section(record: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in _versions(record).items())
    made_by = f"Recorded {record['recorded'][:10]} by `{record['command']}`; {versions}.\n"
    return f"{report(record)}\n{made_by}"


def _versions(record: dict[str, Any]) -> dict[str, str]:
    machine = record["machine"]
    return {**machine["versions"], **machine["peer_versions"]}


def main(source: Path, page: Path) -> None:
    """Read all records of a folder and write the page."""
    paths = sorted(source.glob("*.json"))
    page.write_text(document([json.loads(path.read_text("utf8")) for path in paths]), "utf8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
