"""What the tab key offers, in a real process as a shell starts it, and the help of each command."""

import re
import shlex
import sys

import pytest

from choice import long
from commands import environment, left_on_the_terminal, mnistcnn, shown_on_a_terminal
from mnistcnn import list_architectures, list_recipes
from mnistcnn.cli._main import EXAMPLES, commands

# Most of them start a process.
pytestmark = pytest.mark.slow


def offered(line):
    """Return what Bash is told to offer for a line, with the cursor at its end."""
    n_words = len(shlex.split(line)) - (not line.endswith(" "))
    answer = mnistcnn(
        env=environment(
            _MNISTCNN_COMPLETE="bash_complete", COMP_WORDS=line, COMP_CWORD=str(n_words)
        )
    )
    assert answer.returncode == 0, answer.stderr
    return [each.partition(",")[2] for each in answer.stdout.splitlines()]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("mnistcnn tra", ["train"]),
        ("mnistcnn train --arch", ["--architecture"]),
        ("mnistcnn train --architecture ", list_architectures()),
        ("mnistcnn train --augmentation st", ["strong"]),
        ("mnistcnn compare --architectures fast,squ", ["fast,squeeze_excite"]),
        ("mnistcnn compare --architectures al", ["all"]),
        ("mnistcnn reproduce deotte de", [n for n in list_recipes() if n.startswith("de")]),
        ("mnistcnn kaggle --recipe acc", ["accurate"]),
        ("mnistcnn evaluate --data emnist-l", ["emnist-letters"]),
    ],
)
def test_names_are_completed(line, expected):
    assert offered(line) == expected


@pytest.mark.parametrize(
    "line", ["mnistcnn evaluate --data ./my", "mnistcnn predict --model-file di"]
)
def test_the_shell_offers_its_files(line):
    answer = mnistcnn(
        env=environment(_MNISTCNN_COMPLETE="bash_complete", COMP_WORDS=line, COMP_CWORD="3")
    )
    assert answer.stdout.startswith("file,")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_a_script_for_each_shell(shell):
    answer = mnistcnn(env=environment(_MNISTCNN_COMPLETE=f"{shell}_source"))
    # Click asks Bash for its version first, where there is one.
    assert "_mnistcnn_completion" in answer.stdout


@pytest.fixture
def help_of(capsys, monkeypatch):
    """Gives the help of a command, as in a terminal of so many columns."""

    def shown(command, columns="80"):
        monkeypatch.setenv("COLUMNS", columns)
        commands.main([command.name, "--help"], prog_name="mnistcnn", standalone_mode=False)
        return capsys.readouterr().out

    return shown


@pytest.mark.parametrize("command", EXAMPLES, ids=lambda command: command.name)
def test_the_help_ends_with_an_example_that_can_be_read(command, help_of):
    # Lines are 80 characters long at most.
    words = help_of(command).split()
    assert " ".join(words).endswith(f"Example: {EXAMPLES[command]}")
    program, name, *arguments = shlex.split(EXAMPLES[command])
    assert (program, commands.commands[name]) == ("mnistcnn", command)
    # Files that are not there are the only thing that it may stumble over.
    context = command.make_context(name, list(arguments), resilient_parsing=True)
    assert not context.args


@pytest.mark.parametrize("columns", ["50", "80"])
@pytest.mark.parametrize("command", EXAMPLES, ids=lambda command: command.name)
def test_the_help_fits_the_terminal(command, columns, help_of):
    lines = help_of(command, columns).splitlines()
    assert max(map(len, lines)) > int(columns) - 20
    too_long = [each for each in lines if len(each) > int(columns)]
    # A word that is longer than the column stays whole.
    assert not [each for each in too_long if len(each.split()) > 2]


# What a terminal takes for bold or color.
STYLES = re.compile(r"\x1b\[([0-9;]*)m")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
@pytest.mark.parametrize(
    ("command", "columns"),
    [
        ("architectures", 80),
        ("devices", 50),
        long("architectures", 50),
        long("devices", 80),
    ],
)
def test_the_output_fits_the_terminal(command, columns):
    lines = left_on_the_terminal(shown_on_a_terminal(command, columns=columns))
    assert any(lines)
    # A table is never narrower than its numbers; sentences are.
    sentences = [line for line in lines if not line.startswith(" ")]
    assert max(map(len, lines if columns == 80 else sentences), default=0) <= columns


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
@pytest.mark.parametrize(
    ("options", "no_color"), [(["--quiet"], {}), ([], {"NO_COLOR": "1"})], ids=["results", "bar"]
)
def test_results_have_no_colors_and_with_no_color_progress_has_none(options, no_color):
    codes = STYLES.findall(shown_on_a_terminal("devices", *options, columns=80, **no_color))
    assert set(codes) <= {"0", "1"}  # plain and bold
