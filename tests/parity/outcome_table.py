# SPDX-License-Identifier: BSD-3-Clause
"""The expressions that test_outcomes.py compares; statements go before the expression."""

from __future__ import annotations

SENDABLE = (
    "b''", "b'x'", "b'x' * 33", "b'x' * 34", "b'x' * 100_000", "bytearray(b'abc')",
    "memoryview(b'abc')", "memoryview(bytearray(b'abc'))", "memoryview(b'abcdef')[::2]",
    "memoryview(b'abcdef')[::-1]", "memoryview(b'abcdef').cast('B', (2, 3))", "memoryview(b'')",
    "array.array('i', [1, 2])", "array.array('d')", "Bytes(b'abc')", "Bytes()",
    "zmq.Frame(b'abc')", "zmq.Frame()", "zmq.Frame(bytearray(b'abc'))",
)  # fmt: skip
NOT_SENDABLE = (
    "'text'", "''", "Str('x')", "None", "1", "0", "1.5", "True", "[]", "[b'x']", "(b'x',)", "{}",
    "object()", "bytes", "iter([b'x'])", "range(3)",
)  # fmt: skip
FLAGS = (
    "0", "1", "2", "3", "zmq.DONTWAIT", "zmq.NOBLOCK | zmq.SNDMORE", "True", "False", "Int(0)",
    "None", "'x'", "1.0", "Index(0)", "-1", "4", "2**31 - 1", "2**31", "-2**31 - 1", "2**40",
    "2**64", "[]",
)  # fmt: skip
VALUES = (
    "0", "1", "-1", "5", "100", "2**31 - 1", "2**31", "-2**31 - 1", "2**63", "2**64", "True",
    "Int(2)", "Index(2)", "None", "1.0", "'x'", "b''", "b'x'", "b'x\\0y'", "b'x' * 40",
    "b'x' * 256", "bytearray(b'x')", "memoryview(b'x')", "Bytes(b'x')", "[]", "object()",
)  # fmt: skip
OPTIONS = ("AFFINITY", "ROUTING_ID", "SUBSCRIBE", "UNSUBSCRIBE", "RATE", "RECOVERY_IVL", "SNDBUF", "RCVBUF", "RCVMORE", "EVENTS", "TYPE", "LINGER", "RECONNECT_IVL", "BACKLOG", "RECONNECT_IVL_MAX", "MAXMSGSIZE", "SNDHWM", "RCVHWM", "MULTICAST_HOPS", "RCVTIMEO", "SNDTIMEO", "LAST_ENDPOINT", "ROUTER_MANDATORY", "TCP_KEEPALIVE", "TCP_KEEPALIVE_CNT", "TCP_KEEPALIVE_IDLE", "TCP_KEEPALIVE_INTVL", "IMMEDIATE", "XPUB_VERBOSE", "ROUTER_RAW", "IPV6", "MECHANISM", "PLAIN_SERVER", "PLAIN_USERNAME", "PLAIN_PASSWORD", "CURVE_SERVER", "CURVE_PUBLICKEY", "CURVE_SECRETKEY", "CURVE_SERVERKEY", "PROBE_ROUTER", "REQ_CORRELATE", "REQ_RELAXED", "CONFLATE", "ZAP_DOMAIN", "ROUTER_HANDOVER", "TOS", "CONNECT_ROUTING_ID", "GSSAPI_SERVER", "HANDSHAKE_IVL", "SOCKS_PROXY", "XPUB_NODROP", "BLOCKY", "XPUB_MANUAL", "XPUB_WELCOME_MSG", "STREAM_NOTIFY", "INVERT_MATCHING", "HEARTBEAT_IVL", "HEARTBEAT_TTL", "HEARTBEAT_TIMEOUT", "XPUB_VERBOSER", "CONNECT_TIMEOUT", "TCP_MAXRT", "THREAD_SAFE", "MULTICAST_MAXTPDU", "VMCI_BUFFER_SIZE", "USE_FD", "GSSAPI_PRINCIPAL_NAMETYPE", "BINDTODEVICE", "ZAP_ENFORCE_DOMAIN", "LOOPBACK_FASTPATH", "METADATA", "MULTICAST_LOOP", "ROUTER_NOTIFY", "IN_BATCH_SIZE", "OUT_BATCH_SIZE", "SOCKS_USERNAME", "SOCKS_PASSWORD", "WSS_KEY_PEM", "XPUB_MANUAL_LAST_VALUE", "ONLY_FIRST_SUBSCRIBE", "RECONNECT_STOP", "HELLO_MSG", "DISCONNECT_MSG", "PRIORITY", "TCP_ACCEPT_FILTER", "IPC_FILTER_PID")
TYPES = ["PAIR", "PUB", "SUB", "REQ", "REP", "DEALER", "ROUTER", "PULL", "PUSH", "XPUB", "XSUB", "STREAM"]
ATTRIBUTES = (
    "linger", "LINGER", "Linger", "rcvhwm", "RcvHwm", "hwm", "HWM", "identity", "IDENTITY",
    "routing_id", "subscribe", "SUBSCRIBE", "type", "TYPE", "Type", "socket_type", "rcvmore",
    "events", "EVENTS", "last_endpoint", "LAST_ENDPOINT", "mechanism", "affinity", "maxmsgsize",
    "curve_publickey", "connect_routing_id", "nonsense", "NONSENSE", "_private", "closed",
    "context", "underlying", "copy_threshold", "router_mandatory", "plain_server", "ipv6",
    "ipv4only", "delay_attach_on_connect", "fail_unroutable", "io_threads", "req_relaxed",
    "zap_domain", "tcp_keepalive", "immediate", "rate", "rcvtimeo", "fd", "group",
)  # fmt: skip
ADDRESSES = (
    "''", "'tcp'", "'tcp://'", "'tcp://*'", "'tcp://:*'", "'tcp://127.0.0.1'", "'tcp://127.0.0.1:'",
    "'tcp://127.0.0.1:x'", "'tcp://127.0.0.1:65536'", "'tcp://127.0.0.1:-1'",
    "'tcp://127.0.0.1:99999999999'", "'nope://x'", "'NOPE://x'",
    "'inproc://'", "'inproc'", "'udp://127.0.0.1:5555'", "'pgm://eth0;1.1.1.1:5'", "'vmci://1:2'",
    "'norm://1.1.1.1:5'", "'tipc://x'", "'tipc://{1,2}'", "'ws://x'", "'ipc://'", "ipc(200)", "ipc(5000)", "ipc(108)",
    "b'tcp://'", "None", "5", "object()", "[]", "bytearray(b'inproc://x')",
    "'inproc://' + 'x' * 300", "'tcp://[::1]'", "'tcp://eth99:5'", "'inproc://\\ud800'", "'://x'",
    "'tcp://256.256.256.256:5'", "'tcp://1.2.3.4:5'", "' tcp://127.0.0.1:5'", "Str('nope://y')", "Bytes(b'nope://y')",
)  # fmt: skip

