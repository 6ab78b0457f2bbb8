"""The entry point ``bannasar``."""

import gc
import sys


def main() -> None:
    """Run the command line."""
    if "cli.app" not in sys.modules:
        # Loading makes no garbage: to look for it takes a tenth of a short command. `cli.app` lets Python look again.
        gc.disable()
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
