"""The command that opens the window: serve."""

from __future__ import annotations

import logging
import socket
from pathlib import Path
from typing import Annotated

import typer

from analytics.errors import UsageError

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
THREADS = 4


def serve(
    stores: Annotated[list[Path], typer.Argument(metavar="STORE...", help="One store or several; never pooled.")],
    host: Annotated[str, typer.Option(help="Address to listen on; only this machine's own for now.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8050,
) -> None:
    """Show STORE in a browser on this machine, until Ctrl-C."""
    if host not in LOOPBACK_HOSTS:
        raise UsageError(
            f"The dashboard listens on this machine only, not on «{host}».",
            "--host",
            "It has no accounts yet: anyone who reaches it could read every patient. Use 127.0.0.1, "
            "and an SSH tunnel from elsewhere.",
        )
    with claim_port(host, port) as listener:
        typer.echo("Opening the study…", err=True)
        from waitress.server import create_server

        from dashboards.app import create_app, warm_up
        from dashboards.shelf import open_shelf

        shelf = open_shelf(stores)
        app = create_app(shelf)
        warm_up(app, shelf)
        # a page asks for several panels at once; that they queue for a moment is no news
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        server = create_server(app.server, sockets=[listener], threads=THREADS, ident=None)
        typer.echo(f"The dashboard is at http://{host}:{port}/", err=True)
        typer.echo("It answers this machine only. Press Ctrl-C here to stop it; nothing is lost.", err=True)
        server.run()
        server.close()
    typer.echo("The dashboard has stopped.", err=True)


def claim_port(host: str, port: int) -> socket.socket:
    """Return a socket bound to the port, before anything slow is done.

    Raises
    ------
    UsageError
        If the port is taken or not allowed.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as problem:
        listener.close()
        raise UsageError(
            f"Port {port} cannot be used ({problem.strerror}).", "--port", "Choose another, e.g. --port 8051."
        ) from None
    return listener