CLOSED = (
    "closed().send(b'x')", "closed().send('x')", "closed().send(b'x', copy=False)",
    "closed().send(zmq.Frame(b'x'))", "closed().send(bytearray(b'x'))", "closed().send(b'x' * 100_000)",
    "closed().send_multipart([b'x'])", "closed().send_multipart([b'x', b'y'])",
    "closed().send_multipart([b'x', b'y'], copy=False)", "closed().send_multipart([])",
    "closed().send_multipart(['x'])", "closed().send_string('x')",
    "closed().send_json(1)", "closed().send_pyobj(1)", "closed().send_serialized(1, lambda x: [b'x'])",
    "closed().recv()", "closed().recv(zmq.DONTWAIT)", "closed().recv(copy=False)",
    "closed().recv_multipart()", "closed().recv_multipart(copy=False)", "closed().recv_string()",
    "closed().recv_json()", "closed().recv_pyobj()", "closed().recv_serialized(list)",
    "closed().recv_into(bytearray(5))", "closed().recv_into(b'readonly')",
    "closed().bind('inproc://x')", "closed().connect('inproc://x')", "closed().bind(None)",
    "closed().bind('nope')", "closed().bind(ipc(300))",
    "closed().unbind('inproc://x')", "closed().disconnect('inproc://x')",
    "closed().bind_to_random_port('tcp://127.0.0.1')",
    "closed().get(zmq.LINGER)", "closed().getsockopt(zmq.LINGER)", "closed().get(zmq.LAST_ENDPOINT)",
    "closed().get(zmq.EVENTS)", "closed().get('x')", "closed().get(9999)", "closed().get(zmq.AFFINITY)",
    "closed().set(zmq.LINGER, 0)", "closed().setsockopt(zmq.LINGER, 0)", "closed().set(zmq.LINGER, 'x')",
    "closed().set(zmq.ROUTING_ID, b'x')",
    "closed().get_string(zmq.ROUTING_ID)", "closed().set_string(zmq.ROUTING_ID, 'x')",
    "closed().linger", "closed().LINGER", "closed().Linger", "hasattr(closed(), 'nonsense')",
    "x = closed(); x.linger = 5; 1", "x = closed(); x.hwm = 5; 1", "closed().hwm", "closed().get_hwm()",
    "closed().set_hwm(1)", "closed().fileno()", "closed().subscribe(b'')", "closed(zmq.SUB).subscribe(b'')",
    "closed().unsubscribe(b'')", "closed().join('g')", "closed().leave('g')",
    "closed().poll(0)", "closed().poll(5)", "closed().poll()", "closed().poll(timeout=0, flags=zmq.POLLOUT)",
    "closed().monitor('inproc://m')", "closed().monitor(None)", "closed().get_monitor_socket()",
    "closed().disable_monitor()", "closed().close()", "closed().close(0)", "closed().close('x')",
    "closed().closed", "closed().underlying", "closed().context.closed", "closed().socket_type",
    "closed().type", "closed().copy_threshold", "closed().__enter__()", "copy.copy(closed())",
    "copy.deepcopy(closed())", "zmq.Socket.shadow(closed())",
    "zmq.Socket(closed())", "zmq.Socket.shadow(0)", "closed()._shadow",
    "x = closed()\nwith x: pass\nx.closed",
    "zmq.Poller().register(closed())", "p = zmq.Poller(); p.register(closed()); p.poll(0)",
)  # fmt: skip

SENDING = (
    "s().send(b'x', zmq.DONTWAIT)", "s(sndtimeo=1).send(b'x')", "s(sndtimeo=0).send(b'x')",
    "s(sndtimeo=1).send(b'x', copy=False)", "s(sndtimeo=1).send(zmq.Frame(b'x'))",
    "s(sndtimeo=1).send_multipart([b'x', b'y'])", "s(sndtimeo=1).send_multipart([b'x', b'y'], copy=False)",
    "s(zmq.PULL).send(b'x')", "s(zmq.PULL).send(b'x' * 100_000)", "s(zmq.SUB).send(b'x')", "s(zmq.SUB).send(b'x', copy=False)",
    "s(zmq.REP).send(b'x')", "s(zmq.REP).send_multipart([b'x', b'y'])", "s(zmq.PUB).send(b'x')",
    "s(zmq.PUB).send_multipart([b'x', b'y'])", "s(zmq.ROUTER).send(b'x')",
    "s(zmq.ROUTER).send_multipart([b'x', b'y'])", "s(zmq.XPUB).send(b'x')", "s(zmq.XSUB).send(b'x')",
    "s(zmq.ROUTER, router_mandatory=1).send(b'x')", "s(zmq.ROUTER, router_mandatory=1).send(b'x', zmq.SNDMORE)",
    "s(zmq.ROUTER, router_mandatory=1).send_multipart([b'x', b'y'])",
    "s(zmq.ROUTER, router_mandatory=1).send_multipart([b'x', b'y'], copy=False)",
    "x = pair(zmq.REQ, zmq.REP)[0]; x.send(b'x'); x.send(b'y')",
    "x = pair(zmq.REQ, zmq.REP)[0]; x.send(b'x'); x.send(b'y', zmq.DONTWAIT)",
    "s(zmq.REQ).recv()", "s(zmq.REQ).recv(zmq.DONTWAIT)",
    "pair()[0].send(b'x')", "pair()[0].send(b'x', track=True)", "type(pair()[0].send(b'x', copy=False, track=True))",
    "pair()[0].send(b'x', copy=False)", "pair()[0].send(b'x', copy=False, track=True).done",
    "pair()[0].send(data=b'x', flags=0, copy=True, track=False, routing_id=None, group=None)",
    "pair()[0].send()", "pair()[0].send(b'x', 0, True, False, None, None, None)", "pair()[0].send(b'x', nonsense=1)",
    "pair()[0].send(b'x', 0, False, True).done", "pair()[0].send(b'x', 0, True, True)",
    "pair()[0].send(zmq.Frame(b'x'), track=True)", "pair()[0].send(zmq.Frame(b'x'), copy=False, track=True)",
    "type(pair()[0].send(zmq.Frame(b'x', track=True), copy=False, track=True))",
    "type(pair()[0].send(zmq.Frame(b'x', track=True), track=True))",
    "f = zmq.Frame(b'x'); a, b = pair(); a.send(f); a.send(f); b.recv(), b.recv()",
    "f = zmq.Frame(b'x' * 5000); a, b = pair(); a.send(f, copy=False); a.send(f, copy=False); len(b.recv()), len(b.recv()), len(f)",
    "pair()[0].send(b'x', routing_id=1)", "pair()[0].send(b'x', routing_id='x')", "pair()[0].send(b'x', group='g')",
    "pair()[0].send(b'x', group=5)", "pair()[0].send_multipart([b'x'], routing_id=1)",
    "pair()[0].send(b'x', copy=None)", "pair()[0].send(b'x', copy='yes')", "pair()[0].send(b'x', copy=0, track=1).done",
    "a, b = pair(); a.send(b'a', zmq.SNDMORE); a.send(b'b'); b.recv(), b.rcvmore, b.recv(), b.rcvmore",
    "a, b = pair(); a.send(b'a', zmq.SNDMORE); b.poll(SHORT_MS)",
    "a, b = pair(); a.send(b'a', zmq.SNDMORE); a.send_multipart([b'b', b'c']); b.recv_multipart()",
)  # fmt: skip

