"""The entry point ``bannasar``."""


def main() -> None:
    """Run the command line."""
    # Each worker of a run imports this module again as it starts, and needs none of the commands.
    from cli.app import app  # noqa: PLC0415
    from cli.streams import OutputLostError, standard_streams  # noqa: PLC0415

    with standard_streams():
        try:
            app()
        except OutputLostError:  # standard_streams handles it
            raise
        except Exception as error:
            # The module that handles errors takes longer to load than the help takes to print.
            from cli.edge import end_with  # noqa: PLC0415

            end_with(error)
