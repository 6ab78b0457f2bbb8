"""Faults of the Tantivy store: its folder."""

import fcntl
import hashlib
import itertools
import os

import pytest

from models.errors import IndexUnreadableError, IndexUnusableError, QueryError
from models.level import Level
from models.scope import Scope
from pipeline.index import tantivy_files, tantivy_query, tantivy_search, tantivy_store
from pipeline.index.entry import analysed
from pipeline.index.language import parse
from pipeline.index.opening import is_made, open_index, open_to_rebuild
from pipeline.index.sqlite import SqliteStore
from pipeline.index.store import Sort, View
from pipeline.index.tantivy_files import VERSION, Files, Indexes, Writing
from pipeline.index.tantivy_query import Translator
from pipeline.index.tantivy_store import TantivyStore
from pipeline.text.fuzzy_tokens import fuzzy_tokens
from pipeline.text.units import Columns, tokens
from tests.bench.made_pages import cases, text
from tests.conftest import EVERYTHING, index_settings
from tests.dying import die_at
from tests.index.test_scope import _at


@pytest.fixture
def store(tmp_path):
    with TantivyStore(tmp_path / "index") as opened:
        yield opened


def _found(store, query, **view):
    return [hit.page for hit in store.search(parse(query), View(**view), EVERYTHING).hits]


def _put(store, make, *pages):
    made = [make.page(*blocks, number=number) for number, blocks in enumerate(pages, 1)]
    store.put(make.case(*made), made)


def test_an_index_of_another_version_says_what_to_do_and_is_replaced(tmp_path, store, make):
    """The index is a view: it can be rebuilt."""
    _put(store, make, [["ancien"]])
    (tmp_path / "index" / "current").write_text("v0-20260101000000000000")
    with pytest.raises(IndexUnreadableError, match="another version"):
        _found(store, "ancien")
    page = make.page(["nouveau"])
    assert store.rebuild(analysed([(make.case(page), [page])])) == 1
    assert _found(store, "nouveau") == [1]


@pytest.mark.parametrize("ending", ["meta.json", ".store", ".idx", ".pos", ".term", ".fast", ".fieldnorm"])
@pytest.mark.parametrize("how", ["gone", "empty", "rubbish"])
def test_with_any_damage_a_search_answers_or_says_what_to_do(tmp_path, make, ending, how):
    """And a rebuild makes it anew."""
    page = make.page(["greffier de la cour"])
    with TantivyStore(tmp_path / "index") as store:
        store.put(make.case(page), [page])
    for file in (tmp_path / "index").glob(f"v*/{Level.STAFF}/*{ending}"):
        if how == "gone":
            file.unlink()
        else:
            file.write_bytes(b"" if how == "empty" else b"rubbish" * 50)
    with TantivyStore(tmp_path / "index") as store:
        try:
            _found(store, "greffier")
        except IndexUnreadableError as error:
            assert "index rebuild" in str(error)  # noqa: PT017  # some damage is in what this search does not read
        assert store.rebuild(analysed([(make.case(page), [page])])) == 1
        assert _found(store, "greffier") == [1]


def test_pages_of_a_case_file_that_a_killed_rebuild_had_not_finished_are_there_once(tmp_path, make, monkeypatch):
    """Pages are kept before their case file is known to be complete."""
    monkeypatch.setattr(tantivy_store, "_PAGES_AT_ONCE", 1)
    page = make.page(["nouveau"])
    made = [
        (make.case(make.page(["nouveau"], scan="b" * 64), case_id="box_0"), [make.page(["nouveau"], scan="b" * 64)])
    ]
    made.append((make.case(page, case_id="box_1"), [page]))

    def rebuild():
        with TantivyStore(tmp_path / "index") as store:
            store.rebuild(analysed(made))

    with TantivyStore(tmp_path / "index") as store:
        die_at("Files.use", "before", rebuild, tantivy_files)
        begun = store.begun()
        del begun["box_1"]
        assert store.rebuild(analysed(made[1:]), begun) == 2
        assert len(_found(store, "nouveau")) == 2