MULTIPART = (
    "pair()[0].send_multipart([])", "pair()[0].send_multipart(())", "pair()[0].send_multipart([], copy=False)",
    "pair()[0].send_multipart([], copy=False, track=True)", "pair()[0].send_multipart(None)",
    "pair()[0].send_multipart(5)", "pair()[0].send_multipart('text')", "pair()[0].send_multipart('')",
    "pair()[0].send_multipart(b'bytes')", "pair()[0].send_multipart(b'')", "pair()[0].send_multipart(zmq.Frame(b'x'))",
    "pair()[0].send_multipart(bytearray(b'x'))", "pair()[0].send_multipart(object())",
    "echo_multipart([b'a'])", "echo_multipart((b'a', b'b'))", "echo_multipart([b'', b''])",
    "echo_multipart([b'a', bytearray(b'b'), memoryview(b'c'), zmq.Frame(b'd')])",
    "echo_multipart([b'a', bytearray(b'b'), memoryview(b'c'), zmq.Frame(b'd')], copy=False)",
    "echo_multipart(iter([b'a', b'b']))", "echo_multipart(part for part in [b'a', b'b'])",
    "echo_multipart({b'k': 1})", "echo_multipart(collections.deque([b'a', b'b']))",
    "echo_multipart([b'a', b'b'], flags=zmq.DONTWAIT)", "echo_multipart([b'a', b'b'], track=True)",
    "echo_multipart([Bytes(b'abc')])", "echo_multipart([b'x' * 100, b'y' * 100_000], copy=False)[1][:2]",
    "sent_nothing(['a'])", "sent_nothing([b'a', 'b'])", "sent_nothing([b'a', None])", "sent_nothing([b'a', 5])",
    "sent_nothing([b'a', b'b', object()])", "sent_nothing([b'a', ['b']])", "sent_nothing([b'a', 'b'], copy=False)",
    "sent_nothing([b'a', 'b' * 100])", "sent_nothing([b'a', memoryview(b'abcd')[::2]])",
    "sent_nothing([b'a', memoryview(b'abcd')[::2]], copy=False)",
    "sent_nothing([b'a', zmq.Frame(b'x')], copy=False, track=True)", "sent_nothing([b'a'], flags='x')",
    "pair()[0].send_multipart([b'a'], nonsense=1)",
    "pair()[0].send_multipart([b'a', b'b'], copy=False, track=True).done",
    "type(pair()[0].send_multipart([b'a', b'b'], copy=False, track=True))",
    "pair()[0].send_multipart([b'a', b'b'], copy=True, track=True)",
    "pair()[0].send_multipart([b'a'])", "a, b = pair(); a.send_multipart([b'a', b'b']); [type(f) for f in b.recv_multipart(copy=False)]",
    "a, b = pair(); a.send_multipart([b'a', b'b']); [f.more for f in b.recv_multipart(copy=False)]",
    "a, b = pair(); a.send_multipart([b'a', b'b']); [f.bytes for f in b.recv_multipart(copy=False, track=True)]",
    "a, b = pair(); a.send_multipart([b'a', b'b']); b.recv_multipart(0, False, True)[0].tracker.done",
    "s().recv_multipart(zmq.DONTWAIT)", "s(rcvtimeo=1).recv_multipart()", "s(zmq.PUSH).recv_multipart()",
)  # fmt: skip

RECEIVING = (
    "s().recv(zmq.DONTWAIT)", "s(rcvtimeo=1).recv()", "s(rcvtimeo=0).recv()", "s(rcvtimeo=1).recv(copy=False)",
    "s(zmq.PUSH).recv()", "s(zmq.PUB).recv()", "s(zmq.PUB).recv(copy=False)", "s(zmq.PUB).recv(zmq.DONTWAIT)",
    "s(zmq.REP, rcvtimeo=1).recv()", "s(zmq.XPUB, rcvtimeo=1).recv()",
    "a, b = pair(); a.send(b'x'); b.recv(track=True)", "a, b = pair(); a.send(b'x'); b.recv(copy=False)",
    "a, b = pair(); a.send(b'x'); b.recv(copy=False).tracker", "a, b = pair(); a.send(b'x'); b.recv(copy=False, track=True).tracker.done",
    "a, b = pair(); a.send(b'x'); b.recv(0, False, False).bytes", "a, b = pair(); a.send(b'x'); b.recv(flags=0, copy=True, track=False)",
    "s().recv(0, True, False, 1)", "s().recv(nonsense=1)", "s(rcvtimeo=1).recv(copy=None)",
    "a, b = pair(); a.send(b'x'); b.recv(copy=None)", "a, b = pair(); a.send(b'x' * 40); len(b.recv(copy=False))",
    "into(bytearray(20))", "into(bytearray(5))", "into(bytearray(10))", "into(bytearray(0))", "into(bytearray(20), nbytes=3)",
    "into(bytearray(20), nbytes=0)", "into(bytearray(5), nbytes=6)", "into(bytearray(5), nbytes=-1)", "into(bytearray(5), nbytes=2**31)",
    "into(bytearray(5), nbytes=2**70)", "into(bytearray(5), nbytes='x')", "into(bytearray(5), nbytes=None)", "into(bytearray(5), nbytes=1.0)",
    "into(bytearray(5), nbytes=True)", "into(b'12345')", "into(memoryview(bytearray(20)))", "into(memoryview(bytearray(20))[5:])",
    "into(memoryview(bytearray(20))[::2])", "into(memoryview(b'12345'))", "into(array.array('i', [0] * 5))", "into('text')",
    "into(None)", "into(5)", "into([1])", "into(bytearray(20), flags=zmq.DONTWAIT)", "into(bytearray(20), flags='x')",
    "into(bytearray(20), data=b'')", "into(bytearray(20), data=b'x' * 50)", "into(memoryview(bytearray(20)).cast('B', (4, 5)))",
    "s().recv_into(bytearray(5), flags=zmq.DONTWAIT)", "s(rcvtimeo=1).recv_into(bytearray(5))", "s(zmq.PUSH).recv_into(bytearray(5))",
    "s().recv_into()", "s().recv_into(buffer=bytearray(5))", "s().recv_into(bytearray(5), 0, 0)",
    "a, b = pair(); a.send(b'x')\ntry: b.recv_into(b'12345')\nexcept Exception: pass\nb.recv()",
    "into(array.array('H', [0] * 4), nbytes=6)",
)  # fmt: skip

SERIALIZING = (
    "echo(b'x')", "a, b = pair(); a.send_string('\\u20ac'); b.recv()", "a, b = pair(); a.send_string('\\u20ac', encoding='utf-16'); b.recv_string(encoding='utf-16')",
    "s().send_string(b'x')", "s().send_string(None)", "s().send_string(5)", "a, b = pair(); a.send_string(Str('x')); b.recv()",
    "pair()[0].send_string('\\ud800')", "pair()[0].send_string('\\u20ac', encoding='ascii')", "pair()[0].send_string('x', encoding='nope')",
    "pair()[0].send_string('x', 0, True, 'utf-8')", "pair()[0].send_string('x', copy=False)", "pair()[0].send_string('x', copy=False, track=True).done",
    "pair()[0].send_string('x', nonsense=1)", "pair()[0].send_string('x', flags='x')",
    "a, b = pair(); a.send(b'\\xff'); b.recv_string()", "a, b = pair(); a.send(b'\\xff'); b.recv_string(0, 'latin-1')",
    "a, b = pair(); a.send(b'x'); b.recv_string(encoding='nope')", "a, b = pair(); a.send(b'x'); b.recv_string(encoding=None)",
    "a, b = pair(); a.send_unicode('x'); b.recv_unicode()", "s().recv_string(zmq.DONTWAIT)", "s().recv_json(zmq.DONTWAIT)", "s().recv_pyobj(zmq.DONTWAIT)",
    "a, b = pair(); a.send_pyobj({1: [2]}); b.recv_pyobj()", "a, b = pair(); a.send_pyobj({1: [2]}, protocol=0); b.recv()", "a, b = pair(); a.send_pyobj(None); b.recv()",
    "pair()[0].send_pyobj(lambda: 0)", "pair()[0].send_pyobj(1, protocol=99)", "pair()[0].send_pyobj(1, protocol='x')", "pair()[0].send_pyobj(1, 0, -1)",
    "pair()[0].send_pyobj(1, copy=False, track=True).done", "pair()[0].send_pyobj(1, nonsense=1)", "pair()[0].send_pyobj(s())",
    "a, b = pair(); a.send(b'garbage'); b.recv_pyobj()", "a, b = pair(); a.send(b''); b.recv_pyobj()",
    "a, b = pair(); a.send_json({'a': [1, 2.5, None, True, '\\u20ac']}); b.recv()", "a, b = pair(); a.send_json({'b': 1, 'a': 2}, sort_keys=True); b.recv()",
    "a, b = pair(); a.send_json({'a': 1}, indent=1); b.recv()", "a, b = pair(); a.send_json('\\u20ac', ensure_ascii=False); b.recv()",
    "a, b = pair(); a.send_json({'a': 1}, separators=(', ', ': ')); b.recv()", "pair()[0].send_json(object())", "pair()[0].send_json({1, 2})", "pair()[0].send_json(b'x')",
    "a, b = pair(); a.send_json(float('nan')); b.recv()", "pair()[0].send_json(float('nan'), allow_nan=False)", "pair()[0].send_json(1, nonsense=1)",
    "pair()[0].send_json(1, flags='x')", "pair()[0].send_json(1, copy=False)", "pair()[0].send_json(1, track=True)", "pair()[0].send_json(1, routing_id=1)",
    "x = []; x.append(x); pair()[0].send_json(x)", "a, b = pair(); a.send_json({1: 2}); b.recv_json()", "a, b = pair(); a.send(b'{'); b.recv_json()",
    "a, b = pair(); a.send(b''); b.recv_json()", "a, b = pair(); a.send(b'\\xff'); b.recv_json()", "a, b = pair(); a.send(b'1.5'); b.recv_json(parse_float=str)",
    "a, b = pair(); a.send(b'\"\\\\u20ac\"'); b.recv_json()", "a, b = pair(); a.send('\\u20ac'.encode('utf-16')); b.recv_json()", "a, b = pair(); a.send(b'1'); b.recv_json(nonsense=1)",
    "a, b = pair(); a.send_serialized('ab', lambda x: [x[:1].encode(), x[1:].encode()]); b.recv_serialized(lambda parts: b''.join(parts).decode())",
    "a, b = pair(); a.send_serialized('ab', lambda x: [x.encode()], copy=False); b.recv_serialized(lambda parts: parts, copy=False)",
    "pair()[0].send_serialized('x', lambda x: x)", "pair()[0].send_serialized('x', lambda x: [])", "pair()[0].send_serialized('x', None)", "pair()[0].send_serialized('x')",
    "pair()[0].send_serialized('x', lambda x: 1 / 0)", "pair()[0].send_serialized('x', lambda x: [b'x'], 0, False, track=True).done",
    "a, b = pair(); a.send(b'x'); b.recv_serialized(lambda parts: 1 / 0)", "a, b = pair(); a.send(b'x'); b.recv_serialized(None)",
)  # fmt: skip

