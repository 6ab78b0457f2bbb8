"""``bannasar serve``."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from cli.actor import now, operator
from cli.common import ArchiveOption, open_archive, out, warn
from cli.terminal import Text
from models.errors import UsageError
from web.certificate import end_of, own_certificate
from web.server import Listening
from web.server import serve as serve_room

_SOON = timedelta(days=14)


def serve(
    archive: ArchiveOption = None,
    accounts: Annotated[
        bool, typer.Option("--accounts", help="Let nobody in without an account: for a server behind a proxy.")
    ] = False,
    host: Annotated[
        str, typer.Option(help="The address to listen on; other machines can reach it unless it is loopback.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 for one that is free.")] = 0,
    certificate: Annotated[Path | None, typer.Option(metavar="FILE", help="The certificate for HTTPS, as PEM.")] = None,
    key: Annotated[Path | None, typer.Option(metavar="FILE", help="The certificate's private key, as PEM.")] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST", help="The name at which a proxy with HTTPS offers it; can be repeated."),
    ] = None,
) -> None:
    """Open the archive in a browser: search, read, cite and verify, in Khmer, French or English.

    On this machine you need no account: open the address that it prints. The address works once, for the person who
    started it. For other machines it needs accounts (`bannasar users add`) and HTTPS. Without --certificate it makes a
    certificate of its own, keeps it next to the archive's signing key, renews it, and prints its fingerprint: browsers
    warn about it. Go on only if the fingerprint in the warning is the same.

    Examples:
        bannasar serve

        bannasar serve --host 10.0.0.5 --port 8443

        bannasar serve --host 10.0.0.5 --port 8443 --certificate room.pem --key room.key
    """
    with open_archive(archive) as opened:
        settings = opened.settings
    where = Listening(host, port, certificate, key, tuple(name or ()), accounts)
    if certificate is not None:
        where = replace(where, renew=lambda: _warn_of_end(certificate, key))
        _warn_of_end(certificate, key)
    elif key is not None:
        raise UsageError("--key needs --certificate.", "Name both files, or none.")
    elif not where.is_loopback:
        folder = Path(settings.signing.key_file).expanduser().parent
        hosts = {one.strip("[]") for one in where.hosts}
        own = own_certificate(folder, hosts)
        where = replace(where, certificate=own.certificate, key=own.key, renew=lambda: own_certificate(folder, hosts))
        out.print(f"Its own certificate is {own.certificate}, SHA-256 fingerprint:")
        out.print(own.fingerprint)

    def announce(address: str) -> None:
        out.print("The reading room is open. Open this address in a browser; Ctrl-C closes it:")
        out.print(Text(address, style="bold"))

    serve_room(settings, operator(), where, announce)


def _warn_of_end(certificate: Path, key: Path | None) -> None:
    """Warn if a certificate has ended or ends soon; raises if it cannot be used."""
    end = end_of(certificate, key or certificate)
    if end - now() < _SOON:
        verb = "ended" if end < now() else "ends"
        warn(f"The certificate {certificate} {verb} on {end:%Y-%m-%d}; then browsers refuse it. Renew it.")