def _rebuilt(folder, case, page):
    with TantivyStore(folder / "index") as store:
        store.rebuild(analysed([(case, [page])]))


def test_whether_a_search_is_refused_does_not_show_which_words_are_on_a_few_pages(store, make):
    """Who was granted one sealed case file could find out otherwise, with a query that is almost too long."""
    page = make.page(["secret"])
    store.put(_sealed(make.case(page)), [page])
    scope = Scope(Level.PUBLIC, granted=frozenset({"another"}))
    there, nowhere = (store._search(parse(f"{word} 1234"), scope).looked_at for word in ("secret", "xylofo"))
    assert there == nowhere > 0


def _answers(store, passages):
    views = View(limit=20), View(limit=20, by_case=True, facets=True), View(sort=Sort.DATE)
    return [store.search(parse(passage), view, EVERYTHING) for passage in passages for view in views]


def test_a_passage_is_found_alike_if_its_rare_parts_are_searched_first(store, monkeypatch):
    """Misread as it is on some pages, and where no page has it."""
    store.rebuild(analysed(cases(60, spoilt=0.04, words=500)))
    passages = ["".join(text(number, 500)[line][:9]) for number in range(0, 60, 3) for line in (4, 7)]
    passages += [one[:40] + two[:30] for one, two in itertools.pairwise(passages)]
    looks = []
    look = Translator._few_with

    def noted(*given):
        looks.append(look(*given))
        return looks[-1]

    monkeypatch.setattr(Translator, "_few_with", lambda *_: None)
    without = _answers(store, passages)
    monkeypatch.setattr(Translator, "_few_with", noted)
    monkeypatch.setattr(tantivy_query, "_COUNTED_IN", 1)
    monkeypatch.setattr(tantivy_query, "_CHEAP", 0.6)
    monkeypatch.setattr(tantivy_query, "_ENTRIES_FOR_A_PAGE", 1)
    assert _answers(store, passages) == without
    assert sum(len(found.hits) > 1 for found in without) > 10
    few = [one for one in looks if one is not None]
    assert any(few)
    assert any(not one for one in few)
    monkeypatch.setattr(tantivy_query, "_ENTRIES_FOR_A_PAGE", 1_000_000)
    looks.clear()
    assert _answers(store, passages) == without
    assert None in looks


def test_a_rebuild_that_was_killed_before_its_folder_was_whole_begins_anew(tmp_path, store, make):
    """Or one whose folder is damaged: otherwise no rebuild would ever work again."""
    page = make.page(["texte"])
    case = make.case(page)
    store.put(case, [page])
    (tmp_path / "index" / "part" / f"v{VERSION}" / Level.PUBLIC).mkdir(parents=True)
    assert store.begun() == {}
    die_at("Files.use", "before", lambda: _rebuilt(tmp_path, case, page), tantivy_files)
    begun = store.begun()
    assert begun
    for file in (tmp_path / "index" / "part").glob(f"*/{Level.STAFF}/*.term"):
        file.write_bytes(b"")
    assert store.begun() == {}
    assert store.rebuild(analysed([(case, [page])])) == 1


def test_a_rebuild_that_meets_damage_leaves_nothing_to_go_on_with(tmp_path, store, make, monkeypatch):
    """The next one would meet it again."""
    page = make.page(["texte"])
    case = make.case(page)
    die_at("Files.use", "before", lambda: _rebuilt(tmp_path, case, page), tantivy_files)
    begun = store.begun()

    def damaged(*_, **__):
        raise IndexUnreadableError("damaged")

    with monkeypatch.context() as patch:
        patch.setattr(TantivyStore, "_fill", damaged)
        with pytest.raises(IndexUnreadableError):
            store.rebuild([], begun)
    assert store.begun() == {}