STRINGS = (
    "s().get_string(zmq.ROUTING_ID)", "s(routing_id=b'\\xff').get_string(zmq.ROUTING_ID)", "s(routing_id=b'\\xff').get_string(zmq.ROUTING_ID, 'latin-1')",
    "s(routing_id=b'x').getsockopt_string(zmq.IDENTITY)", "s(routing_id=b'x').getsockopt_unicode(zmq.IDENTITY)", "s().get_string(zmq.LINGER)", "s().get_string('x')",
    "s().get_string(9999)", "s().get_string(zmq.LAST_ENDPOINT)", "s().get_string(zmq.LAST_ENDPOINT, encoding='nope')", "s().get_string(None)", "s().get_string([])",
    "x = s(); x.set_string(zmq.ROUTING_ID, '\\u20ac'); x.get(zmq.ROUTING_ID)", "x = s(); x.setsockopt_string(zmq.ROUTING_ID, '\\xe4', 'latin-1'); x.get(zmq.ROUTING_ID)",
    "x = s(); x.setsockopt_unicode(zmq.ROUTING_ID, 'x'); x.routing_id", "s().set_string(zmq.ROUTING_ID, b'x')", "s().set_string(zmq.ROUTING_ID, None)", "s().set_string(zmq.LINGER, 'x')",
    "s().set_string(9999, 'x')", "s().set_string('x', 'x')", "s().set_string(zmq.ROUTING_ID, '\\ud800')", "s(zmq.SUB).set_string(zmq.SUBSCRIBE, 'x')", "s(zmq.SUB).setsockopt_string(zmq.SUBSCRIBE, b'x')",
    "x = s(); x.routing_id = 'text'; x.routing_id", "x = s(zmq.SUB); x.subscribe = 'text'; 1", "x = s(zmq.SUB); x.subscribe = b'x'; 1", "x = s(zmq.SUB); x.SUBSCRIBE = b'x'; 1", "x = s(zmq.SUB); x.Subscribe = b'x'; 1",
    "x = s(zmq.SUB); x.unsubscribe = b'x'; 1", "x = s(zmq.SUB); x.subscribe = 5; 1", "x = s(zmq.SUB); x.subscribe = None; 1", "x = s(); x.subscribe = b'x'; 1",
    "s(zmq.SUB).subscribe('x')", "s(zmq.SUB).subscribe(b'x')", "s(zmq.SUB).subscribe(5)", "s(zmq.SUB).subscribe(None)", "s(zmq.SUB).subscribe(bytearray(b'x'))", "s().subscribe(b'x')",
    "s(zmq.SUB).subscribe('\\ud800')", "s(zmq.SUB).subscribe()", "s(zmq.SUB).unsubscribe(b'never')", "s(zmq.SUB).unsubscribe('x')", "s(zmq.SUB).unsubscribe(None)", "s().unsubscribe(b'x')",
    "s().hwm", "s().HWM", "s().get_hwm()", "x = s(); x.hwm = 5; x.hwm, x.sndhwm, x.rcvhwm", "x = s(); x.HWM = 5; x.HWM", "x = s(); x.set_hwm(7); x.get_hwm()", "x = s(); x.sndhwm = 1; x.rcvhwm = 2; x.hwm",
    "s(zmq.SUB).hwm", "s().set_hwm(-1)", "s().set_hwm('x')", "s().set_hwm(None)", "s().set_hwm(2**31)", "s().set_hwm(0)", "x = s(); x.hwm = b'x'; 1", "s().set_hwm(1.5)",
    "s().join('g')", "s().leave('g')", "s().join(5)", "s().join('g' * 300)", "s().join(b'x')", "s().join(None)",
)  # fmt: skip

