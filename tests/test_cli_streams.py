"""Streams that are closed, full or of another encoding: the answers come all the same."""

import csv
import json
import os
import signal
import subprocess

import joblib
import pytest
from sklearn.linear_model import LogisticRegression

from commands import COMMAND, UNPICKLED, environment, mnistcnn, mnistcnn_in_shell
from mnistcnn import load_sample_digits

# They start processes of their own.
pytestmark = [pytest.mark.slow, pytest.mark.long]

ACCENTED, NO_TEXT = "café 7.png", b"\xff 7.png"


@pytest.fixture(scope="module")
def model_file(tmp_path_factory):
    """A classifier that needs no TensorFlow."""
    X, y = load_sample_digits(return_X_y=True)
    path = tmp_path_factory.mktemp("model") / "linear.joblib"
    return joblib.dump(LogisticRegression(max_iter=50, tol=0.1).fit(X, y), path)[0]


@pytest.fixture(scope="module")
def images(tmp_path_factory, written_digit):
    """A folder with one drawing under three names: plain, accented, and no text at all."""
    folder = tmp_path_factory.mktemp("images")
    for name in (b"7.png", ACCENTED.encode(), NO_TEXT):
        written_digit(7).save(os.path.join(os.fsencode(folder), name), format="PNG")
    return folder


@pytest.fixture
def predict(model_file, images):
    """Give a function that runs ``mnistcnn predict`` beside the images."""

    def run(*arguments, redirections="", **options):
        arguments = ("predict", *UNPICKLED, model_file, *arguments)
        return mnistcnn_in_shell(redirections, *arguments, cwd=images, **options)

    return run


def files_in(table):
    return [row["file"] for row in csv.DictReader(table.splitlines())]


class TestNames:
    def test_csv_gives_the_bytes_of_each_name(self, predict):
        answer = predict("--csv", ".", text=False, env=environment(LC_ALL="C.UTF-8"))
        assert answer.returncode == 0, answer.stderr
        names = [line.split(b",")[0] for line in answer.stdout.splitlines()[1:]]
        assert sorted(names) == sorted([b"7.png", ACCENTED.encode(), NO_TEXT])

    @pytest.mark.parametrize(
        ("encoding", "escaped"), [("ascii", b"caf\\xe9 7.png"), ("latin-1", b"caf\xe9 7.png")]
    )
    @pytest.mark.parametrize("form", ["--csv", "--quiet"])
    def test_a_letter_that_the_terminal_lacks_is_escaped(self, predict, encoding, escaped, form):
        answer = predict(
            form, ".", text=False, env=environment(LC_ALL="C.UTF-8", PYTHONIOENCODING=encoding)
        )
        assert answer.returncode == 0, answer.stderr
        assert escaped in answer.stdout
        assert NO_TEXT in answer.stdout

    def test_the_c_locale_without_pythons_help(self, predict):
        bare = environment(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
        answer = predict("--csv", ".", text=False, env=bare)
        assert answer.returncode == 0, answer.stderr
        assert ACCENTED.encode() in answer.stdout

    def test_messages_name_what_no_encoding_has(self, predict):
        missing = os.fsdecode(b"\xfe\n\x1bM.png")
        answer = predict(missing, "7.png", "--csv", env=environment(PYTHONIOENCODING="ascii"))
        assert answer.returncode == 2
        assert answer.stderr == "mnistcnn: \\udcfe \\x1bM.png: No such file or directory\n"
        assert files_in(answer.stdout) == ["7.png"]

    def test_json_is_ascii_and_holds_every_name(self, predict):
        answer = predict("--json", ".", env=environment(PYTHONIOENCODING="ascii"))
        assert answer.stdout.isascii()
        names = {os.fsencode(row["file"]) for row in json.loads(answer.stdout)}
        assert names == {b"7.png", ACCENTED.encode(), NO_TEXT}


class TestClosedStreams:
    @pytest.mark.parametrize("closed", ["<&-", "2>&-", "<&- 2>&-"])
    def test_what_is_closed_takes_no_answer_away(self, predict, closed):
        answer = predict("7.png", "nowhere.png", "--csv", redirections=closed)
        assert files_in(answer.stdout) == ["7.png"]
        assert answer.returncode == 2

    @pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
    def test_files_are_written_without_a_stdout(self, predict, closed, tmp_path):
        answer = predict("7.png", "--show-normalized", tmp_path / "seen.png", redirections=closed)
        assert answer.returncode == 0, answer.stderr
        assert (tmp_path / "seen.png").read_bytes().startswith(b"\x89PNG")

    @pytest.mark.parametrize("named", [[], ["-"]])
    def test_a_closed_stdin_names_nothing(self, predict, named):
        answer = predict(*named, redirections="<&-")
        assert (answer.returncode, answer.stdout) == (1, "")
        assert answer.stderr == "mnistcnn: no image was named.\n"

    def test_a_stdin_that_cannot_be_read_leaves_the_other_answers(self, predict):
        answer = predict("7.png", "-", "--csv", redirections="0> /dev/null")
        assert files_in(answer.stdout) == ["7.png"]
        assert answer.stderr == "mnistcnn: stdin: Bad file descriptor\n"
        assert answer.returncode == 1

    def test_commands_without_files_start_too(self):
        answer = mnistcnn_in_shell("<&- 2>&-", "--version")
        assert answer.returncode == 0
        assert answer.stdout.startswith("mnistcnn, version ")


class TestReadersThatAreGone:
    @pytest.mark.parametrize("form", ["--csv", "--json", "--quiet"])
    def test_of_stdout_get_no_traceback(self, predict, form):
        answer = predict(form, "7.png", redirections="| true; exit 0")
        assert (answer.returncode, answer.stderr) == (0, "")

    def test_of_stderr_cost_no_answer(self, images, model_file):
        reading, writing = os.pipe()
        os.close(reading)
        answer = subprocess.run(
            [*COMMAND, "predict", "no.png", "7.png", "--csv", *UNPICKLED, str(model_file)],
            stdout=subprocess.PIPE,
            stderr=writing,
            text=True,
            env=environment(),
            cwd=images,
            check=False,
        )
        os.close(writing)
        assert files_in(answer.stdout) == ["7.png"]
        assert answer.returncode == 2

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has this device")
    @pytest.mark.parametrize("form", ["--csv", "--json", "--quiet"])
    def test_a_full_disk_is_said_in_one_line(self, predict, form):
        answer = predict(form, "7.png", redirections="> /dev/full")
        assert answer.returncode == 1
        assert answer.stderr == "mnistcnn: error: No space left on device\n"


def test_answers_so_far_are_printed_after_ctrl_c(images, model_file):
    """Stdin that stays open keeps the command waiting for a second name."""
    with subprocess.Popen(
        [*COMMAND, "predict", *UNPICKLED, str(model_file), *["7.png"] * 128, "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        cwd=images,
    ) as process:
        process.stdin.write("nowhere.png\n" * 2000)
        process.stdin.flush()
        assert "nowhere.png" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        answer, message = process.communicate(timeout=60)
    assert process.returncode == 130
    assert answer.count("7.png") == 128
    assert message.splitlines()[-1] == "mnistcnn: interrupted after 128 predictions."


def test_narrow_terminals_break_headings_between_words_and_numbers_nowhere(images, model_file):
    answer = mnistcnn(
        *("predict", *UNPICKLED, model_file, "7.png"),
        **{"cwd": images, "env": environment(COLUMNS="30")},
    )
    words = answer.stdout.split()
    assert {"file", "digit", "second", "choice"} <= set(words)
    assert len([word for word in words if word.replace(".", "").isdigit()]) == 4
