"""The port that the reading room listens on."""

import errno
import socket

from models.errors import UsageError


def bound(host: str, port: int) -> socket.socket:
    """Return a socket that has an address and a port; port 0 means a free one.

    Raises:
        UsageError: the port is taken or may not be used, or the address is not one of this machine.
        OSError: something else prevents it.
    """
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
    except OSError as error:
        made.close()
        raise _explained(error, host, port) from error
    return made


def _explained(error: OSError, host: str, port: int) -> Exception:
    if isinstance(error, socket.gaierror) or error.errno in {errno.EADDRNOTAVAIL, errno.EINVAL}:
        return UsageError(f"{host} is not an address of this machine.", "`hostname -I` lists its addresses.")
    if error.errno == errno.EADDRINUSE:
        return UsageError(
            f"Another program listens on port {port}, perhaps another `bannasar serve`.",
            "End it, or choose another port with --port.",
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return UsageError(
            f"This account may not listen on port {port}.",
            "Choose one from 1024 on with --port. A proxy can offer it on 443: docs/reading-room.md.",
        )
    return error
