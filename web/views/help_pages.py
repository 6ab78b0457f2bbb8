"""Help: a page for each screen, an overview of them, and the exercises of a training archive."""

from starlette.responses import Response

from models.errors import NotFoundError
from models.message import Message
from web.room import Asked
from web.training import EXERCISES

TOPICS = {
    "search": Message("Searching"),
    "page": Message("Reading a page"),
    "case": Message("A case file"),
    "browse": Message("Browsing"),
    "names": Message("Searching a list of names"),
    "reports": Message("Reporting a mistake"),
    "verify": Message("Verifying"),
    "sign-in": Message("Signing in"),
}
"""The topics, each with its title; ``templates/help`` has a file for each."""


def overview(asked: Asked) -> Response:
    """Show what help there is."""
    return asked.page("help.html", topics=TOPICS, topic="")


def topic(asked: Asked) -> Response:
    """Show the help for a screen."""
    name = asked.request.path_params["topic"]
    if name not in TOPICS:
        raise NotFoundError("There is no such topic.")
    return asked.page("help.html", topics=TOPICS, topic=name)


def exercises(asked: Asked) -> Response:
    """Show the exercises of a training archive, and which of them are done."""
    reader, training = asked.reader, asked.room.training
    if training is None:
        raise NotFoundError("This is not a training archive.")
    return asked.page("exercises.html", exercises=EXERCISES, done=training.done(reader))
