"""Messages of the commands on stderr, and the form of names in them."""

import sys


def say(message: str) -> None:
    """Print one line on stderr, even if a name in it holds line breaks or control characters."""
    print(f"mnistcnn: {in_one_line(message)}", file=sys.stderr)


def sentence(error: Exception) -> str:
    """Return the message of an error as a sentence."""
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
