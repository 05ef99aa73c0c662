"""``mnistcnn devices``: lists the devices that networks run on."""

from typing import TYPE_CHECKING

import click

from mnistcnn.cli._options import json_option, quiet_option
from mnistcnn.cli._progress import step
from mnistcnn.cli._tables import print_facts, print_json, print_table

if TYPE_CHECKING:
    from sklearn.utils import Bunch


@click.command(short_help="List the devices that networks can run on.")
@json_option
@quiet_option
def devices(as_json: bool, quiet: bool) -> None:
    """List the devices that networks can run on; the first of them is used.

    Below them are Keras's backend, which the environment variable KERAS_BACKEND selects, and the
    precision that "auto" means on this machine, with the reason.
    """
    with step("looking for devices", quiet=quiet):
        from mnistcnn import devices as found_devices

        found = found_devices()
    (print_json if as_json else _print)(found)


def _print(found: "Bunch") -> None:
    print_table(
        ("device", "name", "memory"),
        [(one["kind"], one["name"], _size(one["memory"])) for one in found.devices],
        n_text_columns=2,
    )
    print_facts(
        f'{found.backend} {found.backend_version}; precision "auto" is {found.precision}: '
        f"{found.reason}"
    )


def _size(memory: int | None) -> str:
    return "unknown" if memory is None else f"{memory / 2**30:.1f} GiB"
