"""Faults of the SQLite store: its file."""

import hashlib
import sqlite3

import pytest

from models.errors import IndexUnreadableError, IndexUnusableError, QueryError
from models.level import Level
from models.scope import Scope
from pipeline.index.entry import analysed
from pipeline.index.language import parse
from pipeline.index.opening import open_to_rebuild
from pipeline.index.sqlite import SqliteStore
from pipeline.index.sqlite_schema import VERSION
from pipeline.index.store import Sort, View
from pipeline.text.fuzzy_tokens import fuzzy_tokens
from pipeline.text.units import Columns, tokens
from tests.bench.made_pages import cases as made_cases
from tests.bench.made_pages import text
from tests.conftest import EVERYTHING, index_settings

_DISK_PAGE = 8192


@pytest.fixture
def store(tmp_path):
    with SqliteStore(tmp_path / "index.db") as opened:
        yield opened


def _found(store, query):
    return [hit.page for hit in store.search(parse(query), View(), EVERYTHING).hits]


def _put(store, make, *pages):
    made = [make.page(*blocks, number=number) for number, blocks in enumerate(pages, 1)]
    store.put(make.case(*made), made)


def test_a_put_that_fails_leaves_what_was_there(store, make):
    """All pages of a case file or none, and the reason is shown."""
    _put(store, make, [["ancien"]])
    store._database.execute("PRAGMA max_page_count = 16")
    with pytest.raises(IndexUnusableError, match="full"):
        _put(store, make, *[[[f"mot{page}x{word}" for word in range(200)]] for page in range(20)])
    assert store.count() == 1
    assert _found(store, "ancien") == [1]


def test_an_index_of_another_version_says_what_to_do(tmp_path):
    """The index is a view: it can be rebuilt."""
    database = sqlite3.connect(tmp_path / "index.db")
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(IndexUnreadableError, match="another version"):
        SqliteStore(tmp_path / "index.db")
    (tmp_path / "index.db").write_bytes(b"rubbish" * 500)
    with pytest.raises(IndexUnreadableError, match="damaged"):
        SqliteStore(tmp_path / "index.db")


def test_an_index_that_is_damaged_in_the_middle_is_made_anew(tmp_path, make):
    """Its header is intact, so it opens: but a rebuild begins with an empty file."""
    pages = [make.page([f"greffier mot{number}"] * 20, number=number) for number in range(1, 101)]
    case = make.case(*pages)
    file = tmp_path / "index.db"
    with SqliteStore(file) as store:
        store.put(case, pages)
    with file.open("r+b") as stream:
        middle = file.stat().st_size // _DISK_PAGE // 2 * _DISK_PAGE
        stream.seek(middle)
        stream.write(b"\xff" * _DISK_PAGE)
    with SqliteStore(file) as store, pytest.raises(IndexUnreadableError, match="damaged"):
        store.check_integrity()
    with open_to_rebuild(tmp_path, index_settings()) as store:
        assert store.rebuild(analysed([(case, pages)])) == 100
        assert _found(store, "mot77") == [77]
    with SqliteStore(file) as store:
        store.check_integrity()


def test_a_page_among_the_tokens_of_another_level_is_not_shown(store, make):
    """The row of the page decides, not the table in which its tokens are."""
    page = make.page(["secret greffier"])
    store.put(make.case(page), [page])
    scope = Scope(Level.STAFF)
    query = parse("secret")
    assert store.search(query, View(), scope).hits
    store._database.execute("UPDATE pages SET level = ?", (Level.SEALED.rank,))
    for view in (View(), View(by_case=True), View(sort=Sort.DATE)):
        assert store.search(query, view, scope).hits == ()
    assert list(store.each(query, Sort.RANK, scope)) == list(store.places(query, scope)) == []
    assert store.search(query, View(facets=True), scope).facets["box"] == ()


def test_boxes_that_grow_in_turns_keep_their_pages_apart(tmp_path, make, monkeypatch):
    """The number of a page says whose box it is in, also where a box needs many blocks of numbers."""
    monkeypatch.setattr("pipeline.index.sqlite_scope._BLOCK_BITS", 1)
    with SqliteStore(tmp_path / "index.db") as store:
        for number in range(6):
            pages = [make.page(["greffier"], number=page) for page in (1, 2, 3)]
            case = make.case(*pages, case_id=f"case_{number}").model_copy(update={"box": f"box_{number % 2}"})
            store.put(case, pages)
        for box in ("box_0", "box_1"):
            found = store.search(parse("greffier"), View(limit=20), Scope(Level.STAFF, boxes=frozenset({box})))
            assert [hit.box for hit in found.hits] == [box] * 9


def test_an_index_in_use_or_out_of_reach_is_not_called_damaged(tmp_path, make):
    """No message asks for the deletion of an index that works."""
    with SqliteStore(tmp_path / "index.db") as store:
        other = sqlite3.connect(tmp_path / "index.db")
        other.execute("BEGIN IMMEDIATE")
        store._database.execute("PRAGMA busy_timeout = 1")
        with pytest.raises(IndexUnusableError, match="in use") as busy:
            _put(store, make, [["texte"]])
        other.close()
    with pytest.raises(IndexUnusableError, match="permissions") as away:
        SqliteStore(tmp_path / "nowhere" / "index.db")
    assert "Delete" not in str(busy.value) + str(away.value)


def test_a_search_that_takes_too_long_is_stopped_and_an_export_is_not(tmp_path, make, monkeypatch):
    """Nobody can keep a server busy with one search; a table of all hits may take its time."""
    monkeypatch.setattr("pipeline.index.sqlite._STEPS", 10)
    with SqliteStore(tmp_path / "index.db", seconds=0) as store:
        _put(store, make, [["texte"]])
        with pytest.raises(QueryError, match="takes too long"):
            store.search(parse("texte"), View(), EVERYTHING)
        assert len(list(store.each(parse("texte"), Sort.RANK, EVERYTHING))) == 1
    with SqliteStore(tmp_path / "index.db", seconds=60) as store:
        assert store.search(parse("texte"), View(), EVERYTHING).pages == 1


def test_a_change_of_the_tokens_is_a_new_version():
    """An index whose tokens cannot be made again cannot be repaired: its version must show this."""
    found = Columns.read("ខែ្មរ លេខ២១៤ Première\n\nបណ្ដឹង ។ ឲ្យ\tស៊ី\nក្រ្ត\u200bកាំ ៗ E295/6 ប៉ុន្តែ ក\u0301្កា\u0301ា")
    made = hashlib.sha256("|".join([*tokens(found), *fuzzy_tokens(found)]).encode()).hexdigest()[:16]
    assert (VERSION, made) == (12, "a6c067cabc260f89")


def test_common_words_joined_by_or_score_as_bm25_scores_them(tmp_path, monkeypatch):
    """It is not computed for them: on every page it gives less than the least that an exact word counts."""
    with SqliteStore(tmp_path / "index.db") as store:
        store.rebuild(analysed(made_cases(60, words=60)))
        one, two, three = text(7, 60)[5][2:5]
        asked = [parse(f"{one} OR {two}"), parse(f"{two} OR {three} date:1950..1960"), parse(f"{one} OR {three}zz")]
        computed = [store.search(query, View(limit=50), EVERYTHING) for query in asked]
        monkeypatch.setattr("pipeline.index.sqlite_ranking.MOST_COUNTED", 5)
        assert [store.search(query, View(limit=50), EVERYTHING) for query in asked] == computed
        assert all(found.pages > 5 for found in computed)
