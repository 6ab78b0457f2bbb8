"""The entry point ``bannasar``."""


def main() -> None:
    """Run the command line."""
    # Each worker of a run imports this module again as it starts, and needs none of the commands.
    from cli.app import app  # noqa: PLC0415

    app()
