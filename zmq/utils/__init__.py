# SPDX-License-Identifier: BSD-3-Clause
"""Small tools around zmq: JSON, Z85, monitor events, addresses from other bindings."""
