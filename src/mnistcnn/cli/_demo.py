"""``mnistcnn demo``: the page to draw on."""

import signal
import socket
import sys
from collections import Counter
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import click

from mnistcnn._types import Classifier
from mnistcnn.cli._model_files import (
    MODEL_FILE,
    PRETRAINED,
    WRITTEN_BY,
    check_answers,
    load_bundled,
    load_digit_classifier,
    run_code_option,
)
from mnistcnn.cli._options import NamedPath, check_folder, json_option, quiet_option
from mnistcnn.cli._progress import step
from mnistcnn.cli._tables import print_json

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mnistcnn.app import PageReader

# Which of the bundled digits, from 0 to 9, are written clearly.
EXAMPLES = (1099, 1514, 1014, 961, 1681, 1769, 598, 1314, 8, 1360)


@click.command(short_help="Serve a page to draw digits on.")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="The address to listen on. 0.0.0.0 lets every machine in your network use the page.",
)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="The port to listen on.  [default: the first free one from 7860 on]",
)
@click.option(
    "--model-file",
    "model_files",
    type=MODEL_FILE,
    multiple=True,
    help=f"A classifier {WRITTEN_BY}, to offer beside the pretrained one; repeat the option for "
    "more. The first one is used until another is chosen.",
)
@run_code_option
@click.option(
    "--corrections",
    "corrections_file",
    metavar="NPZ",
    type=NamedPath(dir_okay=False),
    help="Let visitors correct wrong predictions, and add the corrected digits to this file, "
    "which `mnistcnn train --data` can read.",
)
@json_option
@quiet_option
def demo(
    host: str,
    port: int | None,
    model_files: tuple[Path, ...],
    runs_code: bool,
    corrections_file: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Serve a page to draw digits on, and show how a network reads them.

    It also reads images from files and the camera, and sheets with many digits. Nothing leaves this
    machine. Ctrl-C stops it.
    """
    _check_gradio()
    _check_address(host, port)
    _check_corrections_file(corrections_file)
    from mnistcnn.app import Corrections, served_page

    _end_as_by_ctrl_c()
    corrections = None if corrections_file is None else Corrections(corrections_file)
    readers = _readers(model_files, runs_code=runs_code, quiet=quiet)
    if corrections is not None:
        corrections.check_labels(
            label for reader in readers.values() for label in reader.classifier.classes_.tolist()
        )
    with ExitStack() as running:
        with step("starting the page", quiet=quiet):
            page = served_page(
                readers, host=host, port=port, examples=_examples(), corrections=corrections
            )
            address = running.enter_context(page)
        _announce(address, as_json=as_json, quiet=quiet)
        Event().wait()


def _readers(
    model_files: tuple[Path, ...], *, runs_code: bool, quiet: bool
) -> "dict[str, PageReader]":
    """Load the networks to choose from: the files in their order, then the pretrained one."""
    if not model_files:
        return {PRETRAINED: _bundled_reader(quiet=quiet)}
    from mnistcnn import load_pretrained

    readers = {}
    for name, model_file in _names_of(model_files).items():
        classifier = load_digit_classifier(model_file, runs_code=runs_code, quiet=quiet)
        check_answers(classifier, model_file)
        readers[name] = _reader(classifier)
    return {**readers, PRETRAINED: _reader(load_pretrained())}


def _bundled_reader(*, quiet: bool) -> "PageReader":
    from mnistcnn import DigitNormalizer
    from mnistcnn.app import PageReader

    digits, parts = load_bundled(quiet=quiet), load_bundled("parts", quiet=quiet)
    return PageReader(digits, DigitNormalizer(), parts)


def _reader(classifier: Classifier) -> "PageReader":
    from mnistcnn import DigitNormalizer, load_reader
    from mnistcnn.app import PageReader

    return PageReader(classifier, DigitNormalizer(), load_reader(classifier).part_classifier)


def _names_of(model_files: tuple[Path, ...]) -> dict[str, Path]:
    """Name the files for the page: by their paths only where their names are not enough."""
    names = Counter(path.name for path in set(model_files))
    return {
        path.name if names[path.name] == 1 and path.name != PRETRAINED else str(path): path
        for path in model_files
    }


def _examples() -> "list[NDArray[np.uint8]]":
    """Return one of the bundled digits for each label, in order."""
    from mnistcnn.datasets import sample_images

    return list(sample_images(EXAMPLES))


def _check_corrections_file(path: Path | None) -> None:
    if path is None:
        return
    if path.suffix.lower() != ".npz":
        raise click.BadParameter(
            f"must be an .npz file, got '{path}'.", param_hint="'--corrections'"
        )
    check_folder(path, "--corrections")


def _announce(address: str, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        print_json({"address": address})
    elif not quiet:
        print(f"Open {address} in a browser; press Ctrl-C here to stop.")
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
