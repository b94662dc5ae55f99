# SPDX-License-Identifier: BSD-3-Clause
"""Make the keys of the other examples: ``make_certificates.py [FOLDER]``.

Each has a pair of files, of which the one that ends with ``.key`` may be given away. The
folder ``authorized`` is what the server knows of its clients: public keys only.
"""

import shutil
import sys
from pathlib import Path

from zmq.auth import create_certificates


def main(folder: str = "certificates") -> None:
    secret = Path(folder)
    authorized = secret / "authorized"
    authorized.mkdir(parents=True, exist_ok=True)
    for name in ("server", "client", "stranger"):
        public_path, secret_path = create_certificates(secret, name)
        print("made", public_path, "and", secret_path)
    shutil.copy(secret / "client.key", authorized)


if __name__ == "__main__":
    main(*sys.argv[1:])
