"""What searches find; every test runs on SQLite and on real Elasticsearch servers."""

import pytest

from models.errors import QueryError
from models.fact import Fact, FactName
from pipeline.index.entry import analysed
from pipeline.index.language import parse
from pipeline.index.store import Sort, View, fingerprint
from tests.conftest import EVERYTHING


def _found(store, query, limit=10, **view):
    return [hit.page for hit in store.search(parse(query), View(limit=limit, **view), EVERYTHING).hits]


def _put(store, make, *pages):
    made = [make.page(*blocks, number=number) for number, blocks in enumerate(pages, 1)]
    store.put(make.case(*made), made)


@pytest.fixture(scope="module")
def two_pages(empty_stores, make):
    """A store with a page in two scripts, and another; no test changes it."""
    store = empty_stores()
    _put(
        store, make, [["លេខ ២១៤/០៣", "សាល|ក្រម", "ព្រហ្មទណ្ឌ"], ["Tribunal de première instance", "Phnom Penh"]], [["កខគ"]]
    )
    return store


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
def test_a_page_is_found_by_any_way_of_writing(two_pages, query):
    """Digits, case, accents, spaces and line ends make no difference."""
    assert _found(two_pages, query) == [1]


def test_an_exact_phrase_stands_in_a_row(store, make):
    """The same words in another order are another phrase."""
    _put(store, make, [["instance première"]], [["première instance"]], [["première", "instance"]])
    assert sorted(_found(store, '"première instance"')) == [2, 3]
    assert sorted(_found(store, "première instance")) == [1, 2, 3]


def test_a_phrase_does_not_run_on_into_another_block(store, make):
    """Words in two columns are not a phrase, in any script."""
    _put(store, make, [["de première"], ["instance"]], [["សាល"], ["ក្រម"]], [["première instance", "សាល", "ក្រម"]])
    assert _found(store, '"première instance"') == [3]
    assert _found(store, '"សាលក្រម"') == [3]


def test_a_long_passage_is_found_though_letters_here_and_there_were_misread(store, make):
    """The longer the passage, the more of it is misread: no half of it has to be right in a row."""
    right = "តុលាការបានកាត់ទោសជនជាប់ចោទពីបទលួចទ្រព្យសម្បត្តិ"
    _put(store, make, [["កិច្ចការផ្សេងទៀត"]], [[right.replace("កាត់", "កាគ់").replace("ជាប់", "ជាច់").replace("លួច", "លូច")]])
    (hit,) = store.search(parse(right), View(limit=10), EVERYTHING).hits
    assert hit.page == 2
    assert sum(mark.end - mark.start for mark in hit.marks) > len(right) / 2


def test_a_page_with_one_of_many_words_is_found_last(store, make):
    """A word that is nowhere must not hide the others."""
    _put(store, make, [["greffier"]], [["greffier", "témoin"]], [["autre"]])
    assert _found(store, "greffier témoin inconnu introuvable") == [2, 1]


def test_of_as_many_words_as_may_be_asked_for_each_counts(store, make):
    """The page with all of them is the exact match."""
    words = [f"greffe{one}{two}" for one in "abcdef" for two in "klmnopqrst"]
    assert len(words) == 60
    _put(store, make, [words[1:]], [words], [words[:-1]])
    found = store.search(parse(" ".join(words)), View(), EVERYTHING)
    assert [(hit.page, hit.exact) for hit in found.hits][:1] == [(2, True)]
    assert (found.pages, found.exact) == (3, 1)


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


def test_a_word_with_a_digit_read_for_a_letter_is_found_below_the_exact_ones(store, make):
    """Old print has one shape for both l and 1; a number is not a misread word."""
    _put(store, make, [["le tribuna1 civil"]], [["le tribunal civil"]], [["le 7218041 civil"]])
    first, second = store.search(parse("tribunal"), View(), EVERYTHING).hits
    assert [(first.page, first.exact), (second.page, second.exact)] == [(2, True), (1, False)]
    assert [second.snippet[mark.start : mark.end] for mark in second.marks] == ["tribuna1"]


