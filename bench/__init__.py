# SPDX-License-Identifier: BSD-3-Clause
"""How fast zmq-ctypes is beside pyzmq: ``python -m bench`` in a clone of the repository.

=================  ========================================================================
``table.py``       what is measured and how much it may cost; data only
``cases.py``       the code that is timed: the public API of zmq and nothing else
``growth.py``      the same for what only the curves need
``wiring.py``      sockets for cases, closed when their block ends
``partner.py``     what the other process does in cases of two processes
``worker.py``      a long-lived process of one side, which times cases when told to
``limit.c``        the least these operations can cost: libzmq used from C
``places.py``      virtual environments with pyzmq and pyomq, and where they are kept
``sides.py``       the driver's view of a worker, and of the C program
``machine.py``     what the figures were measured on
``assemble.py``    which sides there are on this machine
``measure.py``     the rounds: every case on every side in turn
``stats.py``       minimum, median, ratios and their spread
``report.py``      the table and the JSON
``picture.py``     which pictures there are, and into which files
``svg.py``         the pictures, drawn without help; ``png.py``: by matplotlib
=================  ========================================================================

The cases and what they import run in workers. The rest is the driver, which never imports zmq.
"""
