# SPDX-License-Identifier: BSD-3-Clause
"""Python's logging over ZeroMQ.

``zmq.log.handlers`` publishes records, ``zmq.log.listener`` feeds what was published back
into logging, ``zmq.log.records`` is the form in which records travel whole, and
``python -m zmq.log`` shows what a publisher says.
"""