CONTEXTS = (
    "type(zmq.Context())", "zmq.Context(0).term()", "zmq.Context(2).get(zmq.IO_THREADS)", "zmq.Context(io_threads=3).io_threads", "zmq.Context(-1)", "zmq.Context('x')", "zmq.Context(None)", "zmq.Context(1.5)",
    "zmq.Context(2**31)", "zmq.Context(2**64)", "zmq.Context(True).io_threads", "zmq.Context(Index(2)).io_threads", "zmq.Context(1, 2, 3)", "zmq.Context(nonsense=1)", "zmq.Context(b'x')", "zmq.Context([])",
    "ctx.closed", "x = zmq.Context(); x.term(); x.closed", "x = zmq.Context(); x.term(); x.term()", "x = zmq.Context(); x.destroy(); x.destroy(0)", "x = zmq.Context(); x.term(); x.underlying", "ctx.underlying > 0",
    "x = zmq.Context(); x.term(); x.socket(zmq.PAIR)", "x = zmq.Context(); x.term(); zmq.Socket(x, zmq.PAIR)", "x = zmq.Context(); x.term(); x.get(zmq.IO_THREADS)", "x = zmq.Context(); x.term(); x.set(zmq.IO_THREADS, 1)",
    "x = zmq.Context(); x.term(); x.io_threads", "x = zmq.Context(); x.term(); x.linger = 1; x.linger", "x = zmq.Context(); x.term(); x.getsockopt(zmq.LINGER)", "x = zmq.Context(); x.term(); repr(x)[:20]",
    "x = zmq.Context(); x.term(); zmq.Context(x)", "x = zmq.Context(); x.term(); zmq.Context.shadow(x)", "x = zmq.Context(); x.term(); copy.copy(x)", "x = zmq.Context(); x.term(); x.__enter__()",
    "ctx.get(zmq.IO_THREADS)", "ctx.get(zmq.MAX_SOCKETS)", "ctx.get(zmq.SOCKET_LIMIT)", "ctx.get(zmq.MAX_MSGSZ)", "ctx.get(zmq.THREAD_SCHED_POLICY)", "ctx.get(zmq.THREAD_PRIORITY)", "ctx.get(zmq.MSG_T_SIZE)",
    "ctx.get(9999)", "ctx.get(-1)", "ctx.get('x')", "ctx.get(None)", "ctx.get(1.0)", "ctx.get(2**31)", "ctx.get(Index(1))", "ctx.set(zmq.MAX_SOCKETS, 10); ctx.get(zmq.MAX_SOCKETS)", "ctx.set(zmq.MAX_SOCKETS, 0)", "ctx.set(zmq.MAX_SOCKETS, -1)",
    "ctx.set(zmq.IO_THREADS, -1)", "ctx.set(9999, 1)", "ctx.set(zmq.IO_THREADS, 'x')", "ctx.set(zmq.IO_THREADS, None)", "ctx.set(zmq.IO_THREADS, b'x')", "ctx.set(zmq.IO_THREADS, 2**31)", "ctx.set('x', 1)", "ctx.set(zmq.IO_THREADS, 1.0)",
    "ctx.io_threads", "ctx.IO_THREADS", "ctx.Io_Threads", "ctx.max_sockets", "ctx.MAX_SOCKETS", "ctx.max_sockets = 5; ctx.max_sockets", "ctx.MAX_SOCKETS = 5; ctx.get(zmq.MAX_SOCKETS)", "ctx.Max_Sockets = 5; ctx.max_sockets", "ctx.max_sockets = 'x'; 1", "ctx.io_threads = -1; 1",
    "ctx.nonsense", "ctx.nonsense = 1; 1", "ctx._nonsense = 1; 1", "ctx.linger", "ctx.linger = 5; ctx.linger", "ctx.LINGER = 5; ctx.linger", "ctx.linger = 5; ctx.LINGER", "ctx.Linger = 5; ctx.linger", "ctx.linger = 5; ctx.sockopts", "ctx.linger = 'x'; ctx.linger", "ctx.subscribe = b'x'; ctx.subscribe", "ctx.hwm = 5; ctx.hwm", "ctx.hwm = 5; s().sndhwm",
    "ctx.sockopts", "ctx.linger = 5; ctx.socket(zmq.PAIR).linger", "ctx.rcvhwm = 5; s().rcvhwm", "ctx.subscribe = b''; s(zmq.SUB).type", "ctx.subscribe = b''; s(zmq.PAIR).type", "ctx.linger = 'x'; s()", "ctx.linger = None; s()", "ctx.linger = 2**40; s()", "ctx.router_mandatory = 1; s(zmq.PAIR).type", "ctx.identity = b'me'; s().identity",
    "ctx.routing_id = 'text'; s()",
    "ctx.setsockopt(zmq.LINGER, 5); ctx.getsockopt(zmq.LINGER)", "ctx.setsockopt(zmq.LINGER, 5); ctx.sockopts", "ctx.getsockopt(zmq.LINGER)", "ctx.getsockopt('x')", "ctx.setsockopt('x', 5); s()", "ctx.setsockopt(9999, 5); s().type", "ctx.setsockopt(opt=zmq.LINGER, value=5); ctx.getsockopt(opt=zmq.LINGER)",
    "ctx.setsockopt([], 1)", "del ctx.linger; 1", "ctx.linger = 1; del ctx.linger; 1", "del ctx.nonsense; 1", "ctx.setsockopt(zmq.SUBSCRIBE, b'x'); s(zmq.PUB).type",
    "ctx.socket(zmq.PAIR, nonsense=1)", "ctx.socket()", "ctx.socket('x')", "ctx.socket(None)", "ctx.socket(9999)", "ctx.socket(-1)", "ctx.socket(2**31)", "ctx.socket(2**64)", "ctx.socket(1.0)", "ctx.socket(True)", "ctx.socket(Index(1))", "ctx.socket(socket_type=zmq.PAIR)", "type(ctx.socket(zmq.PAIR, zmq.Socket))", "ctx.socket(zmq.PAIR, copy_threshold=5).copy_threshold", "ctx.socket(zmq.PAIR, socket_class=lambda *a, **k: 5)",
    "class S(zmq.Socket): pass\ntype(ctx.socket(zmq.PAIR, socket_class=S)).__name__", "class S(zmq.Socket): pass\nclass C(zmq.Context): _socket_class = S\ntype(C().socket(zmq.PAIR)).__name__",
    "class C(zmq.Context): x = 1\nC().x", "class C(zmq.Context): x = 1\nc = C(); c.x = 2; c.x", "class C(zmq.Context): x: int\nc = C(); c.x = 2; c.x", "class C(zmq.Context): pass\nc = C(); c.x = 2; c.x", "class C(zmq.Context):\n def __init__(self): super().__init__(); self.x = 3\nC().x",
    "class S(zmq.Socket): x = 1\nS(ctx, zmq.PAIR).x", "class S(zmq.Socket): x = 1\nq = S(ctx, zmq.PAIR); q.x = 2; q.x", "class S(zmq.Socket): x: int\nq = S(ctx, zmq.PAIR); q.x = 2; q.x", "class S(zmq.Socket): pass\nq = S(ctx, zmq.PAIR); q.x = 2; q.x", "class S(zmq.Socket): linger = 7\nq = S(ctx, zmq.PAIR); q.linger",
    "class S(zmq.Socket): linger = 7\nq = S(ctx, zmq.PAIR); q.linger = 8; q.linger, q.get(zmq.LINGER)", "class S(zmq.Socket):\n def __init__(self, *a, **k): super().__init__(*a, **k); self.extra = 1\nS(ctx, zmq.PAIR)",
    "class S(zmq.Socket):\n __slots__ = ('mine',)\nq = S(ctx, zmq.PAIR); q.mine = 2; q.mine", "class S(zmq.Socket):\n @property\n def mine(self): return 4\nq = S(ctx, zmq.PAIR); q.mine", "class S(zmq.Socket):\n @property\n def mine(self): return 4\nq = S(ctx, zmq.PAIR); q.mine = 5; 1",
    "zmq.Context.instance() is zmq.Context.instance()", "x = zmq.Context.instance(); x.term(); zmq.Context.instance() is x", "class C(zmq.Context): pass\ntype(C.instance()).__name__", "zmq.Context.instance('x')", "zmq.Context.instance(io_threads=1).closed", "zmq.Context.instance().io_threads",
    "zmq.Context(ctx).underlying == ctx.underlying", "zmq.Context.shadow(ctx).underlying == ctx.underlying", "zmq.Context.shadow(ctx.underlying).underlying == ctx.underlying", "zmq.Context(shadow=ctx).closed", "zmq.Context(shadow=ctx.underlying).closed", "zmq.Context.shadow('x')", "zmq.Context.shadow(None)", "zmq.Context(shadow=0).closed", "zmq.Context(shadow='')", "zmq.Context.shadow(1.5)", "zmq.Context.shadow(b'x')", "zmq.Context.shadow(object())", "zmq.Context.shadow(-1)", "zmq.Context.shadow(2**70)",
    "zmq.Context.shadow(ctx)._shadow", "ctx._shadow", "copy.copy(ctx).underlying == ctx.underlying", "copy.deepcopy(ctx).underlying == ctx.underlying", "pickle.dumps(ctx)", "pickle.dumps(s())", "zmq.Context.shadow_pyczmq(5)", "ctx == ctx", "ctx == copy.copy(ctx)", "len({ctx, copy.copy(ctx)})",
    "x = zmq.Context(); y = zmq.Context.shadow(x); x.term(); y.closed", "x = zmq.Context(); y = zmq.Context.shadow(x); x.term(); y.socket(zmq.PAIR)", "x = zmq.Context(); y = zmq.Context.shadow(x); y.term(); x.closed", "x = zmq.Context(); y = zmq.Context.shadow(x); q = y.socket(zmq.PAIR); y.destroy(); q.closed, y.closed, x.closed",
    "x = zmq.Context(); y = zmq.Context.shadow(x.underlying); y.term(); y.closed",
    "with zmq.Context() as x: pass\nx.closed", "with zmq.Context() as x: q = x.socket(zmq.PAIR)\nx.closed, q.closed", "with zmq.Context() as x: 1 / 0\nx.closed", "x = zmq.Context(); q = x.socket(zmq.PAIR); x.destroy(linger=5); q.closed", "x = zmq.Context(); q = x.socket(zmq.PAIR); x.destroy(linger='x'); q.closed",
    "repr(ctx)", "s(); repr(ctx)", "a = s(), s(); repr(ctx)", "repr(zmq.Context.shadow(ctx))[:13]", "str(ctx)", "class C(zmq.Context): pass\nrepr(C())", "class C(zmq.Context): pass\nc = C(); c.term(); repr(c)",
    "hasattr(ctx, 'linger')", "hasattr(ctx, 'io_threads')", "hasattr(ctx, 'nonsense')", "'linger' in dir(ctx)", "'IO_THREADS' in dir(zmq.Context)", "'LINGER' in dir(s())", "'linger' in dir(s())", "getattr(ctx, 'linger', 3)", "getattr(s(), 'nonsense', 3)", "hasattr(s(), 'subscribe')", "hasattr(s(), 'unbind')", "hasattr(s(), 'connect_routing_id')",
    "bool(ctx)", "bool(s())", "zmq.Context[int]", "zmq.Socket[bytes]", "isinstance(ctx, zmq.Context)", "ctx._socket_class is zmq.Socket", "zmq.SyncContext is zmq.Context", "zmq.SyncSocket is zmq.Socket",
    "warned(lambda: zmq.Context.instance().term())", "warned(lambda: ctx.socket(zmq.PAIR).close())",
)  # fmt: skip

