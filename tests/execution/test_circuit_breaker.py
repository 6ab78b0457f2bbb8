"""When a run stops by itself because too many pages fail, and when it does not."""

import pytest

from models.errors import TooManyFailuresError
from models.failure import Code, Failure
from models.ledger import scan_row
from pipeline.archive.ledger import Ledger
from pipeline.execution.circuit_breaker import CircuitBreaker

PAGES = 12


@pytest.fixture
def ledger(tmp_path):
    (tmp_path / "box").mkdir()
    with Ledger(tmp_path / "archive") as opened:
        opened.enter_box(tmp_path / "box")
        yield opened


@pytest.fixture
def breaker(ledger):
    """Return the circuit breaker of a run of many scans."""
    breaker = CircuitBreaker(ledger, "recipe", most=0.25)
    breaker.scans = 20
    return breaker


def _scan(ledger, number):
    row = scan_row("box", f"{number}.pdf", 100, 1, sha256=f"{number:064}", kind="pdf", pages=PAGES)
    ledger.put(row)
    return row


def _fail(breaker, row, code=Code.TIMEOUT, *, pages=PAGES):
    for page in range(1, pages + 1):
        breaker.record(row, page, Failure(code=code, page=page), last=False)
        breaker.check()


def test_a_scan_all_of_whose_pages_are_poison_stops_no_box(ledger, breaker):
    """Two of them do not stop it either: the paper is the cause, and others follow."""
    _fail(breaker, _scan(ledger, 1))
    _fail(breaker, _scan(ledger, 2))
    with pytest.raises(TooManyFailuresError, match=r"25 of 25 pages failed, 25 in the same way\. A page took longer"):
        _fail(breaker, _scan(ledger, 3))


def test_the_only_scan_of_a_run_stops_it_once(ledger):
    """Failed pages are recorded and do not stop the next run, which skips them."""
    row = _scan(ledger, 1)
    first = CircuitBreaker(ledger, "recipe", most=0.25)
    first.scans = 1
    with pytest.raises(TooManyFailuresError):
        _fail(first, row)
    assert ledger.is_missing(row.sha256, 10)
    second = CircuitBreaker(ledger, "recipe", most=0.25)
    second.scans = 1
    _fail(second, row)


@pytest.mark.parametrize("code", [Code.NO_TEXT, Code.DAMAGED, Code.UNREADABLE])
def test_what_the_paper_or_a_lost_share_does_stops_nothing(ledger, breaker, code):
    """The first cannot change; for the other the run waits."""
    for number in range(1, 5):
        _fail(breaker, _scan(ledger, number), code)


def test_what_is_read_at_the_second_try_counts_no_more(ledger, breaker):
    """A busy moment may have caused a timeout."""
    rows = [_scan(ledger, number) for number in range(1, 5)]
    for row in rows[:3]:
        _fail(breaker, row, pages=3)
        breaker.record(row, 1, None, last=True)
    _fail(breaker, rows[3], pages=3)
