# SPDX-License-Identifier: BSD-3-Clause
"""python -m zmq.curve_keygen"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from programs import LIBRARY, environment

pytestmark = pytest.mark.capability("curve")

PUBLIC = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
SECRET = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"


def keygen(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "zmq.curve_keygen", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        env=environment(PYTHONPATH=str(LIBRARY)),
        timeout=50,
        check=False,
    )


def keys(text: str) -> tuple[str, str]:
    """Return the (public, secret) key that it printed."""
    lines = text.splitlines()
    assert lines[0::3] == ["== CURVE PUBLIC KEY ==", "== CURVE SECRET KEY =="]
    return lines[1], lines[4]


def test_new_pair() -> None:
    """Each call prints another pair."""
    first, second = keys(keygen().stdout), keys(keygen().stdout)
    assert {len(key) for key in (*first, *second)} == {40}
    assert len({*first, *second}) == 4


@pytest.mark.libzmq("4.2")
def test_pair_of_a_secret_key() -> None:
    """The public key of a secret one is found, be it given as an argument or as input."""
    assert keys(keygen("--secret", SECRET).stdout) == (PUBLIC, SECRET)
    assert keys(keygen("--secret", "-", stdin=SECRET + "\n").stdout) == (PUBLIC, SECRET)


@pytest.mark.libzmq("4.2")
def test_json() -> None:
    """With --json the output is an object."""
    done = keygen("--json", "--secret", SECRET)
    assert json.loads(done.stdout) == {"public": PUBLIC, "secret": SECRET}


@pytest.mark.libzmq("4.2")
def test_wrong_secret_key() -> None:
    """What is no secret key is refused on one line, and not repeated."""
    done = keygen("--secret", "hushhush")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "hush" not in done.stderr
