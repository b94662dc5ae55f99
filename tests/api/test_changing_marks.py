# SPDX-License-Identifier: BSD-3-Clause
"""High water marks that change while connections end: libzmq uses memory that it has freed."""

from __future__ import annotations

import textwrap

import programs
import pytest

pytestmark = pytest.mark.libzmq("4.2")

# How a peer that stays open ends a connection over inproc.
LEAVING = {
    "PAIR that is taken": """
        left = context.socket(zmq.PAIR)
        left.bind("inproc://here")
        first = context.socket(zmq.PAIR)
        first.connect("inproc://here")
        stays = context.socket(zmq.DEALER)
        stays.connect("inproc://here")
        left.poll(0)
    """,
    "PAIR that binds where somebody waits": """
        stays = context.socket(zmq.PUSH)
        stays.connect("inproc://here")
        first = context.socket(zmq.PAIR)
        first.bind("inproc://there")
        left = context.socket(zmq.PAIR)
        left.connect("inproc://there")
        left.bind("inproc://here")
    """,
    "disconnect": """
        stays = context.socket(zmq.PULL)
        stays.bind("inproc://here")
        left = context.socket(zmq.PUSH)
        left.connect("inproc://here")
        stays.poll(0)
        left.disconnect("inproc://here")
    """,
}


@pytest.mark.parametrize("leaves", LEAVING)
@pytest.mark.parametrize("option", ["sndhwm", "rcvhwm", "hwm"])
def test_peer_that_left_over_inproc(leaves: str, option: str) -> None:
    """A mark can be set after a peer has ended the connection and before it was used again."""
    source = textwrap.dedent(LEAVING[leaves])
    programs.run(
        "context = zmq.Context()\n"
        + source
        + f"stays.poll(0)\nstays.{option} = 7\nassert stays.{option} == 7\n"
        + "for _ in range(5):\n    left.poll(0)\n    stays.poll(0)\n"
        + "context.destroy(0)\n",
        MALLOC_PERTURB_="165",
    )


def test_peer_of_another_thread() -> None:
    """Where the peer that left belongs to another thread, the mark is refused, and stays."""
    programs.run(
        """
        import threading
        context = zmq.Context()
        stays = context.socket(zmq.PULL)
        stays.bind("inproc://here")

        def leave():
            left.connect("inproc://here")
            left.disconnect("inproc://here")

        left = context.socket(zmq.PUSH)
        thread = threading.Thread(target=leave)
        thread.start()
        thread.join()
        stays.poll(0)
        before = stays.rcvhwm
        try:
            stays.rcvhwm = 7
        except zmq.ZMQError as error:
            assert error.errno == zmq.EFSM
        else:
            raise AssertionError("was set")
        assert stays.rcvhwm == before
        left.close()
        stays.rcvhwm = 7
        context.destroy(0)
        """,
        MALLOC_PERTURB_="165",
    )


def test_clients_that_come_and_go() -> None:
    """A mark can be set at any time on a socket whose peers connect and leave over tcp."""
    programs.run(
        """
        import threading
        context = zmq.Context()
        server = context.socket(zmq.PULL)
        port = server.bind_to_random_port("tcp://127.0.0.1")
        over = threading.Event()

        def come_and_go():
            other = zmq.Context()
            for _ in range(60):
                clients = [other.socket(zmq.PUSH) for _ in range(5)]
                for client in clients:
                    client.connect(f"tcp://127.0.0.1:{port}")
                    client.send(b"x")
                for client in clients:
                    client.close()
            other.term()
            over.set()

        thread = threading.Thread(target=come_and_go)
        thread.start()
        number = 0
        while not over.is_set():
            while server.poll(0):
                server.recv()
            number += 1
            server.rcvhwm = 100 + number % 3
        thread.join()
        context.destroy(0)
        """,
        MALLOC_PERTURB_="165",
    )