@pytest.mark.parametrize("damage", ["current", "meta.json", ".term"])
def test_a_damaged_index_is_not_used_any_more_by_what_repairs_it(tmp_path, make, damage):
    """It adds what is missing, and that is all."""
    page = make.page(["texte"])
    settings = index_settings(engine="tantivy")
    with open_index(tmp_path, settings) as store:
        store.put(make.case(page), [page])
    for file in (tmp_path / "index.tantivy").rglob(f"*{damage}"):
        file.write_bytes(b"\xff")
    with open_to_rebuild(tmp_path, settings) as store:
        assert (store.cases(), store.count()) == ({}, 0)
        store.put(make.case(page), [page])
        assert _found(store, "texte") == [1]


@pytest.mark.parametrize("begun", ["x" * 3000, "e3/" + "x" * 3000, "x" * 3000 + "/a", "e3/" + "ก" * 300])
def test_a_beginning_may_be_as_long_as_a_page_is(store, make, begun):
    """Tantivy's own patterns have an end, and what it says of that is no damage."""
    _put(store, make, [["texte"]], [[f"{begun}b"]])
    assert _found(store, f"{begun}*") == [2]
    for field in ("case", "court", "kind", "box"):
        assert _found(store, f"{field}:{begun}*") == []


def test_the_beginning_of_very_many_words_is_found(store, make, monkeypatch):
    """Tantivy refuses a phrase with more; then only the order is not looked at."""
    monkeypatch.setattr(tantivy_query, "_MOST_EXPANDED", 2)
    _put(store, make, [["e3/aa e3/ab e3/ac"]], [["e3 b"]], [["e4/ad"]])
    assert _found(store, "e3/a*") == [1]


def test_a_full_disk_is_named_and_no_room_stays_lost(store, make, monkeypatch):
    """What Tantivy's threads had written before would fill it for ever; a seal needs little."""
    page = make.page(["texte"])
    store.put(make.case(page), [page])
    files = {file for file in store._files.folder.rglob("*") if file.is_file()}
    said = "An error occurred in a thread: 'Worker thread failed.. A worker thread encountered an error'"

    def fails(_changes, _case):
        raise ValueError(said)

    with monkeypatch.context() as patch:
        patch.setattr(tantivy_store, "_enter", fails)
        with pytest.raises(IndexUnusableError, match="full") as told:
            store.put(make.case(page, case_id="box_b"), [page])
    assert not isinstance(told.value, IndexUnreadableError)
    assert {file for file in store._files.folder.rglob("*") if file.is_file()} == files


@pytest.mark.parametrize(
    ("error", "kind", "told"),
    [
        (ValueError("An IO error occurred: 'No space left on device (os error 28)'"), IndexUnusableError, "full"),
        (ValueError("IoError(Os { code: 30, kind: ReadOnlyFilesystem })"), IndexUnusableError, "permissions"),
        (ValueError("Too many open files (os error 24)"), IndexUnusableError, "permissions"),
        (ValueError("File does not exist (os error 2)"), IndexUnreadableError, "index rebuild"),
        (OSError(28, "No space left on device"), IndexUnusableError, "full"),
        (FileNotFoundError(2, "No such file"), IndexUnreadableError, "index rebuild"),
    ],
)
def test_only_damage_is_called_damage(tmp_path, error, kind, told):
    """To delete an index does not help against anything else."""
    with pytest.raises(IndexUnusableError, match=told) as met, Files(tmp_path).border():
        raise error
    assert type(met.value) is kind


def test_a_page_that_leaves_a_level_is_never_at_two(tmp_path, make):
    """Killed in between, it is at none, and its case file is added again."""
    page = make.page(["secret"])
    case = make.case(page)
    with TantivyStore(tmp_path / "index") as store:
        store.put(case, [page])

        def move():
            with TantivyStore(tmp_path / "index") as other:
                other.set_levels(_sealed(case))

        die_at("Writing.commit", "after", move, tantivy_files)
        assert _found(store, "secret") == []
        assert store.cases() == {}
        assert not store.set_levels(_sealed(case))
        store.put(_sealed(case), [page])
        assert _found(store, "secret") == [1]
        assert store.search(parse("secret"), View(), Scope(Level.STAFF)).hits == ()


