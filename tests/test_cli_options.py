"""Options that would have no effect beside the others are refused, not ignored."""

import click
import pytest
from click.testing import CliRunner

from mnistcnn import load_classifier
from mnistcnn.cli._main import commands
from mnistcnn.cli._options import data_option


def run(*arguments):
    """Run the command in this process, and return its exit status."""
    return commands.main(list(map(str, arguments)), standalone_mode=False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "--n-iter-no-change", 3), "--n-iter-no-change needs --early-stopping"),
        (("train", "--n-iter-no-change", 5), "--n-iter-no-change needs --early-stopping"),
        (
            ("train", "--early-stopping", "--limit", 40),
            "--early-stopping needs validation images, but some class has so few",
        ),
        (("compare", "--scheduler", "127.0.0.1:1"), "--scheduler needs --engine"),
        (("compare", "--scheduler", "127.0.0.1:1", "--engine", "loky"), "--scheduler needs"),
        (("reproduce", "all", "accurate"), "all means every RECIPE; name it alone"),
        (("predict", "a.png", "--csv", "--json"), "--csv and --json cannot be combined"),
    ],
    ids=lambda value: " ".join(map(str, value[:3])) if isinstance(value, tuple) else "",
)
def test_without_an_effect_they_are_refused(arguments, message, tmp_path):
    path = tmp_path / "digits.mnistcnn"
    file = ("--model-file", path) if arguments[0] == "train" else ()
    with pytest.raises(click.UsageError, match=message):
        run(*arguments, *file)
    assert not path.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "patience"),
    [((), 2), (("--early-stopping",), 5), (("--early-stopping", "--n-iter-no-change", 3), 3)],
)
def test_how_many_epochs_are_waited_for(options, patience, tmp_path):
    path = tmp_path / "digits.mnistcnn"
    settings = ("--architecture", "two_layer_mlp", "--epochs", 2, "--limit", 300, "-q")
    assert run("train", "--model-file", path, *settings, *options) == 0
    assert load_classifier(path).n_iter_no_change == patience


@click.command
@data_option
def takes_data(data):
    click.echo(data)


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "kmnist"])
@pytest.mark.parametrize(
    ("home", "is_read"),
    [(".", True), ("{name}", True), ("link", True), ("elsewhere", False), ("elsewhere/..", True)],
)
def test_the_folder_that_a_data_set_is_read_from_is_no_other(
    name, home, is_read, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path)
    for stated in (home.format(name=name), tmp_path / home.format(name=name)):
        monkeypatch.setenv("MNISTCNN_DATA", str(stated))
        answer = CliRunner().invoke(takes_data, ["--data", name])
        assert answer.stdout == f"{name}\n"
        told = f"not the folder {name} that is here" in answer.stderr
        assert told == (not is_read)
        assert bool(answer.stderr) == told
