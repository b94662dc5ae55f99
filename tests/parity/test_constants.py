# SPDX-License-Identifier: BSD-3-Clause
"""The constants beyond names and numbers: how they look, travel and combine."""

from __future__ import annotations

import copy
import errno
import json
import pickle
import sys
from enum import Enum, IntEnum, IntFlag
from pathlib import Path

import pytest

from zmq import constants

API = json.loads((Path(__file__).parent / "pyzmq-27.3-api.json").read_text(encoding="utf-8"))

ENUMS = [
    value
    for name, value in vars(constants).items()
    if isinstance(value, type) and issubclass(value, Enum) and name in constants.__all__
    if value.__module__ == "zmq.constants"
]
MEMBERS = [(enum, name, member) for enum in ENUMS for name, member in enum.__members__.items()]
PREFIXES = {
    "Event": "EVENT_",
    "NormMode": "NORM_",
    "ReconnectStop": "RECONNECT_STOP_",
    "RouterNotify": "NOTIFY_",
}
REPR_IS_STR_OF_INT = sys.version_info >= (3, 11)


def test_there_are_thirteen_enums() -> None:
    """The module defines 13 enums and shows the 3 of the standard library that they build on."""
    assert len(ENUMS) == 13
    assert (constants.Enum, constants.IntEnum, constants.IntFlag) == (Enum, IntEnum, IntFlag)


def test_every_member_is_a_name_of_the_module() -> None:
    """Each enum member is, as the same object, also a name of the module, and in __all__."""
    for enum, name, member in MEMBERS:
        if not name.startswith("PROTOCOL_ERROR_"):
            name = PREFIXES.get(enum.__name__, "") + name
        assert getattr(constants, name) is member
        assert name in constants.__all__


def test_all_lists_260_names_once() -> None:
    """__all__ has the names of pyzmq's module, in any order, none twice, no more."""
    assert len(constants.__all__) == len(set(constants.__all__)) == 244 + 16
    assert set(constants.__all__) == set(API["modules"]["zmq.constants"]["names"])


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_members_survive_pickling_and_copying(protocol: int) -> None:
    """A member that was pickled or copied is the same object again."""
    for _, _, member in MEMBERS:
        assert pickle.loads(pickle.dumps(member, protocol)) is member
        assert copy.deepcopy(member) is member


def test_members_are_ints() -> None:
    """A member can be used as the number it stands for, and be made from it."""
    for enum, _, member in MEMBERS:
        assert isinstance(member, int)
        assert enum(int(member)) is member
        assert hash(member) == hash(int(member))


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("IDENTITY", "ROUTING_ID"),
        ("CONNECT_RID", "CONNECT_ROUTING_ID"),
        ("DELAY_ATTACH_ON_CONNECT", "IMMEDIATE"),
        ("FAIL_UNROUTABLE", "ROUTER_MANDATORY"),
        ("ROUTER_BEHAVIOR", "ROUTER_MANDATORY"),
        ("NOBLOCK", "DONTWAIT"),
        ("XREQ", "DEALER"),
        ("XREP", "ROUTER"),
        ("THREAD_PRIORITY", "SOCKET_LIMIT"),
        ("EVENT_ALL", "EVENT_ALL_V1"),
    ],
)
def test_alias_shows_the_current_name(alias: str, name: str) -> None:
    """An old name is the same member as the current one, and prints as that."""
    assert getattr(constants, alias) is getattr(constants, name)
    assert getattr(constants, alias).name == name.replace("EVENT_", "")


def test_how_members_print() -> None:
    """repr names the enum and the number; str is the Python version's choice."""
    assert repr(constants.LINGER) == "<SocketOption.LINGER: 17>"
    assert repr(constants.EVENT_ACCEPTED) == "<Event.ACCEPTED: 32>"
    assert str(constants.LINGER) == ("17" if REPR_IS_STR_OF_INT else "SocketOption.LINGER")


@pytest.mark.parametrize("enum", [e for e in ENUMS if not issubclass(e, IntFlag)])
def test_unknown_number_is_refused(enum: type[Enum]) -> None:
    """A number or text that is no value of an enum raises ValueError that names the enum."""
    for value in (987654, "LINGER", None):
        with pytest.raises(ValueError, match=f"is not a valid {enum.__name__}"):
            enum(value)


@pytest.mark.parametrize(
    "enum", [constants.Event, constants.Flag, constants.PollEvent], ids=lambda e: e.__name__
)
def test_flags_combine_within_their_enum(enum: type[IntFlag]) -> None:
    """Bits combined by |, & and ^ are of the same enum, also with plain and unknown ints."""
    first, second = list(enum)[:2]
    for combined in (first | second, first & second, first ^ second, first | 2**20, enum(0)):
        assert type(combined) is enum
    assert first | second == int(first) | int(second)


def test_option_types_are_pyzmqs() -> None:
    """Each socket option knows the C type of its value."""
    types = {name: m._opt_type.name for name, m in constants.SocketOption.__members__.items()}
    assert types == API["option_types"]


def test_errnos_are_the_platforms() -> None:
    """An Errno is the errno module's where that has the name, and libzmq's substitute if not."""
    for name, member in constants.Errno.__members__.items():
        assert member == getattr(errno, name, member)
        assert hasattr(errno, name) or 156384712 < member <= 156384712 + 54
    assert [constants.EFSM, constants.ENOCOMPATPROTO, constants.ETERM, constants.EMTHREAD] == [
        156384763,
        156384764,
        156384765,
        156384766,
    ]


def test_every_socket_option_has_a_first_release() -> None:
    """OPTION_SINCE knows each socket option but BLOCKY, which is a context option."""
    numbers = {int(option) for option in constants.SocketOption}
    assert set(constants.OPTION_SINCE) == numbers - {constants.BLOCKY}
    assert constants.OPTION_SINCE[constants.LINGER] < constants.OPTION_SINCE[constants.BUSY_POLL]
    assert constants.OPTION_SINCE[constants.ROUTING_ID] == (2, 1, 0)
    assert constants.OPTION_SINCE[constants.HELLO_MSG] == (4, 3, 3)


def test_every_context_option_has_a_first_release() -> None:
    """CONTEXT_OPTION_SINCE knows each context option, and the two that sockets have too."""
    options = {int(option) for option in constants.ContextOption}
    extra = {constants.IPV6, constants.BLOCKY, 10}
    assert set(constants.CONTEXT_OPTION_SINCE) == options | extra


def test_draft_options_are_of_42_or_later() -> None:
    """Draft builds, and so draft options, exist since libzmq 4.2."""
    for number in constants.DRAFT_OPTIONS:
        assert constants.OPTION_SINCE[number] >= (4, 2, 0)
    assert constants.ROUTER_NOTIFY in constants.DRAFT_OPTIONS
    assert constants.TOPICS_COUNT not in constants.DRAFT_OPTIONS