def _die_at_commit(number, monkeypatch, folder, change):
    """Make a change in another process, which ends after so many commits; return whether it was finished before."""
    keep, left = Writing._keep, [number]

    def counted(self, name):
        keep(self, name)
        left[0] -= 1
        if not left[0]:
            os._exit(9)

    monkeypatch.setattr(Writing, "_keep", counted)
    child = os.fork()
    if not child:
        try:
            with TantivyStore(folder) as store:
                change(store)
                os._exit(0)
        finally:
            os._exit(1)
    monkeypatch.setattr(Writing, "_keep", keep)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in {0, 9}
    return status == 0


def test_a_page_whose_level_changes_is_never_at_two_although_both_stay_in_use(tmp_path, make, monkeypatch):
    """One page is unsealed, and another sealed. Killed after each commit in turn."""
    pages = [make.page(["secret"], number=number) for number in (1, 2, 3)]
    before = _at(make.case(*pages), Level.SEALED, *pages[1:])
    after = _at(make.case(*pages), Level.SEALED, pages[0], pages[2])
    with TantivyStore(tmp_path / "index") as store:
        is_done, number = False, 0
        while not is_done:
            store.put(before, pages)
            number += 1
            is_done = _die_at_commit(number, monkeypatch, tmp_path / "index", lambda other: other.put(after, pages))
            found = _found(store, "secret")
            assert len(found) == len(set(found)), number
            shown = [hit.page for hit in store.search(parse("secret"), View(), Scope(Level.STAFF)).hits]
            assert shown in ([1], [], [2]), number
    assert (number, sorted(found), shown) == (8, [1, 2, 3], [2])


@pytest.mark.parametrize("number", range(1, 4))
def test_a_case_file_that_is_half_in_is_not_known_and_not_only_moved(tmp_path, make, monkeypatch, number):
    """Its pages may be of two archivings. Killed after each commit in turn."""
    old, new = ([make.page([word], number=page) for page in (1, 2)] for word in ("ancien", "nouveau"))
    case = _at(make.case(*old), Level.SEALED, old[1])
    again = case.model_copy(update={"title": "autre"})
    with TantivyStore(tmp_path / "index") as store:
        store.put(case, old)
        assert not _die_at_commit(number, monkeypatch, tmp_path / "index", lambda other: other.put(again, new))
        assert store.cases() == {}
        assert not store.set_levels(_at(again, Level.STAFF))
        store.put(again, new)
        assert (sorted(_found(store, "nouveau")), _found(store, "ancien"), store.count()) == ([1, 2], [], 2)


def test_levels_that_were_set_in_part_are_set_again(tmp_path, make, monkeypatch):
    """An end date that passes changes no record, so that nothing but the missing entry says so."""
    page = make.page(["secret"])
    case = make.case(page)
    with TantivyStore(tmp_path / "index") as store:
        for number in range(1, 4):
            store.put(case, [page])
            assert not _die_at_commit(
                number, monkeypatch, tmp_path / "index", lambda other: other.set_levels(_sealed(case))
            )
            assert store.cases() == {}, number
            assert not store.set_levels(_sealed(case))


def test_what_searches_read_of_each_level_is_of_one_moment(tmp_path, make, monkeypatch):
    """A page that goes to another level meanwhile is found once."""
    page = make.page(["secret"])
    case = make.case(page)
    opened = Indexes.searcher
    moved: list[object] = []

    def opens(self, name):
        found = opened(self, name)
        if name == Level.STAFF and not moved:
            moved.append(case)
            with TantivyStore(tmp_path / "index") as other:
                assert other.set_levels(_sealed(case))
        return found

    with TantivyStore(tmp_path / "index") as store:
        store.put(case, [page])
        monkeypatch.setattr(Indexes, "searcher", opens)
        assert _found(store, "secret") == [1]


