# SPDX-License-Identifier: BSD-3-Clause
"""Options of sockets: numbers, bytes and strings, by method and by attribute."""

from __future__ import annotations

import select
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from support import until

import zmq
from zmq._options import BYTES, INT, INT64, KEY, KINDS
from zmq.constants import DRAFT_OPTIONS, OPTION_SINCE, SocketOption

GETTERS: dict[str, Callable[[zmq.Socket, SocketOption], Any]] = {
    "get": lambda socket, option: socket.get(option),
    "get by number": lambda socket, option: socket.get(int(option)),
    "getsockopt": lambda socket, option: socket.getsockopt(option),
    "keyword": lambda socket, option: socket.get(option=option),
    "lower": lambda socket, option: getattr(socket, option.name.lower()),
    "upper": lambda socket, option: getattr(socket, option.name),
    "mixed": lambda socket, option: getattr(socket, option.name.title()),
}
SETTERS: dict[str, Callable[[zmq.Socket, SocketOption, Any], None]] = {
    "set": lambda socket, option, value: socket.set(option, value),
    "set by number": lambda socket, option, value: socket.set(int(option), value),
    "setsockopt": lambda socket, option, value: socket.setsockopt(option, value),
    "keywords": lambda socket, option, value: socket.set(option=option, optval=value),
    "lower": lambda socket, option, value: setattr(socket, option.name.lower(), value),
    "upper": lambda socket, option, value: setattr(socket, option.name, value),
    "mixed": lambda socket, option, value: setattr(socket, option.name.title(), value),
}
READ_WRITE = {
    "LINGER": (0, -1, 5, 2**31 - 1),
    "RCVHWM": (0, 1, 100),
    "RCVTIMEO": (-1, 0, 5),
    "AFFINITY": (0, 1, 2**40, 2**63 - 1),
    "MAXMSGSIZE": (-1, 0, 2**40),
    "RATE": (1, 100),
    "TCP_KEEPALIVE": (-1, 0, 1),
    "BACKLOG": (1, 500),
    "ROUTING_ID": (b"x", b"a\0b", b"\xff" * 255),
}
"""Options of each kind that every type of socket takes, and values that can be read back."""


@pytest.mark.parametrize("setter", SETTERS.values(), ids=SETTERS)
@pytest.mark.parametrize("getter", GETTERS.values(), ids=GETTERS)
def test_what_is_set_is_got(getter: Any, setter: Any, socket: Any) -> None:
    """Every form of setting sets what every form of getting gets."""
    one = socket(zmq.DEALER)
    for name, values in READ_WRITE.items():
        option = SocketOption[name]
        for value in values:
            setter(one, option, value)
            assert getter(one, option) == value


@pytest.mark.parametrize("kind", [zmq.PAIR, zmq.PUB, zmq.SUB, zmq.ROUTER, zmq.PUSH, zmq.REP])
@pytest.mark.parametrize("option", SocketOption, ids=lambda option: option.name)
def test_forms_of_getting_agree(option: SocketOption, kind: int, socket: Any) -> None:
    """Whatever one form of getting an option answers, the others answer as well."""
    one = socket(kind)

    def answer(getter: Any) -> Any:
        try:
            value = getter(one, option)
        except zmq.ZMQError as error:
            return error.errno
        except AttributeError:
            return zmq.EINVAL
        return value

    methods = answer(GETTERS["get"])
    assert answer(GETTERS["getsockopt"]) == answer(GETTERS["get by number"]) == methods
    if option.name in ("SUBSCRIBE", "UNSUBSCRIBE"):
        return  # as attributes these are the methods
    if option.name == "HWM":
        assert one.hwm == one.HWM
        return
    for form in ("lower", "upper", "mixed"):
        assert answer(GETTERS[form]) == methods


def test_fresh_socket(socket: Any, context: zmq.Context) -> None:
    """Options of a fresh socket have libzmq's documented defaults."""
    one = context.socket(zmq.DEALER)
    with one:
        assert (one.rcvhwm, one.sndhwm, one.rcvtimeo, one.sndtimeo) == (1000, 1000, -1, -1)
        assert (one.linger, one.affinity, one.maxmsgsize, one.backlog) == (-1, 0, -1, 100)
        assert (one.routing_id, one.last_endpoint, one.rcvmore) == (b"", b"", 0)
        assert one.type == one.socket_type == one.TYPE == zmq.DEALER
        assert isinstance(one.socket_type, zmq.SocketType)


