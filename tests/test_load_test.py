"""The load test's client as a client of any server; what it measures stands in `test_serve.py`."""

import asyncio
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "examples/serve"))

import load_test  # noqa: E402


class TestLoadTestsConnections:
    """The server closes those without a request for some seconds, which is no failure of it."""

    @staticmethod
    async def answer_once(reader, writer):
        await reader.readexactly(int((await reader.readuntil(b"\r\n\r\n")).split()[-1]))
        body = b'{"labels": [7]}'
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()

    @staticmethod
    async def close_at_once(_, writer):
        writer.close()

    @staticmethod
    async def answers_of(handle, n_requests):
        async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
            client = load_test.Client(*server.sockets[0].getsockname())
            answers = []
            for _ in range(n_requests):
                answers.append(await client.ask(bytes(784)))
                await asyncio.sleep(0.05)
            client.close()
            return answers

    def test_a_connection_that_was_closed_meanwhile_is_opened_again(self):
        assert asyncio.run(self.answers_of(self.answer_once, 3)) == [1, 1, 1]

    def test_a_server_that_answers_nothing_is_a_failure(self):
        with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
            asyncio.run(self.answers_of(self.close_at_once, 1))
