"""The entry point ``bannasar``."""


def main() -> None:
    """Run the command line."""
    # Each worker of a run imports this module again as it starts, and needs none of the commands.
    from cli.app import app  # noqa: PLC0415
    from cli.edge import edge  # noqa: PLC0415
    from cli.streams import standard_streams  # noqa: PLC0415

    with standard_streams(), edge():
        app()
