"""Pages are found by what is printed on them."""

import hashlib
import sqlite3

import pytest

from pipeline.index.query import parse
from pipeline.index.sqlite import VERSION, open_index
from pipeline.index.store import IndexUnusableError, fingerprint
from pipeline.text.units import tokens, triples, units


@pytest.fixture
def store(tmp_path):
    with open_index(tmp_path) as opened:
        yield opened


def _found(store, query, limit=10):
    return [hit.page for hit in store.search(parse(query), limit)]


def _put(store, make, *pages):
    made = [make.page(*blocks, number=number) for number, blocks in enumerate(pages, 1)]
    store.put(make.case(*made), made)


@pytest.mark.parametrize(
    "query",
    [
        "សាលក្រមព្រហ្មទណ្ឌ",
        "សាលក្រម ព្រហ្មទណ្ឌ",
        '"សាលក្រមព្រហ្មទណ្ឌ"',
        "ក្រមព្រហ្ម",
        "ព្រហ្មទណ្ឌ",
        "លេខ 214",
        "២១៤/០៣",
        "214/03",
        "PREMIERE instance",
        '"tribunal de premiere instance"',
        "Phnom-Penh",
    ],
)
def test_a_page_is_found_by_any_way_of_writing(store, make, query):
    """Digits, case, accents, spaces and line ends make no difference."""
    _put(
        store, make, [["លេខ ២១៤/០៣", "សាល|ក្រម", "ព្រហ្មទណ្ឌ"], ["Tribunal de première instance", "Phnom Penh"]], [["កខគ"]]
    )
    assert _found(store, query) == [1]


def test_an_exact_phrase_stands_in_a_row(store, make):
    """The same words in another order are another phrase."""
    _put(store, make, [["instance première"]], [["première instance"]], [["première", "instance"]])
    assert sorted(_found(store, '"première instance"')) == [2, 3]
    assert sorted(_found(store, "première instance")) == [1, 2, 3]


def test_a_phrase_does_not_run_on_into_another_block(store, make):
    """What stands in two columns is no phrase, in any script."""
    _put(store, make, [["de première"], ["instance"]], [["សាល"], ["ក្រម"]], [["première instance", "សាល", "ក្រម"]])
    assert _found(store, '"première instance"') == [3]
    assert _found(store, '"សាលក្រម"') == [3]


def test_a_long_passage_is_found_though_letters_here_and_there_were_misread(store, make):
    """The longer the passage, the more of it is misread: it need not be right for half of its length in a row."""
    right = "តុលាការបានកាត់ទោសជនជាប់ចោទពីបទលួចទ្រព្យសម្បត្តិ"
    _put(store, make, [["កិច្ចការផ្សេងទៀត"]], [[right.replace("កាត់", "កាគ់").replace("ជាប់", "ជាច់").replace("លួច", "លូច")]])
    (hit,) = store.search(parse(right), 10)
    assert hit.page == 2
    assert sum(mark.end - mark.start for mark in hit.marks) > len(right) / 2


def test_a_page_with_one_of_many_words_is_found_last(store, make):
    """A word that stands nowhere must not hide the others."""
    _put(store, make, [["greffier"]], [["greffier", "témoin"]], [["autre"]])
    assert _found(store, "greffier témoin inconnu introuvable") == [2, 1]


def test_khmer_typed_with_spaces_is_found_first_where_it_stands_in_a_row(store, make):
    """Spaces in a query make no difference."""
    others = [[["ក្រមខ្ចី", "ច្បាប់ ក្រម", "សាលខ្ចី", "សាល"]] for _ in range(5)]
    _put(store, make, *others, [["នេះជាសាលក្រមរបស់តុលាការដែលបានចេញនៅថ្ងៃមុន"]])
    assert _found(store, "សាល ក្រម", 1) == [6]


def test_a_misread_page_is_found_below_the_exact_ones(store, make):
    """One wrong letter must not hide a case."""
    _put(store, make, [["សាលក្រមព្រហ្នទណ្ឌ"]], [["សាលក្រមព្រហ្មទណ្ឌ"]], [["កិច្ចការផ្សេង"]])
    assert _found(store, "សាលក្រមព្រហ្មទណ្ឌ") == [2, 1]
    assert _found(store, '"សាលក្រមព្រហ្មទណ្ឌ"') == [2]


def test_a_single_cluster_is_found_wherever_it_stands(store, make):
    """And no other that begins like it."""
    _put(store, make, [["មក"]], [["កម"]], [["កាត់"]])
    assert sorted(_found(store, "ក")) == [1, 2]


def test_pages_with_more_of_the_words_come_first(store, make):
    """All words before one of them."""
    _put(store, make, [["greffier"]], [["greffier", "témoin"]], [["autre"]])
    assert _found(store, "témoin greffier") == [2, 1]


