# SPDX-License-Identifier: BSD-3-Clause
"""Ask through ssh: ``tunnelled_client.py SSH_SERVER [ENDPOINT] [HOW_MANY] [KEY]``.

SSH_SERVER is ``[user@]host[:port]``, and ENDPOINT that of hello_server.py as the ssh
server sees it.
"""

import sys

import zmq
from zmq import ssh


def main(
    server: str,
    endpoint: str = "tcp://127.0.0.1:5555",
    count: str = "3",
    key: str = "",
) -> None:
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        # The tunnel ends with this program, or with tunnel.close().
        tunnel = ssh.tunnel_connection(socket, endpoint, server, keyfile=key or None)
        print(tunnel, flush=True)
        for number in range(int(count)):
            socket.send_string(f"Hello {number}")
            print("answered:", socket.recv_string(), flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
