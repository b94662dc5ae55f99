# SPDX-License-Identifier: BSD-3-Clause
"""Authentication: who may connect, by address, password or key.

>>> import zmq
>>> from zmq.auth.thread import ThreadAuthenticator
>>> context = zmq.Context()
>>> auth = ThreadAuthenticator(context)
>>> auth.start()
>>> auth.configure_plain(domain="*", passwords={"admin": "secret"})

The handler is run by ``zmq.auth.thread`` or ``zmq.auth.asyncio``; ``zmq.auth.certs`` has the
files that CURVE keys are kept in.
"""

from __future__ import annotations

from .base import CURVE_ALLOW_ANY, Authenticator
from .certs import create_certificates, load_certificate, load_certificates

__all__ = [
    "CURVE_ALLOW_ANY",
    "Authenticator",
    "create_certificates",
    "load_certificate",
    "load_certificates",
]
