"""Who types the commands: the only place that asks the operating system."""

import os
import pwd
import socket

from models.actor import Actor, ActorKind


def operator() -> Actor:
    """Return the account that this process runs under, and the machine."""
    try:
        account = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # in a container, often
        account = str(os.getuid())
    return Actor(name=f"{account}@{socket.gethostname()}", kind=ActorKind.OPERATOR)
