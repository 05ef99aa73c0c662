"""The server of the page: by default for this machine alone, without requests to others."""

import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources import files
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistcnn.app._corrections import Corrections
from mnistcnn.app._gradio_start import load_gradio
from mnistcnn.app._reader import PageReader

SETTINGS = "GRADIO_"
SILENCE = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_RUN_HISTORY": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}

# A phone's photograph has 3 to 12 MB.
MAX_UPLOAD = "20mb"
LOCAL_SERVER: dict[str, Any] = {
    "share": False,
    "inbrowser": False,
    "enable_monitoring": False,
    "mcp_server": False,
    "pwa": False,
    # Would need Node.js.
    "ssr_mode": False,
    "footer_links": [],
}
NO_DOCUMENTATION = {"docs_url": None, "redoc_url": None, "openapi_url": None}
# Hugging Face names the host of a Space there.
SPACE_HOST = "SPACE_HOST"
# So many requests may wait for the current one; further ones are refused at once.
MAX_WAITING = 20


def _settle_environment(host: str, uploads: str) -> None:
    """Set Gradio's environment variables, most of which it reads on import, for this page."""
    for name in [name for name in os.environ if name.startswith(SETTINGS)]:
        del os.environ[name]
    os.environ.update(SILENCE, GRADIO_TEMP_DIR=uploads)
    # Gradio asks its own server whether it has started; a proxy could not tell.
    for name in ("no_proxy", "NO_PROXY"):
        others = filter(None, [os.environ.get(name)])
        os.environ[name] = ",".join([*others, "127.0.0.1", "localhost", host])


def _gate(host: str, uploads: Path) -> Any:
    from starlette.middleware import Middleware

    from mnistcnn.app._gate import Gate, names_of

    address = socket.gethostbyname(host)
    local = ip_address(address).is_loopback
    names = names_of(host, None if local else os.environ.get(SPACE_HOST))
    return Middleware(Gate, names=names, local=local, uploads=uploads)


@contextmanager
def served_page(
    readers: Mapping[str, PageReader],
    *,
    host: str,
    port: int | None,
    examples: Sequence[NDArray[np.uint8]] = (),
    corrections: Corrections | None = None,
) -> Iterator[str]:
    """Serve the page while the block runs; gives its address.

    Visitors choose among the `readers` by their names; the first one reads until they do. The
    `examples`, digits in MNIST's form in the order of their labels, can be clicked on, and
    `corrections` keeps the digits whose labels visitors set right; None offers neither.

    Uploads go to a temporary folder that only this user can open, and which is removed
    at the end. The host ``"127.0.0.1"`` is for this machine alone; without a port the first free
    one from 7860 on is taken.
    """
    with TemporaryDirectory(prefix="mnistcnn-demo-") as uploads:
        _settle_environment(host, uploads)
        load_gradio()
        from mnistcnn.app._page import build_page, theme

        page = build_page(readers, Path(uploads), examples=examples, corrections=corrections).queue(
            max_size=MAX_WAITING
        )
        _, address, _ = page.launch(
            server_name=host,
            server_port=port,
            max_file_size=MAX_UPLOAD,
            theme=theme(),
            css=files("mnistcnn.app").joinpath("page.css").read_text(encoding="utf-8"),
            prevent_thread_lock=True,
            quiet=True,
            app_kwargs={**NO_DOCUMENTATION, "middleware": [_gate(host, Path(uploads))]},
            **LOCAL_SERVER,
        )
        try:
            yield address
        finally:
            page.close(verbose=False)