def test_a_single_cluster_is_found_wherever_it_stands(store, make):
    """And no other word with the same beginning."""
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
    (hit,) = store.search(parse("លេខ"), View(limit=5), EVERYTHING).hits
    assert [hit.snippet[mark.start : mark.end] for mark in hit.marks] == ["លេខ"]
    (box,) = hit.boxes
    assert box == page.blocks[0].lines[1].words[0].box
    (hit,) = store.search(parse('"លេខ 214"'), View(limit=5), EVERYTHING).hits
    assert len(hit.boxes) == 1
    assert hit.boxes[0].right == page.blocks[0].lines[1].words[1].box.right


def test_a_hit_inside_a_long_word_has_its_part_of_the_box(store, make):
    """A Khmer line is often one word to the recogniser."""
    page = make.page(["កខគឃងចឆជឈញ"])
    store.put(make.case(page), [page])
    (hit,) = store.search(parse("ងច"), View(limit=5), EVERYTHING).hits
    whole = page.blocks[0].lines[0].words[0].box
    (box,) = hit.boxes
    assert (box.left - whole.left, whole.right - box.right) == (36, 36)


def test_a_long_page_gives_a_short_snippet_around_the_hit(store, make):
    """The words around it, on one line."""
    lines = [f"ligne {number} du long document" for number in range(20)]
    page = make.page([*lines, "le mot cherché", *lines])
    store.put(make.case(page), [page])
    (hit,) = store.search(parse("cherché"), View(limit=5), EVERYTHING).hits
    assert len(hit.snippet) < 250
    assert "\n" not in hit.snippet
    assert hit.snippet[hit.marks[0].start : hit.marks[0].end] == "cherché"


def test_putting_a_case_file_again_leaves_nothing_of_the_old(store, make):
    """After a correction, the error must not be found any more."""
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


def test_a_better_scan_of_the_same_name_hides_no_page_of_the_older(store, make):
    """The older stays in the bag, and each page of both is an entry of its own."""
    pages = [make.page([word], scan=scan * 32) for word, scan in (("ancien", "aa"), ("nouveau", "bb"))]
    older, newer = map(make.case, pages)
    refs = [ref for case in (older, newer) for ref in case.documents[0].pages]
    document = older.documents[0].model_copy(update={"pages": tuple(refs)})
    case = older.model_copy(update={"scans": (*older.scans, *newer.scans), "documents": (document,)})
    store.put(case, pages)
    assert store.count() == 2
    assert store.rebuild(analysed([(case, pages)])) == 2
    assert [_found(store, word) for word in ("ancien", "nouveau")] == [[1], [1]]


def test_a_blank_page_is_counted(store, make):
    """Every added page is counted."""
    page = make.page(blank=True)
    store.put(make.case(page), [page])
    assert store.count() == 1


def test_signs_of_the_stores_own_languages_do_no_harm(store, make):
    """Any input is a query or gets a clear refusal."""
    _put(store, make, [["AND OR NOT a*b (c) NEAR units:x"]])
    assert _found(store, '"AND" (c) NEAR/3 "units:x" "OR NOT" ^ - + [ { \\') == [1]


def _cases(make):
    """Three case files of two boxes: kinds, courts, dates, numbers, scripts."""
    rows = [
        ("box-1", "a", "judgment", "សាលាដំបូងខេត្តកំពត", "1963-05-12", "214/63", ["លេខ ២១៤", "ចៅក្រម"]),
        ("box-1", "b", "complaint", "សាលាដំបូងខេត្តតាកែវ", "1965", "7/65", ["ចៅក្រម បណ្តឹង", "le greffier de Phnom Penh"]),
        ("box-2", "c", "judgment", "", "", "", ["le greffier en chef"]),
    ]
    for number, (box, name, kind, court, date, case_number, lines) in enumerate(rows, 1):
        scan = f"{number:064x}"
        page = make.page(lines, scan=scan, number=number)
        case = make.case(page, case_id=f"{box}_{name}", path=f"{name}.pdf")
        values = {FactName.COURT: court, FactName.DATE: date, FactName.CASE_NUMBER: case_number}
        facts = tuple(
            Fact(name=key, value=value, text=value, scan=scan, page=number, boxes=(), confidence=0.9)
            for key, value in values.items()
            if value
        )
        document = case.documents[0].model_copy(update={"kind": kind, "facts": facts})
        yield case.model_copy(update={"box": box, "documents": (document,)}), page


