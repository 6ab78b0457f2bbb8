"""Which case files a run works on, and which scans belong in their bags."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from models.failure import Code, Failure
from models.ledger import ScanRow
from models.scan import Box, ScanState
from pipeline.services.digitising.work import CaseWork, Work

ScanKey = tuple[str, str, str]


def plan(work: Work, boxes: Sequence[Box], chosen: Collection[ScanKey] | None) -> list[CaseWork]:
    """Return the case files with a waiting scan, each with all the scans that belong in its bag.

    A case file with a scan that is locked waits for a run that has the password; its scans fail.

    Args:
        work: the work of the run.
        boxes: the boxes of the run.
        chosen: the scans (box, path and SHA-256) to read, None for all that wait.
    """
    planner = _Planner(work, chosen)
    return [case for box in boxes for case in planner.cases_of(box)]


class _Planner:
    def __init__(self, work: Work, chosen: Collection[ScanKey] | None) -> None:
        self._work = work
        self._ledger = work.context.ledger
        self._entries = work.inputs.entries
        self._chosen = chosen

    def cases_of(self, box: Box) -> list[CaseWork]:
        waiting: dict[str, CaseWork] = {}
        for row in self._ledger.scans_in(box.id, ScanState.PENDING):
            if row.case_id is None or not self._is_chosen(row):
                continue
            if (box.id, row.path) not in self._entries and not row.in_bag:
                continue  # it left the box, or is not accepted yet: ingesting the box says which
            if row.case_id not in waiting:
                waiting[row.case_id] = self._case(row.case_id, box.id)
        return [case for case in waiting.values() if self._can_be_opened(case)]

    def _case(self, case_id: str, box: str) -> CaseWork:
        rows, lost = [], []
        for row in self._ledger.scans_of_case(case_id):
            if row.state is ScanState.ARCHIVED or (row.state is ScanState.PENDING and self._is_chosen(row)):
                rows.append(row)
            elif row.in_bag:
                # It waits for another run to read it again: here it stays in the bag as it is.
                rows.append(replace(row, state=ScanState.ARCHIVED))
            elif row.state is ScanState.FAILED and (row.box, row.path) in self._entries:
                lost.append(row)
        return CaseWork(case_id, box, self._ledger.folder_of(case_id), rows, lost)

    def _can_be_opened(self, case: CaseWork) -> bool:
        """Whether every scan of a case file can be opened: those with a password only in a run that has it."""
        locked = [row.path for row in case.rows if row.locked and row.sha256 not in self._work.inputs.unlocked]
        for row in case.pending if locked else ():
            itself = row.path in locked
            detail = f"{locked[0]} needs its password: `bannasar rerun --scan … --password-file FILE`"
            code = Code.ENCRYPTED if itself else Code.CASE_INCOMPLETE
            self._work.fail(row, Failure(code=code, detail="" if itself else detail))
        return not locked

    def _is_chosen(self, row: ScanRow) -> bool:
        return self._chosen is None or (row.box, row.path, row.sha256) in self._chosen
