# SPDX-License-Identifier: BSD-3-Clause
"""Devices: proxies that are described first and run later, here, in a thread or in a process.

>>> import zmq
>>> from zmq.devices import ThreadProxy
>>> broker = ThreadProxy(zmq.ROUTER, zmq.DEALER)
>>> front = broker.bind_in_to_random_port("tcp://127.0.0.1")
>>> back = broker.bind_out_to_random_port("tcp://127.0.0.1")
>>> broker.start()
"""

from __future__ import annotations

from zmq import proxy

from .basedevice import Device, ProcessDevice, ThreadDevice
from .monitoredqueue import monitored_queue
from .monitoredqueuedevice import MonitoredQueue, ProcessMonitoredQueue, ThreadMonitoredQueue
from .proxydevice import ProcessProxy, Proxy, ThreadProxy
from .proxysteerabledevice import ProcessProxySteerable, ProxySteerable, ThreadProxySteerable

__all__ = [
    "Device",
    "MonitoredQueue",
    "ProcessDevice",
    "ProcessMonitoredQueue",
    "ProcessProxy",
    "ProcessProxySteerable",
    "Proxy",
    "ProxySteerable",
    "ThreadDevice",
    "ThreadMonitoredQueue",
    "ThreadProxy",
    "ThreadProxySteerable",
    "monitored_queue",
    "proxy",
]
