"""``mnistcnn demo``: the page to draw on."""

import signal
import socket
import sys
from importlib.util import find_spec
from threading import Event
from typing import Any

import click

from mnistcnn.cli._options import json_option, quiet_option
from mnistcnn.cli._tables import print_json


@click.command()
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="The address to listen at. 0.0.0.0 lets every machine of your network use the page.",
)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="The port to listen at.  [default: the first free one from 7860 on]",
)
@json_option
@quiet_option
def demo(host: str, port: int | None, as_json: bool, quiet: bool) -> None:
    """Serve a page to draw a digit on, and show what the pretrained network reads.

    It also reads images from files and the camera, and sheets with many digits. Nothing leaves
    this machine. Ctrl-C ends it.
    """
    _check_gradio()
    _check_address(host, port)
    from mnistcnn import DigitNormalizer, load_pretrained
    from mnistcnn.app import DigitReader, served_page

    _end_as_by_ctrl_c()
    reader = DigitReader(load_pretrained(), DigitNormalizer())
    with served_page(reader, host=host, port=port) as address:
        _announce(address, as_json=as_json, quiet=quiet)
        Event().wait()


def _announce(address: str, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        print_json({"address": address})
    elif not quiet:
        print(f"Open {address} in a browser; Ctrl-C here ends it.")
    # The command goes on, and whoever reads its output waits for the address.
    sys.stdout.flush()


def _end_as_by_ctrl_c() -> None:
    """Have uploads removed too if the process is terminated, or its terminal closed."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda number, _: sys.exit(128 + number))


def _check_gradio() -> None:
    if find_spec("gradio") is None:
        raise click.ClickException(
            "`mnistcnn demo` needs Gradio, which is not installed: pip install 'mnistcnn[demo]'"
        )


def _check_address(host: str, port: int | None) -> None:
    """Fail at once, rather than after the network is loaded, where nobody can listen."""
    try:
        family, kind, _, _, address = _resolved(host, port)
        with socket.socket(family, kind) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
    except OSError as error:
        place = host if port is None else f"{host}, port {port}"
        raise click.UsageError(
            f"--host and --port must be an address of this machine and a free port; cannot listen "
            f"at {place} ({error.strerror})."
        ) from error


def _resolved(host: str, port: int | None) -> tuple[Any, ...]:
    # Gradio cannot listen at addresses of IPv6.
    return socket.getaddrinfo(host, port or 0, socket.AF_INET, socket.SOCK_STREAM)[0]