SOCKETS = (
    "zmq.Socket()", "zmq.Socket(None, zmq.PAIR)", "zmq.Socket(ctx)", "zmq.Socket(ctx, zmq.PAIR).type", "zmq.Socket(ctx, 'x')", "zmq.Socket(5, zmq.PAIR)", "zmq.Socket('x', zmq.PAIR)", "zmq.Socket(ctx, 9999)", "zmq.Socket(shadow=0)", "zmq.Socket(shadow='x')", "zmq.Socket(shadow=None)", "zmq.Socket(ctx, zmq.PAIR, copy_threshold=5).copy_threshold",
    "zmq.Socket(ctx, zmq.PAIR, copy_threshold='x').copy_threshold", "zmq.Socket(s()).type", "zmq.Socket(shadow=s()).type", "x = s(); zmq.Socket.shadow(x).underlying == x.underlying", "x = s(); zmq.Socket.shadow(x.underlying).underlying == x.underlying", "x = s(zmq.PUB); zmq.Socket.shadow(x.underlying).type", "x = s(); zmq.Socket.shadow(x).context is x.context", "x = s(); zmq.Socket.shadow(x.underlying).context",
    "x = s(); y = zmq.Socket.shadow(x); y.close(); x.closed, y.closed", "x = s(); y = zmq.Socket.shadow(x); x.close(); x.closed, y.closed", "x = s(); y = zmq.Socket.shadow(x.underlying); x.close(); y.closed", "x = s(); y = zmq.Socket.shadow(x.underlying); y.close(); x.closed", "x = s(); y = zmq.Socket.shadow(x); z = zmq.Socket.shadow(y); z.close(); x.closed, y.closed", "x = s(); y = zmq.Socket.shadow(x); x.close(); y.send(b'x')", "x = s(); y = copy.copy(x); y._shadow, x._shadow",
    "x = s(); copy.copy(x).underlying == x.underlying", "x = s(); copy.deepcopy(x).underlying == x.underlying", "x = s(); x == copy.copy(x)", "x = s(); x == x", "zmq.Socket.shadow('x')", "zmq.Socket.shadow(None)", "zmq.Socket.shadow(b'x')", "zmq.Socket.shadow(1.5)", "class S(zmq.Socket): pass\ntype(S.shadow(s())).__name__", "class S(zmq.Socket): pass\ntype(copy.copy(S(ctx, zmq.PAIR))).__name__",
    "a, b = pair(); x = zmq.Socket.shadow(a); x.send(b'x'); b.recv()", "a, b = pair(); x = zmq.Socket.shadow(a); del x; a.send(b'x'); b.recv()", "x = s(); y = zmq.Socket.shadow(x); del y; x.closed", "x = zmq.Socket.shadow(s()); x.type", "x = zmq.Socket(zmq.Context(), zmq.PAIR); x.type",
    "repr(s())", "repr(closed())", "repr(s(zmq.REQ))", "str(s())", "class S(zmq.Socket): pass\nrepr(S(ctx, zmq.PAIR))", "repr(zmq.Socket.shadow(s(zmq.PUB).underlying))", "repr(zmq.Socket.shadow(s(zmq.PUB)))",
    "s().type", "s().socket_type", "s().TYPE", "s(zmq.STREAM).type", "s().closed", "s().underlying > 0", "s().context is ctx", "s().fileno() > 0", "x = s(); x.fileno() == x.FD == x.fd", "s().copy_threshold", "x = s(); x.copy_threshold = 5; x.copy_threshold", "x = s(); x.copy_threshold = 'x'; x.copy_threshold", "x = s(); x.closed = 5; 1", "x = s(); x.context = 5; 1", "x = s(); x.underlying = 5; 1", "x = s(); x.type = 5; 1", "x = s(); x.send = 5; 1", "x = s(); x.bind = 5; x.bind",
    "x = s(); del x.linger; 1", "x = s(); del x.nonsense; 1", "x = s(); x.nonsense = 5; 1", "x = s(); x._nonsense = 5; 1", "x = s(); x.NONSENSE = 5; 1", "x = s(); x.__nonsense = 5; 1",
    "with s() as x: pass\nx.closed", "with s() as x: 1 / 0\nx.closed", "s().close()", "s().close(0)", "s().close(linger=5)", "s().close(linger=-1)", "s().close(None)", "s().close('x')", "s().close(1.5)", "s().close(-5)", "s().close(2**31)", "s().close(b'x')", "s().close(True)", "x = s(); x.close(); x.close()", "x = s(); x.close('x')\n1",
    "x = s()\ntry: x.close('x')\nexcept Exception: pass\nx.closed", "x = s(); x.__exit__(1, 2, 3, k=4); x.closed",
    "s().poll(0)", "s().poll(1)", "s().poll(timeout=1)", "s().poll(timeout=1, flags=zmq.POLLIN)", "s().poll(1.5)", "s().poll('x')", "s().poll([])", "s().poll(0, 'x')", "s().poll(0, None)", "s().poll(0, 0)", "s().poll(1, 0)", "s().poll(0, -1)", "s().poll(0, 2**31)", "s().poll(0, zmq.POLLOUT)", "pair()[0].poll(0, zmq.POLLOUT)", "pair()[0].poll(100, zmq.POLLOUT)", "pair()[0].poll(100, zmq.POLLIN | zmq.POLLOUT)", "pair()[0].poll(None, zmq.POLLOUT)", "pair()[0].poll(-1, zmq.POLLOUT)", "a, b = pair(); a.send(b'x'); b.poll()", "a, b = pair(); a.send(b'x'); b.poll(100, 3)", "a, b = pair(); a.send(b'x'); type(b.poll(100, 3)).__name__",
    "a, b = pair(); a.send(b'x'); b.poll(1000); type(b.poll(0)).__name__", "s().poll(0.0)", "s().poll(True)", "s().poll(float('nan'))", "s().poll(10**30, 0)", "pair()[0].poll(10**30, zmq.POLLOUT)", "pair()[0].poll(float('inf'), zmq.POLLOUT)",
    "s().get(zmq.LINGER)", "s().get(17)", "s().get('linger')", "s().get(None)", "s().get(1.0)", "s().get(Index(17))", "s().get(Int(17))", "s().get(True)", "s().get(-1)", "s().get(9999)", "s().get(2**31)", "s().get(2**64)", "s().get(-2**31 - 1)", "s().get(b'x')", "s().get([])", "s().get()", "s().get(option=zmq.LINGER)", "s().getsockopt(option=zmq.LINGER)", "s().get(zmq.IO_THREADS)", "s().get(zmq.MORE)",
    "s().set(zmq.LINGER)", "s().set(option=zmq.LINGER, optval=5)", "s().setsockopt(option=zmq.LINGER, optval=5)", "s().set('linger', 5)", "s().set(None, 5)", "s().set(9999, 5)", "s().set(9999, b'x')", "s().set(9999, 'x')", "s().set(9999, None)", "s().set(-1, 5)", "s().set(2**31, 5)", "s().set(2**64, 5)", "s().set(1.0, 5)", "s().set([], 5)", "s().set(Index(17), 5)", "s().set(Int(17), 5)", "s().set(9999, 2**40)", "s().set(b'x', 5)",
    "s().get(zmq.LAST_ENDPOINT)", "x = s(); x.bind('inproc://x'); x.last_endpoint", "x = s(); x.bind('inproc://x'); x.LAST_ENDPOINT", "x = s(); x.bind('inproc://x'); x.get_string(zmq.LAST_ENDPOINT)", "s(routing_id=b'x\\0').routing_id", "s(routing_id=b'x\\0y').get(zmq.ROUTING_ID)", "s(routing_id=b'x' * 255).routing_id == b'x' * 255", "s().routing_id", "s(plain_username=b'x').plain_username", "s(zap_domain=b'x').zap_domain", "s(plain_username=b'').plain_username",
    "s().curve_publickey", "s().curve_serverkey", "s(curve_publickey=b'x' * 40).curve_publickey == b'x' * 40", "x = s(); x.curve_publickey = b'x' * 32; x.curve_publickey", "x = s(); x.curve_publickey = b'x' * 41; x.curve_publickey",
)  # fmt: skip

