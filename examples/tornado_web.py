# SPDX-License-Identifier: BSD-3-Clause
"""A web page in tornado whose answers come over zmq.

Run hello_server.py, then this, and open http://127.0.0.1:8888/?question=Hello in a browser.
A DEALER asks without waiting for answers; a REP sends back what stands before the empty
part of a question, so each answer says which page it belongs to.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools

import tornado.httpserver
import tornado.netutil
import tornado.web

import zmq
from zmq.eventloop.zmqstream import ZMQStream


class Questions:
    """Questions that were sent through a stream, and who waits for their answers."""

    def __init__(self, stream: ZMQStream) -> None:
        self._stream = stream
        self._numbers = itertools.count()
        self._waiting: dict[bytes, asyncio.Future[str]] = {}
        stream.on_recv(self._answered)

    def _answered(self, message: list[bytes]) -> None:
        number, _, answer = message
        waiting = self._waiting.pop(number)
        if not waiting.done():
            waiting.set_result(answer.decode())

    def ask(self, question: str) -> asyncio.Future[str]:
        """Return the future of an answer."""
        number = b"%d" % next(self._numbers)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        self._stream.send_multipart([number, b"", question.encode()])
        return self._waiting[number]


class Page(tornado.web.RequestHandler):
    """The page: one question, one answer."""

    def initialize(self, questions: Questions) -> None:
        self.questions = questions

    async def get(self) -> None:
        try:
            answer = await asyncio.wait_for(self.questions.ask(self.get_argument("question")), 5)
        except asyncio.TimeoutError:
            raise tornado.web.HTTPError(504, "nobody answered") from None
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.write(answer + "\n")


async def serve(endpoint: str, port: int, count: int) -> None:
    """Show ``count`` pages, or all that are ever asked for if it is 0."""
    left = count
    enough = asyncio.Event()

    def shown(handler: tornado.web.RequestHandler) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            enough.set()

    with zmq.Context() as context:
        stream = ZMQStream(context.socket(zmq.DEALER))
        stream.connect(endpoint)
        pages = [("/", Page, {"questions": Questions(stream)})]
        server = tornado.httpserver.HTTPServer(
            tornado.web.Application(pages, log_function=shown)
        )
        sockets = tornado.netutil.bind_sockets(port, "127.0.0.1")
        server.add_sockets(sockets)
        print(f"listening at http://127.0.0.1:{sockets[0].getsockname()[1]}", flush=True)
        await enough.wait()
        server.stop()
        await server.close_all_connections()
        stream.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--server", default="tcp://127.0.0.1:5555", help="who answers over zmq")
    parser.add_argument("--port", type=int, default=8888, help="of the web page; 0: any")
    parser.add_argument("--count", type=int, default=0, help="pages to show; 0: no end")
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.server, arguments.port, arguments.count))
