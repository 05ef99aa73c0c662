"""Measures how many images and requests per second the server handles.

    python examples/serve/load_test.py [--host 127.0.0.1] [--port 8000] [--seconds 10]

Three parts: batches of images on a few connections; single images on as many connections as
there are clients, each of which sends the next as soon as it has the response; and single images
at half of that rate, without waiting for responses, for the latencies. A latency counts from
the moment at which the request was due, so that a server that falls behind is not spared.

Beside each rate stands the number per second of the server's processor time, from its metrics:
other programs on the machine lower the rate, but hardly that number.
"""

import argparse
import asyncio
import json
import time
from typing import NamedTuple
from urllib.request import urlopen

import numpy as np

IMAGE_BYTES = 28 * 28


class Client:
    """One connection that stays open, as proxies keep theirs."""

    def __init__(self, host, port):
        self._host, self._port = host, port
        self._reader = self._writer = None

    async def ask(self, images):
        """Send raw images and return how many labels came back."""
        is_kept = self._writer is not None
        try:
            return await self._answer(images)
        except (asyncio.IncompleteReadError, ConnectionResetError):
            # Servers close a connection after some seconds without a request.
            if not is_kept:
                raise
        self.close()
        return await self._answer(images)

    async def _answer(self, images):
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        head = (
            f"POST /predict HTTP/1.1\r\nHost: {self._host}\r\n"
            f"Content-Type: application/octet-stream\r\nContent-Length: {len(images)}\r\n\r\n"
        )
        self._writer.write(head.encode() + images)
        head = await self._reader.readuntil(b"\r\n\r\n")
        status = int(head.split(None, 2)[1])
        length = int(head.lower().split(b"content-length:")[1].split(None, 1)[0])
        body = await self._reader.readexactly(length)
        if status != 200:
            raise SystemExit(f"the server answered {status}: {body.decode()}")
        return len(json.loads(body)["labels"])

    def close(self):
        """End the connection."""
        if self._writer is not None:
            self._writer.close()
            self._reader = self._writer = None


def processor_seconds(arguments):
    """Return the processor time that the server has taken so far."""
    with urlopen(f"http://{arguments.host}:{arguments.port}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    name = "process_cpu_seconds_total "
    return float(next(line for line in lines if line.startswith(name)).removeprefix(name))


async def answered_per_second(arguments, n_clients, images):
    """Return the images predicted per second, and per second of the server's processor time.

    The clients send requests without a pause.
    """
    clients = [Client(arguments.host, arguments.port) for _ in range(n_clients)]
    taken, started = processor_seconds(arguments), time.perf_counter()
    end = started + arguments.seconds

    async def keep_asking(client):
        n_answered = 0
        while time.perf_counter() < end:
            n_answered += await client.ask(images)
        return n_answered

    n_answered = sum(await asyncio.gather(*map(keep_asking, clients)))
    seconds = time.perf_counter() - started
    for client in clients:
        client.close()
    return n_answered / seconds, n_answered / (processor_seconds(arguments) - taken)


async def latencies_at(arguments, rate, images):
    """Return the latency in seconds of each request, from when it was due, at a fixed rate."""
    idle = [Client(arguments.host, arguments.port) for _ in range(4)]
    seconds = []

    async def ask(due):
        client = idle.pop() if idle else Client(arguments.host, arguments.port)
        await client.ask(images)
        seconds.append(time.perf_counter() - due)
        idle.append(client)

    started = time.perf_counter()
    async with asyncio.TaskGroup() as requests:
        for place in range(int(rate * arguments.seconds)):
            due = started + place / rate
            await asyncio.sleep(max(0, due - time.perf_counter()))
            requests.create_task(ask(due))
    for client in idle:
        client.close()
    return np.array(seconds)


class Measured(NamedTuple):
    """What the three parts measured."""

    images_per_second: float
    images_per_processor_second: float
    requests_per_second: float
    requests_per_processor_second: float
    latencies: np.ndarray  # in seconds, at half of the requests per second


async def measured(arguments):
    """Run the three parts, after a warm-up."""
    one = np.random.default_rng(0).integers(0, 256, IMAGE_BYTES, dtype=np.uint8).tobytes()
    await answered_per_second(argparse.Namespace(**vars(arguments) | {"seconds": 1}), 1, one)
    images = await answered_per_second(arguments, 4, one * arguments.batch)
    requests = await answered_per_second(arguments, arguments.clients, one)
    return Measured(*images, *requests, await latencies_at(arguments, requests[0] / 2, one))


def report(arguments, found):
    """Print a line for each part."""
    print(
        f"in batches of {arguments.batch}: {found.images_per_second:,.0f} images/s, "
        f"{found.images_per_processor_second:,.0f} a second of the processor"
    )
    print(
        f"one image a request, {arguments.clients} clients: {found.requests_per_second:,.0f} "
        f"requests/s, {found.requests_per_processor_second:,.0f} a second of the processor"
    )
    p50, p99 = 1000 * np.percentile(found.latencies, [50, 99])
    rate = found.requests_per_second / 2
    print(f"at {rate:,.0f} requests/s: p50 {p50:.1f} ms, p99 {p99:.1f} ms")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--seconds", type=float, default=10, help="of each part")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--clients", type=int, default=16)
    given = parser.parse_args()
    try:
        report(given, asyncio.run(measured(given)))
    except ConnectionRefusedError:
        parser.exit(1, f"no server answers at {given.host}:{given.port}\n")