def test_types_of_values(socket: Any) -> None:
    """Options are plain int or bytes, as their kind says."""
    one = socket(zmq.ROUTER)
    for option, kind in KINDS.items():
        try:
            value = one.get(option)
        except zmq.ZMQError:
            continue
        assert type(value) is (bytes if kind in (BYTES, KEY) else int)


# --- values that are not taken --------------------------------------------------------------------

WRONG: dict[str, list[tuple[Any, type[Exception]]]] = {
    INT: [
        (2**31, OverflowError),
        (-(2**31) - 1, OverflowError),
        (2**64, OverflowError),
        (10**100, OverflowError),
        ("5", TypeError),
        (b"5", TypeError),
        (None, TypeError),
        (5.0, TypeError),
        ([5], TypeError),
        (5j, TypeError),
        (object(), TypeError),
    ],
    INT64: [
        (2**63, OverflowError),
        (-(2**63) - 1, OverflowError),
        (2**64, OverflowError),
        (2**64 + 5, OverflowError),
        ("5", TypeError),
        (None, TypeError),
        (5.0, TypeError),
    ],
    BYTES: [("x", TypeError), (5, TypeError), (None, TypeError), ([b"x"], TypeError)],
    KEY: [("x", TypeError), (5, TypeError), (None, TypeError)],
}
WRONG_CASES = [
    (name, value, error)
    for name, kind in (
        ("LINGER", INT),
        ("RCVTIMEO", INT),
        ("ROUTER_MANDATORY", INT),
        ("AFFINITY", INT64),
        ("MAXMSGSIZE", INT64),
        ("ROUTING_ID", BYTES),
        ("CONNECT_ROUTING_ID", BYTES),
        ("SUBSCRIBE", BYTES),
        ("CURVE_PUBLICKEY", KEY),
    )
    for value, error in WRONG[kind]
]


@pytest.mark.parametrize(("name", "value", "error"), WRONG_CASES)
def test_wrong_values(name: str, value: Any, error: type[Exception], socket: Any) -> None:
    """A value of the wrong type or size is refused with a text that names the option."""
    one = socket(zmq.ROUTER)
    for setter in (zmq.Socket.set, zmq.Socket.setsockopt):
        with pytest.raises(error, match=name):
            setter(one, SocketOption[name], value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("LINGER", -2, marks=pytest.mark.libzmq("4.0")),
        ("RCVHWM", -1),
        ("IMMEDIATE", 2),
        ("ROUTING_ID", b""),
        ("ROUTING_ID", b"x" * 256),
        ("SUBSCRIBE", b"x"),
        ("TYPE", 5),
        ("FD", 5),
        ("EVENTS", 1),
        ("RCVMORE", 1),
        ("LAST_ENDPOINT", b"x"),
    ],
)
def test_values_that_libzmq_refuses(name: str, value: Any, socket: Any) -> None:
    """A value that libzmq does not take is EINVAL, with a text that names option and socket."""
    with pytest.raises(zmq.ZMQError, match=f"setting {name} of zmq.Socket") as raised:
        socket(zmq.ROUTER).set(SocketOption[name], value)
    assert raised.value.errno == zmq.EINVAL


@pytest.mark.parametrize(
    ("option", "error"),
    [
        ("linger", TypeError),
        (None, TypeError),
        (17.0, TypeError),
        (1e9, TypeError),
        (b"x", TypeError),
        ([], TypeError),
        ({}, TypeError),
        (2**31, OverflowError),
        (2**64, OverflowError),
        (9999, zmq.ZMQError),
        (-1, zmq.ZMQError),
    ],
)
def test_wrong_options(option: Any, error: type[Exception], socket: Any) -> None:
    """What is no option is refused, whether it is read or set."""
    one = socket(zmq.PAIR)
    with pytest.raises(error):
        one.get(option)
    for value in (5, b"x"):
        with pytest.raises(error):
            one.set(option, value)


def test_integers_of_every_kind(socket: Any) -> None:
    """What is an integer to Python is one for an option: bool, enums, __index__."""

    class Seven:
        def __index__(self) -> int:
            return 7

    one = socket(zmq.PAIR)
    for value, got in ((True, 1), (zmq.Event.CONNECTED, 1), (Seven(), 7)):
        one.linger = value
        one.maxmsgsize = value
        assert (one.linger, one.maxmsgsize) == (got, got)


