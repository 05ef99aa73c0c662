"""Limits requests to the server by host name, origin, size and number."""

import socket
from collections.abc import Awaitable, Callable, MutableMapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

# In bytes: Gradio's own limit of a file, and what a form puts around it.
MAX_REQUEST = 25_000_000
MAX_UPLOADED = 200_000_000


class Gate:
    """Middleware that admits only requests of the page itself, under a name of this machine.

    Without it, any page that a user visits could send requests to a server on the same machine,
    directly or by a name that it lets point there (DNS rebinding).

    `names` are in lower case; addresses in numbers are always allowed, unless the server is
    `local`, which listens on this machine alone. The folder of `uploads` must not grow without end.
    """

    def __init__(self, app: Application, *, names: set[str], local: bool, uploads: Path) -> None:
        self.app = app
        self.names = names
        self.local = local
        self.uploads = uploads
        # The bytes of uploads that have begun, and of which the folder may hold nothing yet.
        self.arriving = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer, or hand on, one request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            status, reason = refusal
            await PlainTextResponse(reason, status)(scope, receive, send)
            return
        arriving = _announced_length(headers) if _is_upload(scope) else 0
        self.arriving += arriving
        try:
            await self.app(scope, _limited(receive), send)
        except ClientDisconnect:
            # A browser that has gone away hears no answer, one that sends too much does.
            await PlainTextResponse("The request is too large.", 413)(scope, receive, send)
        finally:
            self.arriving -= arriving

    def _refusal(self, scope: Message, headers: dict[str, str]) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if not self._is_ours(_name_in(host)):
            return 403, "This page is only served by its numeric address or as localhost."
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            return 403, "Requests from other pages are refused."
        if headers.get("sec-fetch-site") == "cross-site" and not _is_navigation(scope, headers):
            return 403, "Requests from other pages are refused."
        length = _announced_length(headers)
        if length > MAX_REQUEST:
            return 413, "The request is too large."
        if _is_upload(scope) and _size_of(self.uploads) + self.arriving + length > MAX_UPLOADED:
            return 503, "Too many images were uploaded; try again in a few minutes."
        return None

    def _is_ours(self, name: str) -> bool:
        if name in self.names:
            return True
        try:
            address = ip_address(name)
        except ValueError:
            return False
        return not self.local or address.is_loopback


def names_of(host: str, extra: str | None = None) -> set[str]:
    """Return the names of this machine beside its numeric addresses, in lower case."""
    own = socket.gethostname().lower()
    return {"localhost", host.lower(), *filter(None, [own, f"{own}.local", (extra or "").lower()])}


def _limited(receive: Receive) -> Receive:
    """Count the bytes that come, too, as not every request states its length."""
    received = 0

    async def count() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        # To the application, it is as if the browser had gone away.
        return {"type": "http.disconnect"} if received > MAX_REQUEST else message

    return count


def _name_in(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _announced_length(headers: dict[str, str]) -> int:
    length = headers.get("content-length", "0")
    return int(length) if length.isascii() and length.isdigit() and len(length) < 20 else 0


def _is_upload(scope: Message) -> bool:
    return bool(scope["path"].endswith("/upload"))


def _is_navigation(scope: Message, headers: dict[str, str]) -> bool:
    """Say whether somebody follows a link to the page."""
    return scope.get("method") == "GET" and headers.get("sec-fetch-mode") == "navigate"


def _size_of(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