ENDPOINTS = (
    "x = s(); c = x.bind('inproc://x'); c", "x = s(); c = x.connect('inproc://x'); c", "x = s(); c = x.bind('inproc://x'); type(c).__name__, c.addr, c.kind, c.socket is x", "x = s(); c = x.connect('inproc://x'); c.addr, c.kind, c.socket is x",
    "x = s()\nwith x.bind('inproc://x') as y: z = y\ntype(z).__name__", "x = s()\nwith x.bind('inproc://x'): pass\nx.bind('inproc://x')\n1", "x = s(); s().bind('inproc://x'); x.bind('inproc://x')", "x = s()\nwith x.bind('tcp://127.0.0.1:*') as c: e = x.last_endpoint\ne[:16]",
    "x = s()\nwith x.bind('tcp://127.0.0.1:*') as c: e = c.addr\nx.unbind(e)\n1", "x = s()\nwith x.connect('inproc://x'): pass\nx.disconnect('inproc://x')\n1", "x = s()\nwith x.connect('tcp://127.0.0.1:5'): pass\nx.disconnect('tcp://127.0.0.1:5')\n1", "x = s()\nwith x.bind('inproc://x'): x.close()\nx.closed", "x = s()\nwith x.bind('inproc://x'): x.unbind('inproc://x')\n1", "x = s()\nwith x.connect('tcp://127.0.0.1:5'): x.disconnect('tcp://127.0.0.1:5')\n1",
    "x = s()\nwith x.bind('inproc://x'): 1 / 0\n1", "x = s(); s().bind('inproc://x'); x.connect('inproc://x'); x.connect('inproc://x'); 1", "x = s(); c = x.bind(b'inproc://x'); c.addr", "x = s(); c = x.connect(b'inproc://x'); c.addr", "x = s(); c = x.bind('tcp://127.0.0.1:*'); c.addr.rpartition(':')[0], isinstance(c.addr, str)", "x = s(); x.bind('tcp://127.0.0.1:*'); x.last_endpoint.rpartition(b':')[0]", "x = s(); x.bind('ipc://*'); x.last_endpoint[:6]",
    "x = s(); x.bind('tcp://127.0.0.1:0'); x.last_endpoint[-2:] != b':0'", "x = s(); x.bind('tcp://lo:*'); x.last_endpoint[:16]", "x = s(); x.bind('tcp://127.0.0.1:*'); x.unbind('tcp://127.0.0.1:*')", "x = s(); x.bind('tcp://127.0.0.1:*'); x.unbind(x.last_endpoint)", "x = s(); x.bind('tcp://127.0.0.1:*'); x.unbind(x.last_endpoint.decode()); x.unbind(x.last_endpoint)",
    "x = s(); y = s(); x.bind('tcp://127.0.0.1:*'); y.bind(x.last_endpoint)", "x = s(); y = s(); x.bind('inproc://x'); y.bind('inproc://x')", "x = s(); x.unbind('inproc://x')", "x = s(); x.disconnect('inproc://x')", "x = s(); x.disconnect('tcp://127.0.0.1:5')", "x = s(); x.connect('tcp://127.0.0.1:5'); x.disconnect('tcp://127.0.0.1:5')", "x = s(); x.connect('tcp://localhost:5'); x.disconnect('tcp://localhost:5')", "x = s(zmq.SUB); x.connect('tcp://127.0.0.1:5'); x.disconnect('tcp://127.0.0.1:6')",
    "s().bind(ipc(107)).addr[:6]", "s().bind(ipc(106)).addr[:6]", "s().connect(ipc(107)).addr[:6]", "x = s(); x.bind('ipc://@abstract-outcomes'); x.last_endpoint",
    "isinstance(s().bind_to_random_port('tcp://127.0.0.1'), int)", "1000 < s().bind_to_random_port('tcp://127.0.0.1') < 65536", "40000 <= s().bind_to_random_port('tcp://127.0.0.1', 40000, 41000) < 41000", "s().bind_to_random_port('tcp://127.0.0.1', max_tries=0) > 0", "s().bind_to_random_port('tcp://127.0.0.1', 40000, 41000, 0)", "s().bind_to_random_port('tcp://127.0.0.1', 40000, 40000)", "s().bind_to_random_port('tcp://127.0.0.1', 41000, 40000)", "x = s(); p = s().bind_to_random_port('tcp://127.0.0.1'); x.bind_to_random_port('tcp://127.0.0.1', p, p + 1, 3)",
    "s().bind_to_random_port('tcp://127.0.0.1', 'x', 'y')", "s().bind_to_random_port('nope://x')", "s().bind_to_random_port('nope://x', 1, 5)", "s().bind_to_random_port(None)", "s().bind_to_random_port(b'tcp://127.0.0.1')", "s().bind_to_random_port(b'tcp://127.0.0.1', 40000, 41000)", "s().bind_to_random_port('inproc://x')", "s().bind_to_random_port('tcp://127.0.0.1', 70000, 80000) > 0", "s().bind_to_random_port('tcp://1.2.3.4', 40000, 41000, 2)", "s().bind_to_random_port('tcp://1.2.3.4')",
    "s(zmq.PUSH).bind('udp://127.0.0.1:*')", "s().bind()", "s().connect()", "s().bind('inproc://x', 1)", "s().bind(addr='inproc://x').addr", "s().connect(addr='inproc://x').addr", "x = s(); x.bind(addr='inproc://y'); x.unbind(addr='inproc://y')",
    "zmq.Context(0).socket(zmq.PAIR).bind('tcp://127.0.0.1:*')", "zmq.Context(0).socket(zmq.PAIR).connect('tcp://127.0.0.1:5')",
)  # fmt: skip