def test_bytes_of_every_kind(socket: Any) -> None:
    """bytearray, memoryview and subclasses of bytes are bytes for an option."""

    class Liar(bytes):
        def __len__(self) -> int:
            return 200

        def __bytes__(self) -> bytes:
            return b"another"

    one = socket(zmq.PAIR)
    for value in (bytearray(b"me"), memoryview(b"me"), memoryview(b"m.e.")[::2], Liar(b"me")):
        one.routing_id = value
        assert one.routing_id == b"me"


def test_passwords_are_not_repeated(socket: Any) -> None:
    """A str where bytes belong is refused without showing it."""
    with pytest.raises(TypeError) as raised:
        socket(zmq.PAIR).plain_password = "secret"
    assert "secret" not in str(raised.value)


# --- attributes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["nonsense", "NONSENSE", "lingr", "rcvtime", "_private", "__x"])
def test_misspelt_attribute(name: str, socket: Any) -> None:
    """What is no option is an AttributeError that names it, read, set and deleted."""
    one = socket(zmq.PAIR)
    assert not hasattr(one, name)
    with pytest.raises(AttributeError, match=f"no such option: {name.upper()}"):
        getattr(one, name)
    with pytest.raises(AttributeError, match=f"no such option: {name.upper()}"):
        setattr(one, name, 5)
    with pytest.raises(AttributeError):
        delattr(one, name)


@pytest.mark.parametrize(
    "name",
    [
        "xpub_verbose",
        pytest.param("connect_routing_id", marks=pytest.mark.libzmq("4.1")),
        pytest.param("CONNECT_ROUTING_ID", marks=pytest.mark.libzmq("4.1")),
    ],
)
def test_write_only_attribute(name: str, socket: Any) -> None:
    """An option that can only be set is an AttributeError when it is read."""
    with pytest.raises(AttributeError, match=f"{name} attribute is write-only"):
        getattr(socket(zmq.PAIR), name)


@pytest.mark.parametrize("name", ["closed", "underlying", "context", "socket_type"])
def test_what_is_no_option_cannot_be_assigned(name: str, socket: Any) -> None:
    """What a socket is cannot be assigned."""
    one = socket(zmq.PAIR)
    with pytest.raises(AttributeError):
        setattr(one, name, 5)


def test_attributes_of_subclasses(context: zmq.Context) -> None:
    """A subclass may define attributes, annotate them, and even take the name of an option."""

    class Special(zmq.Socket):
        plain = 1
        annotated: int
        linger = 7

        @property
        def computed(self) -> int:
            return 3

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.annotated = 2

    class MoreSpecial(Special):
        pass

    for kind in (Special, MoreSpecial):
        with kind(context, zmq.PAIR) as one:
            assert (one.plain, one.annotated, one.computed, one.linger) == (1, 2, 3, 7)
            one.plain = one.annotated = 5
            one.linger = 8
            assert (one.plain, one.annotated, one.linger) == (5, 5, 8)
            assert one.get(zmq.LINGER) == -1
            one.rcvhwm = 9
            assert one.get(zmq.RCVHWM) == 9
            with pytest.raises(AttributeError):
                one.nonsense = 5
            with pytest.raises(AttributeError):
                one.computed = 5


def test_slots_of_subclasses(context: zmq.Context) -> None:
    """A subclass may have slots of its own."""

    class Special(zmq.Socket):
        __slots__ = ("mine",)

    with Special(context, zmq.PAIR) as one:
        one.mine = 5
        assert one.mine == 5


def test_methods_can_be_replaced(socket: Any) -> None:
    """Tests of programs may put a mock in the place of a method of one socket, and take it away."""
    one, other = socket(zmq.PAIR), socket(zmq.PAIR)
    with mock.patch.object(one, "send", return_value=5) as send:
        assert one.send(b"x") == 5
        send.assert_called_once_with(b"x")
        with pytest.raises(zmq.Again):
            other.send(b"x", zmq.DONTWAIT)
    with pytest.raises(zmq.Again):
        one.send(b"x", zmq.DONTWAIT)


def test_options_are_listed(socket: Any) -> None:
    """dir() knows the options, in lower and in upper case."""
    names = dir(socket(zmq.PAIR))
    assert {"linger", "LINGER", "rcvtimeo", "routing_id", "send"} <= set(names)