def test_marks_and_boxes_are_where_the_words_stand(store, make):
    """A researcher sees at once what was found, and where on the page."""
    page = make.page(["មុន", "លេខ ២១៤ ក្រោយ"])
    store.put(make.case(page), [page])
    (hit,) = store.search(parse("លេខ"), 5)
    assert [hit.snippet[mark.start : mark.end] for mark in hit.marks] == ["លេខ"]
    (box,) = hit.boxes
    assert box == page.blocks[0].lines[1].words[0].box
    (hit,) = store.search(parse('"លេខ 214"'), 5)
    assert len(hit.boxes) == 1
    assert hit.boxes[0].right == page.blocks[0].lines[1].words[1].box.right


def test_a_hit_inside_a_long_word_has_its_part_of_the_box(store, make):
    """A Khmer line is often one word to the recogniser."""
    page = make.page(["កខគឃងចឆជឈញ"])
    store.put(make.case(page), [page])
    (hit,) = store.search(parse("ងច"), 5)
    whole = page.blocks[0].lines[0].words[0].box
    (box,) = hit.boxes
    assert (box.left - whole.left, whole.right - box.right) == (36, 36)


def test_a_long_page_gives_a_short_snippet_around_the_hit(store, make):
    """The words around it, on one line."""
    lines = [f"ligne {number} du long document" for number in range(20)]
    page = make.page([*lines, "le mot cherché", *lines])
    store.put(make.case(page), [page])
    (hit,) = store.search(parse("cherché"), 5)
    assert len(hit.snippet) < 250
    assert "\n" not in hit.snippet
    assert hit.snippet[hit.marks[0].start : hit.marks[0].end] == "cherché"


def test_putting_a_case_file_again_leaves_nothing_of_the_old(store, make):
    """A correction must not leave the error findable."""
    _put(store, make, [["ancien"]], [["texte"]])
    _put(store, make, [["nouveau"]])
    assert store.count() == 1
    assert _found(store, "ancien") == []
    assert _found(store, "nouveau") == [1]
    store.remove("box_a")
    assert store.count() == 0
    assert _found(store, "nouveau") == []


def test_the_store_tells_which_archiving_of_a_case_file_it_holds(store, make):
    """So that bags and index can be compared."""
    page = make.page(["texte"])
    case = make.case(page)
    store.put(case, [page])
    assert store.cases() == {"box_a": fingerprint(case)}
    again = case.model_copy(update={"title": "autre"})
    store.put(again, [page])
    assert store.cases() == {"box_a": fingerprint(again)}
    store.remove("box_a")
    assert store.cases() == {}


def test_a_put_that_fails_leaves_what_was_there(store, make):
    """All pages of a case file or none, and the reason is told."""
    _put(store, make, [["ancien"]])
    store._database.execute("PRAGMA max_page_count = 16")
    with pytest.raises(IndexUnusableError, match="full"):
        _put(store, make, *[[[f"mot{page}x{word}" for word in range(200)]] for page in range(20)])
    assert store.count() == 1
    assert _found(store, "ancien") == [1]


def test_a_blank_page_is_counted(store, make):
    """Pages in are pages accounted for."""
    page = make.page(blank=True)
    store.put(make.case(page), [page])
    assert store.count() == 1


def test_signs_of_the_query_language_of_fts5_do_no_harm(store, make):
    """Whatever a person types is a query or a clear refusal."""
    _put(store, make, [["AND OR NOT a*b (c) NEAR"]])
    assert _found(store, 'AND (c) NEAR/3 units:x "a*b" ^ - +') == [1]


def test_an_index_of_another_version_says_what_to_do(tmp_path):
    """The index is a view: it can be made anew."""
    database = sqlite3.connect(tmp_path / "index.db")
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(IndexUnusableError, match="made anew"):
        open_index(tmp_path)
    (tmp_path / "index.db").write_bytes(b"rubbish" * 500)
    with pytest.raises(IndexUnusableError, match="damaged"):
        open_index(tmp_path)


def test_an_index_in_use_or_out_of_reach_is_not_called_damaged(tmp_path, make):
    """Nobody is told to delete an index that is well."""
    with open_index(tmp_path) as store:
        other = sqlite3.connect(tmp_path / "index.db")
        other.execute("BEGIN IMMEDIATE")
        store._database.execute("PRAGMA busy_timeout = 1")
        with pytest.raises(IndexUnusableError, match="in use") as busy:
            _put(store, make, [["texte"]])
        other.close()
    with pytest.raises(IndexUnusableError, match="permissions") as away:
        open_index(tmp_path / "nowhere")
    assert "Delete" not in str(busy.value) + str(away.value)


def test_a_change_of_the_tokens_is_a_new_version():
    """An index whose tokens can no longer be made again cannot be put right: its version must say so."""
    found = units("ខែ្មរ លេខ២១៤ Première\n\nបណ្ដឹង ។ ឲ្យ\tស៊ី\nក្រ្ត\u200bកាំ ៗ E295/6 ប៉ុន្តែ")
    made = hashlib.sha256("|".join([*tokens(found), "", *triples(found)]).encode()).hexdigest()[:16]
    assert (VERSION, made) == (2, "1dab23470f8f9ba2")