MONITORS = (
    "x = s(); m = x.get_monitor_socket(); m.type", "x = s(); x.get_monitor_socket() is x.get_monitor_socket()", "x = s(); m = x.get_monitor_socket(); m.get(zmq.LINGER)", "x = s(); m = x.get_monitor_socket(); m.context is x.context", "x = s(); m = x.get_monitor_socket(); x.disable_monitor(); m.closed", "x = s(); x.disable_monitor()",
    "x = s(); m = x.get_monitor_socket(zmq.EVENT_LISTENING); x.bind('tcp://127.0.0.1:*'); m.poll(1000) and m.recv_multipart()[0][:2]", "x = s(); m = x.get_monitor_socket(events=0, addr='inproc://m'); x.bind('tcp://127.0.0.1:*'); m.poll(SHORT_MS)", "x = s(); m = x.get_monitor_socket(addr='nope'); 1", "x = s(); m = x.get_monitor_socket(addr='tcp://127.0.0.1:*'); 1", "x = s(); m = x.get_monitor_socket(addr=5); 1", "x = s(); m = x.get_monitor_socket(events='x'); 1", "x = s(); m = x.get_monitor_socket(events=-1); 1", "x = s(); m = x.get_monitor_socket(events=2**31); 1", "x = s(); m = x.get_monitor_socket(events=2**16); 1",
    "x = s(); x.monitor('inproc://m')", "x = s(); x.monitor('inproc://m', zmq.EVENT_ALL)", "x = s(); x.monitor('inproc://m', 0)", "x = s(); x.monitor('nope')", "x = s(); x.monitor('tcp://127.0.0.1:*')", "x = s(); x.monitor('inproc://m', 'x')", "x = s(); x.monitor('inproc://m', None)", "x = s(); x.monitor(5)", "x = s(); x.monitor(b'inproc://m')", "x = s(); x.monitor(None)", "x = s(); x.monitor(None, 0)", "x = s(); x.monitor('')", "x = s(); s().bind('inproc://m'); x.monitor('inproc://m')", "x = s(); x.monitor('inproc://m', 2**40)", "x = s(); x.monitor()", "x = s(); x.monitor(addr='inproc://m', events=1)", "x = s(); x.monitor('inproc://m' + chr(0))",
    "a, b = pair(); m = a.get_monitor_socket(); m.poll(0)", "x = s(); m = x.get_monitor_socket(); x.bind('tcp://127.0.0.1:*'); e = monitor.recv_monitor_message(m); e['event'], e['endpoint'] == x.last_endpoint, e['value'] > 0",
    "x = s(); m = x.get_monitor_socket(); x.close(); e = monitor.recv_monitor_message(m); e['event']", "x = s(); m = x.get_monitor_socket(); x.disable_monitor(); m.closed or monitor.recv_monitor_message(m)['event']",
)  # fmt: skip

FUNCTIONS = (
    "zmq.zmq_version()", "zmq.zmq_version_info()", "zmq.pyzmq_version()", "zmq.pyzmq_version_info()", "zmq.__version__", "zmq.has('curve')", "zmq.has('ipc')", "zmq.has('nonsense')", "zmq.has('')", "zmq.has(b'ipc')", "zmq.has(5)", "zmq.has(None)", "zmq.has()", "zmq.has('x\\0')", "zmq.has('draft')", "zmq.has('gssapi')", "zmq.has('tipc')", "zmq.has(capability='ipc')", "zmq.has('\\u20ac')", "zmq.has('\\ud800')",
    "zmq.strerror(zmq.EAGAIN)", "zmq.strerror(zmq.EFSM)", "zmq.strerror(zmq.ETERM)", "zmq.strerror(0)", "zmq.strerror(-1)", "zmq.strerror(99999)", "zmq.strerror('x')", "zmq.strerror(None)", "zmq.strerror(2**31)", "zmq.strerror(1.0)", "zmq.strerror(errno=1)", "zmq.strerror()", "zmq.strerror(Index(1))",
    "isinstance(zmq.zmq_errno(), int)", "len(zmq.curve_keypair()[0]), len(zmq.curve_keypair()[1])", "p, q = zmq.curve_keypair(); zmq.curve_public(q) == p", "p, q = zmq.curve_keypair(); zmq.curve_public(q.decode()) == p", "zmq.curve_public(b'x' * 40)", "zmq.curve_public(b'x' * 39)", "zmq.curve_public(b'x' * 41)", "zmq.curve_public(b'')", "zmq.curve_public('')", "zmq.curve_public(None)", "zmq.curve_public(5)", "zmq.curve_public(b'\\0' * 40)", "zmq.curve_public(bytearray(b'x' * 40))", "zmq.curve_public('\\u20ac' * 40)", "zmq.curve_public()", "zmq.curve_public(b'~' * 40)", "zmq.curve_public(b' ' * 40)", "zmq.curve_public(b'\"' * 40)", "type(zmq.curve_public(b'0' * 40))", "zmq.curve_keypair(1)",
    "isinstance(zmq.get_includes(), list)", "isinstance(zmq.get_library_dirs(), list)", "all(isinstance(x, str) for x in zmq.get_includes())", "w = zmq.Stopwatch(); w.start(); w.stop() >= 0", "w = zmq.Stopwatch(); w.stop()", "w = zmq.Stopwatch(); w.start(); w.start()", "w = zmq.Stopwatch(); w.start(); w.stop(); w.stop()", "zmq.Stopwatch(1)", "w = zmq.Stopwatch(); w.sleep(0)", "w = zmq.Stopwatch(); w.sleep('x')", "zmq.COPY_THRESHOLD", "zmq.DRAFT_API", "zmq.IPC_PATH_MAX_LEN",
    "zmq.zmq_poll([])", "zmq.zmq_poll([], 0)", "zmq.select([], [], [], 0)", "zmq.Poller().poll(0)",
)  # fmt: skip


def option_cases() -> list[str]:
    """Each option read and written on each type, with each value."""
    cases = []
    for option in OPTIONS:
        cases += [f"s(zmq.{kind}).get(zmq.{option})" for kind in TYPES]
        cases += [f"s(zmq.ROUTER).set(zmq.{option}, {value})" for value in VALUES]
        cases += [f"s(zmq.{kind}).set(zmq.{option}, {value})" for kind in TYPES for value in ("1", "b'x'")]
        cases += [f"x = s(zmq.DEALER); x.set(zmq.{option}, 1); x.get(zmq.{option})"]
    for name in ATTRIBUTES:
        shown = "{} > 0" if name in ("underlying", "fd") else "{}"
        cases += [shown.format(f"{one}.{name}") for one in ("s()", "s(zmq.SUB)", "ctx")]
        cases += [f"x = s(); x.{name} = {value}; 1" for value in ("5", "b'x'", "'x'", "None")]
        cases += [f"x = s(); x.{name} = 5; x.{name}", f"hasattr(s(), {name!r})"]
        cases += [f"ctx.{name} = 5; 1", f"hasattr(ctx, {name!r})"]
    return cases


def cases() -> list[str]:
    """All expressions."""
    table = [f"echo({data}, copy={copied})" for data in SENDABLE for copied in (True, False)]
    table += [f"pair()[0].send({data}, copy={copied})" for data in NOT_SENDABLE for copied in (True, False)]
    table += [f"zmq.Frame({data}).bytes" for data in SENDABLE + NOT_SENDABLE]
    for flags in FLAGS:
        table += [
            f"pair()[0].send(b'x', {flags})", f"pair()[0].send(b'x', {flags}, copy=False)",
            f"pair()[0].send_multipart([b'x', b'y'], {flags})",
            f"a, b = pair(); a.send(b'x'); b.recv({flags})",
            f"a, b = pair(); a.send(b'x'); b.recv({flags}, copy=False).bytes",
            f"a, b = pair(); a.send(b'x'); b.recv_multipart({flags})",
        ]  # fmt: skip
    for address in ADDRESSES:
        table += [f"s().{call}({address}); 1" for call in ("bind", "connect", "unbind", "disconnect")]
        table += [f"s().monitor({address}); 1"]
    for group in (
        SENDING, MULTIPART, RECEIVING, SERIALIZING, STRINGS, CONTEXTS, SOCKETS, ENDPOINTS, MONITORS, FUNCTIONS, CLOSED,
    ):  # fmt: skip
        table += group
    return list(dict.fromkeys(table + option_cases()))