def _fill(store, make):
    for case, page in _cases(make):
        store.put(case, [page])
    return store


@pytest.fixture
def filled(store, make):
    """A store with the three case files."""
    return _fill(store, make)


@pytest.fixture(scope="module")
def three_cases(empty_stores, make):
    """A store with the three case files; no test changes it."""
    return _fill(empty_stores(), make)


@pytest.mark.parametrize(
    ("query", "pages"),
    [
        ("kind:judgment", {1, 3}),
        ("kind:judgment OR kind:complaint", {1, 2, 3}),
        ("-kind:judgment", None),
        ("ចៅក្រម -kind:judgment", {2}),
        ("kind:judg*", {1, 3}),
        ("greffier NOT ចៅក្រម", {3}),
        ("greffier AND NOT kind:judgment", {2}),
        ("greffier AND ចៅក្រម", {2}),
        ("grefier AND ចៅក្រម", {2}),
        ("greffier AND លេខ", set()),
        ("លេខ greffier AND chef", {3}),
        ("(chef OR លេខ) AND kind:judgment", {1, 3}),
        ("(លេខ OR greffier) AND ចៅក្រម", {1, 2}),
        ("ចៅក្រម AND (chef OR grefier)", {2}),
        ("greffier NOT (chef OR លេខ)", {2}),
        ("“le greffier“", {2, 3}),
        ("„le greffier” -‘en chef’", {2}),
        ("NOT box:box-2 greffier", {2}),
        ("box:box-1", {1, 2}),
        ("box:BOX-2 greffier", {3}),
        ("court:តាកែវ", {2}),
        ("court:ខេត្ត", {1, 2}),
        ("case:214/63", {1}),
        ("case:២១៤", {1}),
        ("case:box-2_c", {3}),
        ("script:latin", {2, 3}),
        ("script:khmer script:latin", {2}),
        ("date:1963", {1}),
        ("date:1963-05", {1}),
        ("date:1963-06", set()),
        ("date:1960..1965", {1, 2}),
        ("date:1964..", {2}),
        ("date:..1964-12-31", {1}),
        ("date:១៩៦៥-០៣", {2}),
        ("greffier ចៅក្រម", {1, 2, 3}),
        ("greffier -ចៅក្រម", {3}),
        ('"le greffier" -"en chef"', {2}),
        ("chef OR លេខ", {1, 3}),
        ("gref*", {2, 3}),
        ("ចៅ*", {1, 2}),
        ("grefier", {2, 3}),
        ("grfier~", {2, 3}),
        ("grfier", set()),
        ("Pnom-Penh", {2}),
        ("phnum pen", {2}),
        ("GREFFIÉR", {2, 3}),
    ],
)
def test_the_query_language_finds_what_it_says(three_cases, query, pages):
    """Each kind of query, on each store."""
    if pages is None:
        with pytest.raises(QueryError):
            parse(query)
    else:
        assert set(_found(three_cases, query)) == pages


def test_facets_count_all_that_is_found_and_not_what_is_shown(three_cases):
    """A researcher narrows a search with them."""
    found = three_cases.search(parse("greffier OR ចៅក្រម"), View(limit=1, facets=True), EVERYTHING)
    facets = {name: [(count.value, count.pages) for count in counts] for name, counts in found.facets.items()}
    assert len(found.hits) == 1
    counts = three_cases.search(parse("greffier OR ចៅក្រម"), View(limit=0, facets=True, by_case=True), EVERYTHING)
    assert (counts.hits, counts.facets, counts.pages, counts.cases) == ((), found.facets, found.pages, 3)
    assert facets == {
        "kind": [("judgment", 2), ("complaint", 1)],
        "court": [("សាលាដំបូងខេត្តកំពត", 1), ("សាលាដំបូងខេត្តតាកែវ", 1)],
        "year": [("1963", 1), ("1965", 1)],
        "box": [("box-1", 2), ("box-2", 1)],
        "script": [("khmer", 2), ("latin", 2)],
    }


