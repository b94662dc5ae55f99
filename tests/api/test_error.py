# SPDX-License-Identifier: BSD-3-Clause
"""The exception classes: what they say, how they are made, that they travel."""

from __future__ import annotations

import copy
import errno
import os
import pickle
from typing import Any

import pytest

from zmq import error
from zmq.constants import EAGAIN, EFSM, EHOSTUNREACH, EMTHREAD, ENOCOMPATPROTO, ETERM

FIXED = [
    (error.Again, EAGAIN, os.strerror(errno.EAGAIN)),
    (error.ContextTerminated, ETERM, "Context was terminated"),
]


def test_error_of_a_number_has_its_text() -> None:
    """ZMQError(number) takes the text from libzmq and shows it in str, repr and strerror."""
    exc = error.ZMQError(errno.EINVAL)
    text = os.strerror(errno.EINVAL)
    assert (exc.errno, exc.strerror, exc.args) == (errno.EINVAL, text, (errno.EINVAL,))
    assert (str(exc), repr(exc)) == (text, f"ZMQError('{text}')")


def test_message_replaces_the_text() -> None:
    """A message given is the text, the number stays."""
    exc = error.ZMQError(errno.EINVAL, "no such thing")
    assert (exc.errno, exc.strerror, str(exc)) == (errno.EINVAL, "no such thing", "no such thing")
    assert str(error.ZMQError(errno=errno.EINVAL, msg="")) == ""


def test_error_of_no_number_is_the_text_itself() -> None:
    """What is no int is taken for the text of an error without a number."""
    exc = error.ZMQError("text")  # type: ignore[arg-type]
    assert (exc.errno, exc.strerror, str(exc)) == (None, "text", "text")
    assert str(error.ZMQError("text", "message")) == "message"  # type: ignore[arg-type]


def test_error_without_argument_asks_for_the_current_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """ZMQError() is the error of the thread's current error number."""
    monkeypatch.setattr(error, "_current_errno", lambda: errno.EFAULT)
    assert error.ZMQError().errno == errno.EFAULT
    assert error.ZMQError(msg="text").errno == errno.EFAULT


def test_text_is_looked_up_only_when_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Making an error looks nothing up, reading its text does so once."""
    asked: list[int] = []

    def strerror(errnum: int) -> str:
        asked.append(errnum)
        return "looked up"

    monkeypatch.setattr(error, "_strerror", strerror)
    exc = error.Again()
    assert asked == []
    assert [str(exc), exc.strerror, repr(exc)] == ["looked up"] * 2 + ["Again('looked up')"]
    assert asked == [EAGAIN]


def test_text_of_what_is_no_c_int(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error number too big for C still makes an error that can be printed."""
    monkeypatch.setattr(error, "_strerror", os.strerror)
    assert str(error.ZMQError(10**30)) == f"Unknown error {10**30}"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (EFSM, "Operation cannot be accomplished in current state"),
        (ENOCOMPATPROTO, "The protocol is not compatible with the socket type"),
        (ETERM, "Context was terminated"),
        (EMTHREAD, "No thread available"),
        (EHOSTUNREACH, "Host unreachable"),
    ],
)
def test_numbers_of_libzmq_have_its_texts(number: int, text: str) -> None:
    """libzmq's own error numbers have libzmq's texts, whether or not libzmq is asked."""
    assert error._default_strerror(number) == text
    if number > errno.EHOSTUNREACH:  # older releases leave that to the system
        assert str(error.ZMQError(number)) == text


@pytest.mark.parametrize(("cls", "number", "text"), FIXED)
@pytest.mark.parametrize("args", [(), (errno.EINVAL,), (errno.EINVAL, "text"), ("text",)])
def test_class_of_one_number_ignores_its_arguments(
    cls: Any, number: int, text: str, args: tuple[Any, ...]
) -> None:
    """Again and ContextTerminated are always of their number and text."""
    exc = cls(*args)
    assert (exc.errno, str(exc), exc.args) == (number, text, args)
    assert cls.errno is None


