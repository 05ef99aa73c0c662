"""How long `mnistcnn demo` takes from its start to its first answer to a drawing.

The drawing is sent as the page sends it, to the queue of Gradio's server. The pretrained network
is computed by onnxruntime, or by Keras as where onnxruntime is missing.
"""

import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

from benchmarks._benchmark import Benchmark, Case
from benchmarks._results import Figure, Measurement, Results
from benchmarks.demo import COMMAND, drawing, served
from mnistcnn import load_sample_digits

ADDRESS, ANSWER = "seconds_to_the_address", "seconds_to_the_first_answer"
BY_ONNXRUNTIME, BY_KERAS = "by onnxruntime", "by Keras"
ONNXRUNTIME_MISSING = "import sys; sys.modules['onnxruntime'] = None; "
# The first of the page's functions answers drawings.
DRAWINGS, SESSION = 0, "benchmark"
OPENER = build_opener(ProxyHandler({}))


@dataclass(frozen=True)
class Sizes:
    """Which of the bundled digits is drawn."""

    digit: int


def time_first_answer(*, program: str, sizes: Sizes, repeat: int) -> Measurement:
    """Start the command, draw, and time the answer."""
    del repeat
    digits = load_sample_digits()
    drawn, label = drawing(digits.images[sizes.digit]), digits.target[sizes.digit]
    started = time.perf_counter()
    with served(program) as address:
        until_address = time.perf_counter() - started
        answer = _answer(address, drawn)
        until_answer = time.perf_counter() - started
    if f">{label}</output>" not in answer:
        raise RuntimeError(f"a drawn {label} was answered by {answer}")
    return {ADDRESS: until_address, ANSWER: until_answer}


def _answer(address: str, drawn: str) -> str:
    """Hand a drawing over as a browser does, and return the HTML that answers it."""
    asked = {"data": [drawn], "fn_index": DRAWINGS, "session_hash": SESSION}
    head = {"Content-Type": "application/json"}
    request = Request(f"{address}gradio_api/queue/join", json.dumps(asked).encode(), head)
    with OPENER.open(request):
        pass
    with OPENER.open(f"{address}gradio_api/queue/data?session_hash={SESSION}") as events:
        lines = (line.decode() for line in events)
        messages = (json.loads(line[6:]) for line in lines if line.startswith("data: "))
        completed: Any = next(each for each in messages if each["msg"] == "process_completed")
    answer: str = completed["output"]["data"][0]
    return answer


def cases(sizes: Sizes) -> list[Case]:
    """Return the command with onnxruntime and without."""
    programs = {BY_ONNXRUNTIME: COMMAND, BY_KERAS: ONNXRUNTIME_MISSING + COMMAND}
    packages = {BY_ONNXRUNTIME: ("gradio", "onnxruntime"), BY_KERAS: ("gradio",)}
    return [
        Case(name, time_first_answer, {"program": program, "sizes": sizes}, packages=packages[name])
        for name, program in programs.items()
    ]


def figures(results: Results, sizes: Sizes) -> list[Figure]:
    """Return both times to the first answer."""
    del sizes
    by_onnxruntime, by_keras = (results.median(each, ANSWER) for each in (BY_ONNXRUNTIME, BY_KERAS))
    return [
        Figure("the first answer", by_onnxruntime, "s", at_most=1.5),
        Figure("the first answer by Keras", by_keras, "s"),
    ]


BENCHMARK = Benchmark(
    summary="start of `mnistcnn demo`, to its first answer to a drawing",
    full=Sizes(8),
    quick=Sizes(0),
    cases=cases,
    figures=figures,
)
