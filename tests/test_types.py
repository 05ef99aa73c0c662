"""What the annotations of the source say of parameters."""

import ast
from pathlib import Path

import mnistcnn

SOURCE = Path(mnistcnn.__file__).parent
# Of some 3,200. What takes whatever comes says `object`, of which mypy sees how it is used.
TOO_MANY = 20


def is_any(annotation):
    """Tell whether an annotation is Any, alone or in a union; what holds Any says more."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return is_any(ast.parse(annotation.value, mode="eval").body)
    if isinstance(annotation, ast.BinOp):
        return is_any(annotation.left) or is_any(annotation.right)
    return "Any" in (getattr(annotation, "id", None), getattr(annotation, "attr", None))


def parameters_of_any(text):
    """Each parameter that may be Any but those of a call's rest, with its line and function."""
    functions = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return [
        f"{each.lineno}: {ast.unparse(each)} of {function.name}"
        for function in functions
        for each in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
        if is_any(each.annotation)
    ]


def test_any_is_found_in_each_form_in_which_it_says_nothing():
    text = """
def first(self, one: Any, two: "Any | None" = None, *, three: typing.Any):
    async def second(four: list[Any], five: object, /, six: int | Any, *rest: Any, **more: Any):
        pass
"""
    assert parameters_of_any(text) == [
        "2: one: Any of first",
        "2: two: 'Any | None' of first",
        "2: three: typing.Any of first",
        "3: six: int | Any of second",
    ]


def test_hardly_any_parameter_of_the_source_may_be_any():
    found = [
        f"{path.relative_to(SOURCE)}:{each}"
        for path in sorted(SOURCE.rglob("*.py"))
        for each in parameters_of_any(path.read_text("utf-8"))
    ]
    listed = "\n".join(found)
    assert len(found) < TOO_MANY, f"{len(found)} parameters are Any:\n{listed}"
