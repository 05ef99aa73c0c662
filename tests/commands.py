"""Running the command line as real processes."""

import contextlib
import os
import re
import subprocess
import sys

COMMAND = [sys.executable, "-m", "mnistcnn"]

# What a terminal obeys: a code with a count and a letter, the start of a line, a new line; or text.
PARTS = re.compile(r"(\x1b\[\??([0-9;]*)([a-zA-Z]))|(\r|\n|[^\x1b\r\n]+)")

# Before the name of a file that joblib has written.
UNPICKLED = ("--run-code-in-model-file", "--model-file")


def environment(**changes):
    """The tests' own, but without what would let TensorFlow talk or make tables wider."""
    left_out = ("TF_CPP_MIN_LOG_LEVEL", "COLUMNS")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return kept | changes


def mnistcnn(*arguments, **options):
    """Run a command to its end and return what it printed and its exit status."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        check=False,
        **{"text": True, "env": environment(), **options},
    )


def mnistcnn_in_shell(redirections, *arguments, **options):
    """Run a command with redirections as a shell writes them, such as ``2>&-``."""
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {redirections}', "sh", *COMMAND, *map(str, arguments)],
        capture_output=True,
        check=False,
        **{"text": True, "env": environment(), **options},
    )


def mnistcnn_on_a_terminal(*arguments, piped="", **changes):
    """Run a command whose stderr is a terminal; return status, what it printed, what stood there.

    It is to read and print little beside.
    """
    import pty

    terminal, stderr = pty.openpty()
    command = [*COMMAND, *map(str, arguments)]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        env=environment(**{"TERM": "xterm", **changes}),
    ) as process:
        os.close(stderr)
        process.stdin.write(piped)
        process.stdin.close()
        # `communicate` would write to it, too.
        process.stdin = None
        shown = b"".join(read_to_the_end(terminal))
        printed, _ = process.communicate()
    os.close(terminal)
    return process.returncode, printed, shown.decode()


def shown_on_a_terminal(*arguments, columns, **changes):
    """Run a command on a terminal of so many columns, and return all that stands there."""
    import fcntl
    import pty
    import struct
    import termios

    terminal, streams = pty.openpty()
    fcntl.ioctl(streams, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    command = [*COMMAND, *map(str, arguments)]
    with subprocess.Popen(
        command, stdout=streams, stderr=streams, env=environment(TERM="xterm-256color", **changes)
    ):
        os.close(streams)
        shown = b"".join(read_to_the_end(terminal))
    os.close(terminal)
    return shown.decode()


def left_on_the_terminal(shown):
    """Return the lines that stand there in the end, without what was erased."""
    lines, row, column = [""], 0, 0
    for code, count, kind, text in PARTS.findall(shown):
        if kind == "A":
            row -= int(count or 1)
        elif kind == "K":
            lines[row] = ""
        elif text == "\r":
            column = 0
        elif text == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif not code:
            lines[row] = lines[row][:column].ljust(column) + text + lines[row][column + len(text) :]
            column += len(text)
    return [line.rstrip() for line in lines]


def read_to_the_end(terminal):
    # Linux tells the end of a terminal by an error.
    with contextlib.suppress(OSError):
        while part := os.read(terminal, 65536):
            yield part


def assert_one_line(answer, *, status, mentions):
    """See that a command has refused what it was given, in one line."""
    assert answer.returncode == status, answer.stderr
    assert re.fullmatch(r"mnistcnn: error: [^\n]+\n", answer.stderr)
    assert mentions in answer.stderr
    assert answer.stdout == ""
