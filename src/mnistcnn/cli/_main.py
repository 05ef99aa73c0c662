"""The command group, and the one place that turns errors into a message and an exit status."""

import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from mnistcnn import __version__
from mnistcnn.cli._architectures import architectures
from mnistcnn.cli._compare import compare
from mnistcnn.cli._demo import demo
from mnistcnn.cli._devices import devices
from mnistcnn.cli._engines import WorkerLost
from mnistcnn.cli._evaluate import evaluate
from mnistcnn.cli._export import export
from mnistcnn.cli._interruption import Interrupted, leave_at_once
from mnistcnn.cli._kaggle import kaggle
from mnistcnn.cli._messages import say, sentence
from mnistcnn.cli._predict import predict
from mnistcnn.cli._report import report
from mnistcnn.cli._reproduce import reproduce
from mnistcnn.cli._start_up import silence_tensorflow
from mnistcnn.cli._streams import secure_streams
from mnistcnn.cli._train import train
from mnistcnn.cli._warnings import warn_in_sentences

FAILED = 1
BAD_INPUT = 2
INTERRUPTED = 130


class _InterruptibleGroup(click.Group):
    """Takes Ctrl-C before click does, which would add an empty line to ours."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as interrupt:
            raise Interrupted("interrupted.") from interrupt


@click.group(
    cls=_InterruptibleGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="mnistcnn")
@click.pass_context
def commands(context: click.Context) -> None:
    """Train, evaluate and compare networks that recognize handwritten digits."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


# In the order of the help, each with what stands under its own.
EXAMPLES = {
    compare: "mnistcnn compare --architectures fast,larger --data mnist --limit 10000 --cv 3",
    reproduce: "mnistcnn reproduce deotte --output runs",
    train: "mnistcnn train --data mnist --model-file digits.mnistcnn",
    evaluate: "mnistcnn evaluate --data mnist --model-file digits.mnistcnn",
    report: "mnistcnn report digits.mnistcnn --data mnist --output report.html",
    predict: "mnistcnn predict --sheet photograph.jpg",
    export: "mnistcnn export pretrained digits.onnx",
    kaggle: "mnistcnn kaggle --train train.csv --test test.csv --submission submission.csv",
    demo: "mnistcnn demo",
    architectures: "mnistcnn architectures",
    devices: "mnistcnn devices --json",
}
for _command, _example in EXAMPLES.items():
    _command.epilog = f"Example: {_example}"
    commands.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and leave the process.

    The exit status is 0 after success, 1 where some images could not be read or the results not
    be written to stdout, 2 after bad input and 130 after Ctrl-C; the last two print one line on
    stderr.

    Parameters
    ----------
    arguments : sequence of str, default=None
        The words after the program's name; None takes those of the process.

    Examples
    --------
    >>> import subprocess, sys
    >>> answer = subprocess.run([sys.executable, "-m", "mnistcnn", "--version"], text=True,
    ...                         capture_output=True)
    >>> print(answer.stdout, end="")
    mnistcnn, version ...
    """
    secure_streams()
    silence_tensorflow()
    warn_in_sentences()
    try:
        status = commands.main(arguments, prog_name="mnistcnn", standalone_mode=False)
    except Interrupted as interruption:
        say(interruption.message)
        leave_at_once(INTERRUPTED)
    except WorkerLost as error:
        status = _refused(error.format_message(), FAILED)
    except click.ClickException as error:
        status = _refused(error.format_message())
    except (ValueError, OSError) as error:
        status = _refused(sentence(error), FAILED if _is_failed_output(error) else BAD_INPUT)
    sys.exit(_after_the_last_results(status))


def _refused(message: str, status: int = BAD_INPUT) -> int:
    say(f"error: {message}")
    return status


def _is_failed_output(error: Exception) -> bool:
    """Say whether the system could not write, as on a full disk; a file it cannot open is named."""
    return isinstance(error, OSError) and error.errno is not None and error.filename is None


def _after_the_last_results(status: int | None) -> int | None:
    """Write what is left for stdout; where nobody can take it, say so by the status."""
    try:
        sys.stdout.flush()
    except OSError as error:
        if not isinstance(error, BrokenPipeError):
            say(f"error: {sentence(error)}")
        # Python would try again when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return status
