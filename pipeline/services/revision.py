"""The next version of a case file, when a person changed something about it."""

from datetime import datetime
from pathlib import Path
from typing import Any

from models.actor import Actor
from models.case import CaseFile
from pipeline.archive.journal import history_with
from pipeline.page.recipe import own_version


def revised(case: CaseFile, bag: Path, actor: Actor, at: datetime, reason: str, **changes: Any) -> CaseFile:  # noqa: ANN401  # of the record's fields' types
    """Return a case file with changes, as a version after the one in a bag. No scan is read again for it.

    Args:
        case: the case file as it is.
        bag: its bag, which names the version in the history.
        actor: who changes it.
        at: when, aware, to the second.
        reason: the change in words.
        changes: other values of the record's fields.
    """
    return case.model_copy(
        update={
            **changes,
            "created": at,
            "software": {**case.software, "bannasar": own_version()},
            "operator": actor.name,
            "reason": reason,
            "read": (),
            "history": history_with(case, bag),
        }
    )