def test_hits_can_be_sorted_by_date_those_without_one_last(three_cases):
    """And a hit shows what is known about its document."""
    found = three_cases.search(parse("greffier OR ចៅក្រម"), View(sort=Sort.DATE), EVERYTHING)
    assert [hit.date for hit in found.hits] == ["1963-05-12", "1965", ""]
    newest = three_cases.search(parse("greffier OR ចៅក្រម"), View(sort=Sort.NEWEST), EVERYTHING)
    assert [hit.date for hit in newest.hits] == ["1965", "1963-05-12", ""]
    assert found.hits[0].case_number == "214/63"
    assert found.hits[1].kind == "complaint"


def test_pages_are_grouped_by_case_file_on_request(store, make):
    """The best page represents the case file, and shows the number of its pages."""
    for letter in "ab":
        pages = [make.page(["greffier"] * times, number=times, scan=letter * 64) for times in (1, 2, 3)]
        store.put(make.case(*pages, case_id=f"box_{letter}"), pages)
    found = store.search(parse("greffier"), View(by_case=True), EVERYTHING)
    assert (found.pages, found.cases) == (6, 2)
    assert [(hit.case, hit.pages) for hit in found.hits] == [("box_a", 3), ("box_b", 3)]


def test_pages_of_hits_hold_still_and_every_hit_is_on_one(store, make):
    """Hits with the same score have a fixed order, too."""
    _put(store, make, *[[["greffier"]] for _ in range(23)])
    query = parse("greffier")
    shown = [
        hit.page
        for start in range(0, 30, 5)
        for hit in store.search(query, View(limit=5, offset=start), EVERYTHING).hits
    ]
    assert shown == list(range(1, 24))
    assert [hit.page for hit in store.each(query, Sort.RANK, EVERYTHING)] == shown
    assert sorted(ref.number for ref in store.places(query, EVERYTHING)) == shown


def test_pages_that_read_alike_come_after_those_with_all_as_it_is(store, make):
    """They are searched if the others do not fill the view; in both cases the order is the same."""
    _put(store, make, *[[["សាលក្រមព្រហ្មទណ្ឌ"]] for _ in range(7)], *[[["សាលក្រមព្រហ្មទណឃ"]] for _ in range(3)])
    query = parse("សាលក្រមព្រហ្មទណ្ឌ")
    pages = [hit.page for hit in store.each(query, Sort.RANK, EVERYTHING)]
    assert pages == list(range(1, 11))
    for start, whole in ((0, False), (4, False), (5, True), (9, True)):
        found = store.search(query, View(limit=3, offset=start), EVERYTHING)
        assert [hit.page for hit in found.hits] == pages[start : start + 3]
        assert (found.whole, found.exact, found.pages) == (whole, 7, 10 if whole else 7)


def test_a_rebuild_leaves_what_is_in_the_bags_and_nothing_else(filled, make):
    """The index is a view of the bags."""
    made = [(case, [page]) for case, page in _cases(make)]
    assert filled.rebuild(analysed(made[1:])) == 2
    assert filled.cases() == {case.id: fingerprint(case) for case, _ in made[1:]}
    assert _found(filled, "លេខ") == []
    assert set(_found(filled, "ចៅក្រម")) == {2}


def test_a_rebuild_that_fails_leaves_the_index_as_it_was(filled, make):
    """Searches continue without a break, for every way in which it stops."""

    def broken():
        case, page = next(_cases(make))
        yield case, [page]
        raise OSError("the bag cannot be read")

    with pytest.raises(OSError, match="bag"):
        filled.rebuild(analysed(broken()))
    assert filled.count() == 3
    assert set(_found(filled, "ចៅក្រម")) == {1, 2}


def test_searches_find_the_old_index_until_the_new_one_is_whole(filled, open_store, make):
    """A rebuild of a large archive takes hours: in this time, no search may answer that there is nothing."""
    seen = []

    def looking_on():
        for case, page in _cases(make):
            with open_store() as another:
                seen.append((another.count(), set(_found(another, "ចៅក្រម"))))
            yield case, [page]

    filled.rebuild(analysed(looking_on()))
    assert seen == [(3, {1, 2})] * 3


def test_a_long_name_a_long_word_and_a_long_page_are_taken(store, make):
    """Real pages contain anything."""
    page = make.page(["ក" * 3000, "x" * 40_000, "greffier"])
    store.put(make.case(page, path="ខ" * 80 + ".pdf"), [page])
    assert _found(store, "greffier") == [1]
