# SPDX-License-Identifier: BSD-3-Clause
"""Print a CURVE key pair: ``python -m zmq.curve_keygen``."""

from __future__ import annotations

import argparse
import sys

import zmq

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a new key pair, or that of a given secret key.

    Parameters
    ----------
    arguments : list of str; those of the command line by default

    Returns
    -------
    int, the exit status
    """
    parser = argparse.ArgumentParser(
        prog="python -m zmq.curve_keygen",
        description="Print a new CURVE key pair, as 40 characters of Z85 each.",
    )
    parser.add_argument("--json", action="store_true", help="print a JSON object")
    parser.add_argument(
        "--secret",
        help="print the pair of this secret key instead; - reads it from standard input, which, "
        "unlike a command line, other users do not see",
    )
    options = parser.parse_args(arguments)
    try:
        public, secret = _pair(options.secret)
    except (ValueError, zmq.ZMQError, zmq.ZMQVersionError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    _show(public, secret, options.json)
    return 0


def _pair(secret: str | None) -> tuple[str, str]:
    if secret is None:
        public_key, secret_key = zmq.curve_keypair()
        return public_key.decode("ascii"), secret_key.decode("ascii")
    if secret == "-":
        secret = sys.stdin.readline().strip()
    return zmq.curve_public(secret).decode("ascii"), secret


def _show(public: str, secret: str, as_json: bool) -> None:
    if as_json:
        import json

        print(json.dumps({"public": public, "secret": secret}, indent=1))
    else:
        print(f"== CURVE PUBLIC KEY ==\n{public}\n\n== CURVE SECRET KEY ==\n{secret}")


if __name__ == "__main__":
    sys.exit(main())
