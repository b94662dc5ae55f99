# SPDX-License-Identifier: BSD-3-Clause
"""Forwarding between two sockets: libzmq's proxy, and one that can be steered."""

from __future__ import annotations


def proxy(frontend, backend, capture=None):
    raise NotImplementedError


def proxy_steerable(frontend, backend, capture=None, control=None):
    raise NotImplementedError


def device(device_type, frontend, backend):
    raise NotImplementedError