def test_copy_threshold(context: zmq.Context, socket: Any) -> None:
    """copy_threshold is a number of bytes, zmq.COPY_THRESHOLD unless it was given."""
    one = socket(zmq.PAIR)
    assert one.copy_threshold == zmq.COPY_THRESHOLD
    one.copy_threshold = 5
    assert one.copy_threshold == 5
    with context.socket(zmq.PAIR, copy_threshold=0) as other:
        assert other.copy_threshold == 0
    for value in ("x", None, 1.5, b"5"):
        with pytest.raises(TypeError, match="number of bytes"):
            one.copy_threshold = value
    with pytest.raises(TypeError, match="number of bytes"):
        zmq.Socket(context, zmq.PAIR, copy_threshold="x")  # type: ignore[arg-type]
    assert one.copy_threshold == 5


# --- strings --------------------------------------------------------------------------------------

STRING_SETTERS = (
    zmq.Socket.set_string,
    zmq.Socket.setsockopt_string,
    zmq.Socket.setsockopt_unicode,
)
STRING_GETTERS = (
    zmq.Socket.get_string,
    zmq.Socket.getsockopt_string,
    zmq.Socket.getsockopt_unicode,
)


@pytest.mark.parametrize("setter", STRING_SETTERS)
@pytest.mark.parametrize("getter", STRING_GETTERS)
def test_strings(getter: Any, setter: Any, socket: Any) -> None:
    """A bytes option is set from and read as a str, under all names of the method."""
    one = socket(zmq.PAIR)
    setter(one, zmq.ROUTING_ID, "Grüße")
    assert one.routing_id == "Grüße".encode()
    assert getter(one, zmq.ROUTING_ID) == "Grüße"
    setter(one, zmq.ROUTING_ID, "Grüße", encoding="latin-1")
    assert one.routing_id == "Grüße".encode("latin-1")
    assert getter(one, zmq.ROUTING_ID, encoding="latin-1") == "Grüße"
    with pytest.raises(UnicodeDecodeError):
        getter(one, zmq.ROUTING_ID)


@pytest.mark.parametrize("setter", STRING_SETTERS)
def test_strings_only(setter: Any, socket: Any) -> None:
    """set_string takes a str, and no option that is no string."""
    one = socket(zmq.PAIR)
    for value in (b"x", 5, None):
        with pytest.raises(TypeError, match="strings only"):
            setter(one, zmq.ROUTING_ID, value)
    with pytest.raises(TypeError, match="LINGER"):
        setter(one, zmq.LINGER, "x")
    with pytest.raises(UnicodeEncodeError):
        setter(one, zmq.ROUTING_ID, "\ud800")
    with pytest.raises(LookupError):
        setter(one, zmq.ROUTING_ID, "x", "nonsense")


@pytest.mark.parametrize("getter", STRING_GETTERS)
def test_numbers_are_no_strings(getter: Any, socket: Any) -> None:
    """get_string of a number is a TypeError, of what is no option a ValueError."""
    one = socket(zmq.PAIR)
    with pytest.raises(TypeError, match="will not return a string"):
        getter(one, zmq.LINGER)
    for option in (9999, "x", None, []):
        with pytest.raises(ValueError, match="SocketOption"):
            getter(one, option)


def test_attributes_take_bytes_only(socket: Any) -> None:
    """Assigning a str to a bytes option is refused, except for subscriptions."""
    one = socket(zmq.SUB)
    with pytest.raises(TypeError, match="unicode not allowed"):
        one.routing_id = "x"
    one.subscribe = "x"


# --- several options at once ----------------------------------------------------------------------


def test_hwm(socket: Any) -> None:
    """hwm sets both high water marks and reads that of sending, in every form."""
    one = socket(zmq.DEALER)
    for number, name in enumerate(("hwm", "HWM", "Hwm")):
        setattr(one, name, number + 5)
        assert one.sndhwm == one.rcvhwm == number + 5
        assert one.hwm == one.HWM == one.get_hwm() == number + 5
    one.set_hwm(0)
    assert (one.sndhwm, one.rcvhwm) == (0, 0)
    one.sndhwm, one.rcvhwm = 1, 2
    assert one.hwm == 1


@pytest.mark.parametrize("value", ["x", None, 1.5, b"x", 2**31])
def test_wrong_hwm(value: Any, socket: Any) -> None:
    """A high water mark that is no int, or does not fit, changes nothing."""
    one = socket(zmq.DEALER)
    with pytest.raises((TypeError, OverflowError)):
        one.hwm = value
    with pytest.raises((TypeError, OverflowError)):
        one.set_hwm(value)
    assert one.hwm == 1000


def test_negative_hwm(socket: Any) -> None:
    """A negative high water mark is EINVAL."""
    with pytest.raises(zmq.ZMQError) as raised:
        socket(zmq.DEALER).hwm = -1
    assert raised.value.errno == zmq.EINVAL