def test_a_commit_shows_although_file_and_time_are_the_same(tmp_path, make):
    """A file system may use the number of a file again, within what its clock calls one moment."""
    page = make.page(["secret"])
    case = make.case(page)
    with TantivyStore(tmp_path / "index") as reading, TantivyStore(tmp_path / "index") as writing:
        writing.put(case, [page])
        assert _found(reading, "secret") == [1]
        (meta,) = (tmp_path / "index").glob(f"v*/{Level.STAFF}/meta.json")
        before, kept = meta.stat(), tmp_path / "kept"
        kept.hardlink_to(meta)
        writing.remove(case.id)
        kept.write_bytes(meta.read_bytes())
        kept.replace(meta)
        os.utime(meta, ns=(before.st_mtime_ns, before.st_mtime_ns))
        assert (meta.stat().st_ino, meta.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
        assert _found(reading, "secret") == []


def test_a_process_that_was_forked_in_a_change_does_not_keep_the_index_locked(tmp_path, make, monkeypatch):
    """A sandbox begins with a fork, and may outlive the change."""
    monkeypatch.setattr(tantivy_files, "_WAIT_SECONDS", 0)
    page = make.page(["texte"])
    reads, writes = os.pipe()
    children = []

    def cases():
        children.append(os.fork())
        if not children[0]:
            os.close(writes)
            os.read(reads, 1)
            os._exit(0)
        yield make.case(page), [page]

    with TantivyStore(tmp_path / "index") as store:
        try:
            store.rebuild(analysed(cases()))
            _put(store, make, [["autre"]])
        finally:
            os.close(writes)
            os.waitpid(children[0], 0)
        assert _found(store, "autre") == [1]


def test_a_view_far_beyond_the_end_takes_no_memory(store, make):
    """Tantivy reserves it for as many hits as it is asked for, and ends the process if there is not enough."""
    _put(store, make, [["texte"]])
    for sort in Sort:
        assert _found(store, "texte", offset=10**12, sort=sort) == []


def _sealed(case):
    return _at(case, Level.SEALED)


def test_a_page_among_those_of_another_level_is_not_shown(store, make):
    """What its own entry says decides, not the index in which it is."""
    page = make.page(["secret greffier"])
    case = make.case(page)
    store.put(case, [page])
    (name,) = (store._files.folder / "current").read_text().splitlines()
    public, sealed = (store._files.folder / name / level for level in (Level.PUBLIC, Level.SEALED))
    store.put(_sealed(case), [page])
    public.rename(public.with_name("other"))
    sealed.rename(public)
    for query in ("secret", "box:box-1", "secret*", "secrit~"):
        for scope in (Scope(Level.STAFF), Scope(Level.PUBLIC)):
            with TantivyStore(store._files.folder) as other:
                (searcher,) = other._files.searchers([Level.PUBLIC])
                searched = tantivy_search.Search([searcher], parse(query), scope)
                assert searched.found(View(facets=True)).pages == 0, query


def test_searches_go_on_while_the_index_is_rebuilt(tmp_path, make):
    """An export continues with what it has begun with, though the files are gone."""
    pages = [make.page(["ancien"], number=number) for number in range(1, 40)]
    with TantivyStore(tmp_path / "index") as reading, TantivyStore(tmp_path / "index") as building:
        building.put(make.case(*pages), pages)
        exported = reading.each(parse("ancien"), Sort.RANK, EVERYTHING)
        next(exported)

        def cases():
            assert len(_found(reading, "ancien", limit=50)) == 39
            yield make.case(pages[0]), pages[:1]

        assert building.rebuild(analysed(cases())) == 1
        assert len(list(exported)) == 38
        assert _found(reading, "ancien") == [1]


def test_an_index_in_use_or_out_of_reach_is_not_called_damaged(tmp_path, make, monkeypatch):
    """No message asks for the deletion of an index that works."""
    monkeypatch.setattr(tantivy_files, "_WAIT_SECONDS", 0)
    with TantivyStore(tmp_path / "index") as store:
        _put(store, make, [["texte"]])
        with (tmp_path / "index" / "lock").open("r+b") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            with pytest.raises(IndexUnusableError, match="in use"):
                _put(store, make, [["autre"]])
            assert _found(store, "texte") == [1]
        _put(store, make, [["autre"]])
        assert _found(store, "autre") == [1]
    with pytest.raises(IndexUnusableError, match="cannot be used"):
        _put(TantivyStore(tmp_path / "nowhere" / "index"), make, [["texte"]])


def test_a_search_that_would_take_too_long_is_not_begun_and_an_export_is(tmp_path, make):
    """Nobody can keep a server busy with one search; a table of all hits may take its time."""
    with TantivyStore(tmp_path / "index", seconds=0) as store:
        _put(store, make, [["texte"]])
        with pytest.raises(QueryError, match="takes too long"):
            store.search(parse("texte"), View(), EVERYTHING)
        assert len(list(store.each(parse("texte"), Sort.RANK, EVERYTHING))) == 1
    with TantivyStore(tmp_path / "index", seconds=2e-2) as store:
        assert store.search(parse('"texte"'), View(), EVERYTHING).pages == 1
        assert store.search(parse('"autre"'), View(), EVERYTHING).pages == 0
        with pytest.raises(QueryError, match="takes too long"):
            store.search(parse("texte OR " * 9 + "texte"), View(), EVERYTHING)


def test_many_pages_with_the_same_score_are_shown_once_each(store, make, monkeypatch):
    """In the order of their places; if they are very many, in another order that stays from view to view."""
    _put(store, make, *[[["texte"]] for _ in range(30)])
    seen = [page for start in range(0, 30, 7) for page in _found(store, "texte", limit=7, offset=start)]
    assert seen == list(range(1, 31))
    monkeypatch.setattr(tantivy_search, "_MOST_SORTED", 10)
    seen = [page for start in range(0, 30, 7) for page in _found(store, "texte", limit=7, offset=start)]
    assert sorted(seen) == list(range(1, 31))


def test_the_engine_that_is_set_is_opened_and_a_rebuild_removes_the_other(tmp_path, make):
    """Nothing would be hidden any more in an index that is not used."""
    page = make.page(["texte"])
    made = [(make.case(page), [page])]
    tantivy, sqlite = index_settings(engine="tantivy"), index_settings()
    with open_to_rebuild(tmp_path, sqlite) as store:
        assert isinstance(store, SqliteStore)
        store.rebuild(analysed(made))
    assert (is_made(tmp_path, sqlite), is_made(tmp_path, tantivy)) == (True, False)
    with open_to_rebuild(tmp_path, tantivy) as store:
        store.rebuild(analysed(made))
    assert [file.name for file in tmp_path.iterdir()] == ["index.tantivy"]
    with open_index(tmp_path, tantivy) as store:
        assert isinstance(store, TantivyStore)
        assert _found(store, "texte") == [1]
    with open_to_rebuild(tmp_path, sqlite) as store:
        store.rebuild(analysed(made))
    assert [file.name for file in tmp_path.iterdir()] == ["index.db"]


def test_a_change_of_the_tokens_is_a_new_version():
    """Otherwise an index would hold tokens of two kinds."""
    found = Columns.read("ខែ្មរ លេខ២១៤ Première\n\nបណ្ដឹង ។ ឲ្យ\tស៊ី\nក្រ្ត\u200bកាំ ៗ E295/6 ប៉ុន្តែ ក\u0301្កា\u0301ា")
    made = hashlib.sha256("|".join([*tokens(found), *fuzzy_tokens(found)]).encode()).hexdigest()[:16]
    assert (VERSION, made) == (1, "a6c067cabc260f89")
