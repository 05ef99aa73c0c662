"""Messages of the commands on stderr, and the form of names in them."""

import sys


def say(message: str) -> None:
    """Print one line on stderr, whatever line breaks and control characters a name in it holds."""
    print(f"mnistcnn: {in_one_line(message)}", file=sys.stderr)


def sentence(error: Exception) -> str:
    """Return what an error says, without Python's way of writing it."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror if error.filename is None else f"{error.filename}: {error.strerror}"
    return str(error)


def in_one_line(text: str) -> str:
    """Return a text with its line breaks as spaces and what would steer a terminal as escapes."""
    joined = " ".join(line.strip() for line in text.splitlines())
    return "".join(map(_harmless, joined))


def _harmless(character: str) -> str:
    steers = ord(character) < 32 or 127 <= ord(character) < 160
    return ascii(character)[1:-1] if steers else character