# --- subscriptions --------------------------------------------------------------------------------

SUBSCRIBING: dict[str, Callable[[zmq.Socket, bytes], None]] = {
    "method": lambda socket, topic: socket.subscribe(topic),
    "method with str": lambda socket, topic: socket.subscribe(topic.decode()),
    "set": lambda socket, topic: socket.set(zmq.SUBSCRIBE, topic),
    "setsockopt": lambda socket, topic: socket.setsockopt(zmq.SUBSCRIBE, topic),
    "setsockopt_string": lambda socket, topic: socket.setsockopt_string(
        zmq.SUBSCRIBE, topic.decode()
    ),
    "attribute": lambda socket, topic: setattr(socket, "subscribe", topic),
    "ATTRIBUTE": lambda socket, topic: setattr(socket, "SUBSCRIBE", topic),
    "Attribute": lambda socket, topic: setattr(socket, "Subscribe", topic),
    "attribute with str": lambda socket, topic: setattr(socket, "subscribe", topic.decode()),
}


@pytest.mark.parametrize("subscribe", SUBSCRIBING.values(), ids=SUBSCRIBING)
def test_subscribe(subscribe: Any, socket: Any) -> None:
    """A subscription, in any form, lets those messages in that begin with it."""
    publisher, subscriber = socket(zmq.XPUB), socket(zmq.SUB)
    publisher.bind("inproc://topics")
    subscriber.connect("inproc://topics")
    subscribe(subscriber, b"wanted")
    assert publisher.recv() == b"\x01wanted"
    publisher.send(b"unwanted")
    publisher.send(b"wanted and got")
    assert subscriber.recv() == b"wanted and got"


@pytest.mark.parametrize("form", ["method", "str", "attribute", "ATTRIBUTE", "set"])
def test_unsubscribe(form: str, socket: Any) -> None:
    """Unsubscribing, in any form, takes one subscription back."""
    publisher, subscriber = socket(zmq.XPUB), socket(zmq.SUB)
    publisher.bind("inproc://topics")
    subscriber.connect("inproc://topics")
    subscriber.subscribe(b"a")
    assert publisher.recv() == b"\x01a"
    if form == "method":
        subscriber.unsubscribe(b"a")
    elif form == "str":
        subscriber.unsubscribe("a")
    elif form == "set":
        subscriber.set(zmq.UNSUBSCRIBE, b"a")
    else:
        setattr(subscriber, {"attribute": "unsubscribe"}.get(form, "UNSUBSCRIBE"), b"a")
    assert publisher.recv() == b"\x00a"


@pytest.mark.parametrize("topic", [5, None, 1.5, ["x"]])
def test_topics_are_text_or_bytes(topic: Any, socket: Any) -> None:
    """A topic that is neither bytes nor str is a TypeError."""
    one = socket(zmq.SUB)
    for operation in (one.subscribe, one.unsubscribe):
        with pytest.raises(TypeError):
            operation(topic)
    with pytest.raises(TypeError):
        one.subscribe = topic


def test_only_sub_subscribes(socket: Any) -> None:
    """Subscribing with another type is EINVAL; unsubscribing from what is unknown is nothing."""
    one = socket(zmq.PULL)
    for operation in (one.subscribe, one.unsubscribe):
        with pytest.raises(zmq.ZMQError) as raised:
            operation(b"")
        assert raised.value.errno == zmq.EINVAL
    socket(zmq.SUB).unsubscribe(b"never subscribed")


# --- options that do something --------------------------------------------------------------------


def test_descriptor(connected: Any) -> None:
    """fileno() is the FD option, and turns readable when there is news."""
    a, b = connected(zmq.PAIR, zmq.PAIR)
    assert b.fileno() == b.fd == b.FD == b.get(zmq.FD)
    while b.get(zmq.EVENTS) & zmq.POLLIN or select.select([b], [], [], 0)[0]:
        pass
    a.send(b"x")
    assert select.select([b], [], [], 5)[0] == [b]
    assert b.events == b.EVENTS == zmq.POLLIN | zmq.POLLOUT
    b.recv()
    assert b.get(zmq.EVENTS) == zmq.POLLOUT


