# SPDX-License-Identifier: BSD-3-Clause
"""Pause a proxy, look at its numbers, end it: ``steered_proxy.py``."""

import sys

import zmq
from zmq.devices import ThreadProxySteerable


def main() -> None:
    with zmq.Context() as context, context.socket(zmq.REQ) as control:
        proxy = ThreadProxySteerable(zmq.PULL, zmq.PUSH, zmq.PUB, zmq.REP)
        proxy.context_factory = lambda: context
        proxy.bind_in("inproc://in")
        proxy.bind_out("inproc://out")
        proxy.bind_ctrl("inproc://control")
        proxy.start()
        control.connect("inproc://control")

        def tell(command: bytes) -> list[bytes]:
            control.send(command)
            return control.recv_multipart()

        with context.socket(zmq.PUSH) as push, context.socket(zmq.PULL) as pull:
            push.connect("inproc://in")
            pull.connect("inproc://out")
            push.send(b"one")
            print("passed on:", pull.recv().decode())
            tell(b"PAUSE")
            push.send(b"two")
            print("while it pauses:", "a message" if pull.poll(100) else "nothing")
            tell(b"RESUME")
            print("passed on:", pull.recv().decode())
        print("messages:", int.from_bytes(tell(b"STATISTICS")[0], sys.byteorder))
        tell(b"TERMINATE")
        proxy.join()
        print("ended:", proxy.done)


if __name__ == "__main__":
    main()
