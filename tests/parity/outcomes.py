# SPDX-License-Identifier: BSD-3-Clause
"""Runs expressions on the ``zmq`` of this interpreter and prints the outcomes.

A program of its own, started by test_outcomes.py once with this project's ``zmq`` and once with
genuine pyzmq. It needs nothing but ``zmq``.

An outcome is ``["value", repr]`` or ``["raises", [class, its bases...], errno]``. Each expression
has fresh sockets, which are made by calling ``s(type)``; no expression waits for long.
"""

from __future__ import annotations

import array
import ast
import collections
import copy
import json
import pickle
import re
import sys
import tempfile
import warnings

import zmq
import zmq.error
import zmq.utils.monitor

PATIENCE_MS = 2000
SHORT_MS = 20

NAMES = {
    "array": array,
    "collections": collections,
    "copy": copy,
    "json": json,
    "pickle": pickle,
    "sys": sys,
    "zmq": zmq,
}
"""What expressions may use, besides the methods of Bench and the classes below."""


class Bytes(bytes):
    """Lies about itself wherever a subclass of bytes can."""

    def __len__(self):
        return 1

    def __bytes__(self):
        return b"other"

    def __getitem__(self, item):
        return b"?"

    def __iter__(self):
        return iter(())

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0


class Int(int):
    """An int of another class."""


class Index:
    """Not an int, but usable as one."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value


class Str(str):
    """A str of another class."""


class Bench:
    """Makes what an expression needs and takes it all away again."""

    def __init__(self):
        self.ctx = zmq.Context()
        self.made = []
        self.folder = None
        self.number = 0

    def s(self, kind=zmq.PAIR, **options):
        socket = self.ctx.socket(kind)
        self.made.append(socket)
        socket.linger = 0
        socket.rcvtimeo = socket.sndtimeo = PATIENCE_MS
        for name, value in options.items():
            setattr(socket, name, value)
        return socket

    def pair(self, first=zmq.PAIR, second=zmq.PAIR, **options):
        a, b = self.s(first, **options), self.s(second, **options)
        if second == zmq.SUB:
            b.subscribe(b"")
        self.number += 1
        a.bind(f"inproc://{self.number}")
        b.connect(f"inproc://{self.number}")
        return a, b

    def closed(self, kind=zmq.PAIR):
        socket = self.s(kind)
        socket.close()
        return socket

    def echo(self, sent, **kwargs):
        a, b = self.pair()
        a.send(sent, **kwargs)
        return b.recv()

    def echo_multipart(self, parts, **kwargs):
        a, b = self.pair()
        a.send_multipart(parts, **kwargs)
        return b.recv_multipart()

    def into(self, buffer, data=b"0123456789", **kwargs):
        a, b = self.pair()
        a.send(data)
        n = b.recv_into(buffer, **kwargs)
        return n, bytes(buffer)

    def sent_nothing(self, parts, **kwargs):
        a, b = self.pair()
        try:
            a.send_multipart(parts, **kwargs)
        except Exception as error:
            return type(error).__name__, b.poll(SHORT_MS)
        return "sent"

    def ipc(self, length):
        self.folder = self.folder or tempfile.TemporaryDirectory()
        path = self.folder.name + "/"
        return "ipc://" + path + "x" * (length - len(path))

    def warned(self, function):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            function()
        return [warning.category.__name__ for warning in caught]

    def end(self):
        for socket in self.made:
            socket.close(0)
        try:
            self.ctx.destroy(0)
        except zmq.ZMQError:
            pass  # an expression ended it behind its back
        if self.folder:
            self.folder.cleanup()


def outcome(source):
    bench = Bench()
    names = dict(NAMES)
    names.update(Bytes=Bytes, Int=Int, Index=Index, Str=Str, SHORT_MS=SHORT_MS)
    names.update((name, getattr(bench, name)) for name in dir(bench) if name[0] != "_")
    names["monitor"] = zmq.utils.monitor
    try:
        body = ast.parse(source).body
        last = body.pop()
        exec(compile(ast.Module(body, []), "expression", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "expression", "eval"), names)
        shown = repr(value)
        if isinstance(value, (dict, set)):
            shown = repr(sorted(map(repr, value)))
        shown = re.sub(r"0x[0-9a-f]+", "0x", shown)
        result = ["value", re.sub(r"zmq\.(sugar\.)?_?[a-z]+\.(?=[A-Z_])", "zmq.", shown)]
        del value
    except Exception as error:
        names_of_classes = [cls.__name__ for cls in type(error).__mro__]
        result = ["raises", names_of_classes, getattr(error, "errno", None)]
    names.clear()
    bench.end()
    return result


def main():
    """Answer each expression of standard input, a JSON string a line, by a line."""
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        json.dump(outcome(json.loads(line)), sys.stdout)
        print(flush=True)


if __name__ == "__main__":
    main()