def test_routing_id_names_a_peer(connected: Any, socket: Any) -> None:
    """The routing id is what a ROUTER calls the peer."""
    router, dealer = socket(zmq.ROUTER), socket(zmq.DEALER, identity=b"me\0")
    assert dealer.routing_id == dealer.identity == dealer.IDENTITY == b"me\0"
    router.bind("inproc://router")
    dealer.connect("inproc://router")
    dealer.send(b"x")
    assert router.recv_multipart() == [b"me\0", b"x"]


@pytest.mark.capability("curve")
def test_curve_keys(socket: Any) -> None:
    """Keys are set as 32 bytes or 40 characters, and read as 40 characters."""
    one = socket(zmq.PAIR)
    public, secret = zmq.curve_keypair()
    one.curve_publickey, one.curve_secretkey, one.curve_serverkey = public, secret, public
    assert (one.curve_publickey, one.curve_secretkey) == (public, secret)
    assert one.mechanism == zmq.CURVE
    one.curve_publickey = b"\0" * 32
    assert one.curve_publickey == b"0" * 40
    for wrong in (b"", b"x" * 31, b"x" * 33, b"x" * 39, b"x" * 42, b"x" * 1000):
        with pytest.raises(zmq.ZMQError) as raised:
            one.curve_secretkey = wrong
        assert raised.value.errno == zmq.EINVAL


@pytest.mark.libzmq("4.0")
def test_names_and_passwords(socket: Any) -> None:
    """Names and passwords come back without the NUL that C puts behind them."""
    one = socket(zmq.PAIR, plain_username=b"user", plain_password=b"secret")
    assert (one.plain_username, one.plain_password) == (b"user", b"secret")
    assert one.mechanism == zmq.PLAIN
    one.zap_domain = b"domain"
    assert one.zap_domain == b"domain"
    assert one.get_string(zmq.ZAP_DOMAIN) == "domain"


def test_timeouts_act_at_once(socket: Any) -> None:
    """A time-out counts from the next call on, also on a connected socket."""
    one = socket(zmq.PULL)
    one.bind("inproc://x")
    one.rcvtimeo = 1
    with pytest.raises(zmq.Again):
        one.recv()


def test_old_names(socket: Any) -> None:
    """Options that were renamed are known by both names."""
    one = socket(zmq.PAIR, identity=b"x")
    assert one.routing_id == b"x"
    assert zmq.IDENTITY == zmq.ROUTING_ID
    assert zmq.CONNECT_RID == zmq.CONNECT_ROUTING_ID
    if zmq.zmq_version_info() >= (4, 0):
        one.delay_attach_on_connect = 1
        assert one.immediate == 1


# --- options that this libzmq has not -------------------------------------------------------------

MISSING = [
    option
    for option in SocketOption
    if (
        (option in OPTION_SINCE and zmq.zmq_version_info() < OPTION_SINCE[option])
        or (option in DRAFT_OPTIONS and not zmq.DRAFT_API)
    )
]


@pytest.mark.parametrize("option", MISSING, ids=lambda option: option.name)
def test_missing_options(option: SocketOption, socket: Any) -> None:
    """What this libzmq lacks is a ZMQVersionError that says so; also EINVAL, and no attribute."""
    one = socket(zmq.ROUTER)
    value: Any = b"x" if KINDS[option] in (BYTES, KEY) else 1
    for operation in (lambda: one.get(option), lambda: one.set(option, value)):
        with pytest.raises(zmq.ZMQVersionError, match=option.name) as raised:
            operation()
        assert zmq.zmq_version() in str(raised.value)
        assert isinstance(raised.value, zmq.ZMQError)
        assert raised.value.errno == zmq.EINVAL
        assert raised.value.strerror == str(raised.value)
        repr(raised.value)
    for name in (option.name, option.name.lower()):
        assert not hasattr(one, name)


@pytest.mark.parametrize("option", MISSING, ids=lambda option: option.name)
def test_missing_options_as_defaults(option: SocketOption, context: zmq.Context) -> None:
    """A default that this libzmq lacks is passed over, as one that the type lacks."""
    context.setsockopt(option, b"x" if KINDS[option] in (BYTES, KEY) else 1)
    context.socket(zmq.PAIR).close()


def test_events_after_every_receive(connected: Any) -> None:
    """EVENTS says what can be done now."""
    push, pull = connected(zmq.PUSH, zmq.PULL)
    assert push.get(zmq.EVENTS) == zmq.POLLOUT
    assert pull.get(zmq.EVENTS) == 0
    push.send(b"x")
    until(lambda: pull.get(zmq.EVENTS) == zmq.POLLIN)
    pull.recv()
    assert pull.get(zmq.EVENTS) == 0