def test_interrupted_call_is_also_pythons() -> None:
    """InterruptedSystemCall is caught as InterruptedError and has EINTR, whatever it is given."""
    exc = error.InterruptedSystemCall(errno.EINVAL, "text")  # type: ignore[arg-type]
    assert isinstance(exc, InterruptedError)
    assert exc.errno == error.InterruptedSystemCall.errno == errno.EINTR
    assert exc.strerror == os.strerror(errno.EINTR)
    assert str(exc).startswith(f"{os.strerror(errno.EINTR)}: This call should have been retried")


def test_version_error_names_both_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """ZMQVersionError says what is missing, what it needs and what is loaded."""
    monkeypatch.setattr(error, "_libzmq_version", lambda: (4, 1, 5))
    exc = error.ZMQVersionError("4.2", "draft")
    assert (exc.msg, exc.min_version, exc.version) == ("draft", "4.2", "4.1.5")
    assert str(exc) == "draft requires libzmq >= 4.2, have 4.1.5"
    assert repr(exc) == "ZMQVersionError('draft requires libzmq >= 4.2, have 4.1.5')"
    assert str(error.ZMQVersionError("4.2")).startswith("Feature requires")
    assert isinstance(exc, NotImplementedError)
    assert not isinstance(exc, error.ZMQBaseError)


@pytest.mark.parametrize(
    "exc",
    [
        error.ZMQError(errno.EINVAL),
        error.ZMQError(errno.EINVAL, "text"),
        error.ZMQError(errno=errno.EINVAL, msg="text"),
        error.Again(),
        error.ContextTerminated(),
        error.InterruptedSystemCall(),
        error.ZMQBindError("text"),
        error.NotDone("text"),
        error.ZMQVersionError("4.9", "thing"),
        error.DraftFDWarning("text"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("read_first", [False, True])
def test_exceptions_survive_pickling_and_copying(exc: Exception, read_first: bool) -> None:
    """A pickled or copied exception has the class, number and text of the original."""
    if read_first:
        str(exc)
    for twin in (pickle.loads(pickle.dumps(exc)), copy.copy(exc), copy.deepcopy(exc)):
        assert type(twin) is type(exc)
        assert (str(twin), repr(twin), twin.args) == (str(exc), repr(exc), exc.args)
        assert getattr(twin, "errno", None) == getattr(exc, "errno", None)


def test_draft_warning_has_a_text_of_its_own() -> None:
    """DraftFDWarning explains itself unless given another text."""
    assert "DraftFDWarning" in str(error.DraftFDWarning())
    assert str(error.DraftFDWarning("text")) == "text"
    assert issubclass(error.DraftFDWarning, RuntimeWarning)


@pytest.mark.parametrize(
    ("number", "cls"),
    [
        (errno.EAGAIN, error.Again),
        (int(ETERM), error.ContextTerminated),
        (errno.EINTR, error.InterruptedSystemCall),
        (errno.EINVAL, error.ZMQError),
    ],
)
def test_error_number_chooses_the_class(number: int, cls: type[error.ZMQError]) -> None:
    """EAGAIN, ETERM and EINTR have classes of their own; all are ZMQError."""
    assert error._error_class(number) is cls
    with pytest.raises(error.ZMQError) as caught:
        error._check_rc(-1, number)
    assert type(caught.value) is cls
    assert caught.value.errno == number


def test_check_rc_takes_only_minus_one_for_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any result but -1 passes, and -1 without an error number if so asked."""
    monkeypatch.setattr(error, "_current_errno", lambda: 0)
    for rc in (0, 1, -2):
        error._check_rc(rc, errno.EINVAL)
    error._check_rc(-1, error_without_errno=False)
    with pytest.raises(error.ZMQError):
        error._check_rc(-1)


def test_check_version_compares_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """_check_version passes from the version named on, and names both versions if not."""
    monkeypatch.setattr(error, "_libzmq_version", lambda: (4, 10, 0))
    error._check_version((4, 9, 1), "thing")
    error._check_version((4, 10), "thing")
    with pytest.raises(
        error.ZMQVersionError, match=r"thing requires libzmq >= 4\.11, have 4\.10\.0"
    ):
        error._check_version((4, 11), "thing")
