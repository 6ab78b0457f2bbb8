"""Mistakes on pages: readers report them, people who may correct answer them.

A report is kept with the accounts, and not in the journal, because a reader must be able to write one while a run holds
the archive. The audit log records who reported on which page and who answered; it is anchored in the journal. A
correction that follows from a report has its own line there.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from models.actor import ActorKind
from models.errors import BagError, ConflictError, NotFoundError, UsageError
from models.harmless import harmless
from models.message import Message
from models.page import PageRef
from pipeline.access.asker import Asker
from pipeline.access.audit import Deed
from pipeline.access.reports import Answer, Report, Reports, no_report
from pipeline.access.roles import Action
from pipeline.archive.archive import Archive
from pipeline.services.audit import note, notes_refusals, only_reads
from pipeline.services.open_case import CaseView, PageView, open_case
from pipeline.services.sight import known_box

__all__ = [
    "LONGEST",
    "LONGEST_WORDS",
    "Answer",
    "Report",
    "Reported",
    "answer",
    "open_reports",
    "own_reports",
    "report",
]

LONGEST = 1000
"""Characters of what is wrong, and of a reply."""
LONGEST_WORDS = 200
"""Characters of the words that are wrong."""

_MOST_OPEN = 20  # reports of a person that nobody has answered


@dataclass(frozen=True, slots=True)
class Reported:
    """A report, and the case file of its page; None if that page is not there any more, which only operators see."""

    report: Report
    view: CaseView | None

    @property
    def title(self) -> str:
        """The title of the case file."""
        return self.view.case.title if self.view else self.report.case


@notes_refusals
def report(archive: Archive, asker: Asker, page: PageView, words: str, text: str) -> Report:
    """Keep what a reader says is wrong on a page.

    Args:
        archive: the archive.
        asker: who reports it.
        page: the page, which is in the asker's sight.
        words: the words that are wrong, as they are on the page; "" for the page as a whole.
        text: what is wrong.

    Raises:
        NotAllowedError: the asker may not report.
        UsageError: nothing is said, or too much, or too many reports of this person wait.
        AuditUnusableError: it cannot be recorded, and the page is not public.
        AccessError: the reports cannot be used.
    """
    asker.must_be_allowed(Action.REPORT)
    words, text = _checked(words, LONGEST_WORDS), _checked(text, LONGEST)
    if not text:
        raise UsageError(Message("Say what is wrong."))
    kept = Reports(archive.folder)
    waiting = kept.of(asker.actor, _MOST_OPEN, only_waiting=True)
    if asker.actor.kind is not ActorKind.OPERATOR and len(waiting) == _MOST_OPEN:
        raise UsageError(Message("{n} reports of yours wait for an answer.", n=_MOST_OPEN), Message("Wait for one."))
    made = Report(
        by=asker.actor, at=asker.at, case=page.view.case.id, page=page.ref, words=" ".join(words.split()), text=text
    )
    note(archive, asker, Deed.REPORTED, _place(made), page.level)
    return kept.add(made)


def open_reports(archive: Archive, asker: Asker, box: str | None = None, most: int | None = None) -> list[Reported]:
    """Return the reports that wait for an answer, the oldest first; none about a page that the asker may not see.

    Args:
        archive: the archive.
        asker: who asks.
        box: only those on pages of this box, by its id or its folder.
        most: at most so many; None for all.

    Raises:
        NotAllowedError: the asker may not answer them.
        NotFoundError: the archive holds no such box.
        AccessError: the reports cannot be used.
    """
    asker.must_be_allowed(Action.CORRECT)
    only = known_box(archive, asker, box).id if box else None
    if only_reads(archive, asker):  # the accounts cannot be opened there
        return []
    found = _in_sight(archive, asker, Reports(archive.folder).waiting())
    return list(islice((one for one in found if only is None or (one.view and one.view.case.box == only)), most))


def own_reports(archive: Archive, asker: Asker, most: int | None = None) -> list[Reported]:
    """Return what the asker reported, the newest first; none about a page that the asker may not see any more.

    Args:
        archive: the archive.
        asker: who asks.
        most: at most so many, of the newest; None for all.

    Raises:
        NotAllowedError: the asker may not report.
        AccessError: the reports cannot be used.
    """
    asker.must_be_allowed(Action.REPORT)
    return list(_in_sight(archive, asker, Reports(archive.folder).of(asker.actor, most)))


@notes_refusals
def answer(archive: Archive, asker: Asker, number: int, how: Answer, reply: str) -> Report:
    """Answer a report, or dismiss it; the person who reported reads the reply.

    Raises:
        NotAllowedError: the asker may not answer.
        NotFoundError: there is no such report, or it is about a page that the asker may not see: one answer for both.
        UsageError: there is no reply, or too long a one.
        ConflictError: it is answered already.
        AuditUnusableError: it cannot be recorded, and the page is not public.
        AccessError: the reports cannot be used.
    """
    asker.must_be_allowed(Action.CORRECT)
    kept = Reports(archive.folder)
    found = next(_in_sight(archive, asker, [kept.get(number)]), None)
    if found is None:
        raise no_report(number)
    reply = _checked(reply, LONGEST)
    if not reply:
        raise UsageError(Message("Say why."))
    asked, view = found.report, found.view
    if asked.answer:
        raise ConflictError(Message("Report {n} is answered already.", n=number))
    note(archive, asker, Deed.REPORTED, f"{_place(asked)}/{number} {how}", view.level if view else asker.scope.level)
    done = asked.model_copy(update={"answer": how, "reply": reply, "answered_by": asker.actor, "answered_at": asker.at})
    kept.decide(done)
    return done


def _in_sight(archive: Archive, asker: Asker, reports: Iterable[Report]) -> Iterator[Reported]:
    known: dict[str, tuple[CaseView | None, frozenset[PageRef]]] = {}
    for one in reports:
        if one.case not in known:
            view = _opened(archive, asker, one.case)
            known[one.case] = view, frozenset(view.refs if view else ())
        view, shown = known[one.case]
        if one.page in shown or asker.scope.is_everything:
            yield Reported(one, view if one.page in shown else None)


def _opened(archive: Archive, asker: Asker, case: str) -> CaseView | None:
    try:
        return open_case(archive, asker, case)
    except (NotFoundError, BagError):
        return None


def _checked(text: str, longest: int) -> str:
    clean = harmless(text).strip()
    if len(clean) > longest:
        raise UsageError(Message("That is too long: {n} characters are allowed.", n=longest))
    return clean


def _place(report: Report) -> str:
    return f"{report.case}/{report.page.scan[:16]}/{report.page.number}"
