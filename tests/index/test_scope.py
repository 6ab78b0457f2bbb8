"""Content outside a scope is invisible in every store: a word that is only there answers like one that is nowhere."""

import re
from datetime import UTC, datetime

import pytest

from models.actor import Actor, ActorKind
from models.errors import QueryError
from models.fact import Fact, FactName
from models.level import Level
from models.page import PageRef
from models.restriction import Reach, Restriction
from models.scope import Scope
from pipeline.document.glossary import read_names
from pipeline.document.name_lookup import NameLookup
from pipeline.index.entry import analysed
from pipeline.index.language import parse
from pipeline.index.nothing import values_of, why_nothing
from pipeline.index.query import Field
from pipeline.index.store import Sort, View, fingerprint
from tests.conftest import EVERYTHING, ROOT
from tests.index.test_search import _cases

_WHEN = datetime(2026, 1, 2, tzinfo=UTC)
_ARCHIVIST = Actor(name="a@b", kind=ActorKind.OPERATOR)
# Words of the sealed case file, and similar words that are nowhere.
_SEALED, _KHMER_SEALED, _NOWHERE, _KHMER_NOWHERE = "zibeline", "ស្ងៀមស្ងាត់ណាស់", "xylofone", "ភ្លឺថ្លាពេកហើយ"
_READER = Scope(Level.REGISTERED)


def _at(case, level, *pages):
    """Return a case file at a level, or with some of its pages at one."""
    refs = tuple(PageRef(scan=page.scan, number=page.number) for page in pages)
    reach = Reach.PAGE if refs else Reach.CASE
    restriction = Restriction(level=level, reach=reach, pages=refs, reason="order", by=_ARCHIVIST, at=_WHEN)
    return case.model_copy(update={"restrictions": (*case.restrictions, restriction)})


def _sealed(make):
    """Return a case file with words, a kind, a court, a date and a box that no other has, and some that others have."""
    scan = "9" * 64
    pages = [
        make.page([f"{_SEALED} greffier", _KHMER_SEALED, "ចៅក្រម zibelina"], scan=scan, number=number)
        for number in range(1, 8)
    ]
    case = make.case(*pages, case_id="box-9_x", path="x.pdf")
    document = case.documents[0].model_copy(update={"kind": "zwarrant"})
    return case.model_copy(update={"box": "box-9", "documents": (document,)}), pages


def _fill(store, make):
    for case, page in _cases(make):
        store.put(_at(case, Level.PUBLIC), [page])
    case, pages = _sealed(make)
    store.put(_at(case, Level.SEALED), pages)
    return store


@pytest.fixture
def filled(store, make):
    """A store with three public case files, and one that is sealed."""
    return _fill(store, make)


@pytest.fixture(scope="module")
def one_sealed(empty_stores, make):
    """A store with three public case files, and one that is sealed; no test changes it."""
    return _fill(empty_stores(), make)


def _answers(store, text, scope):
    """Return everything that a reader can learn from a query, in every kind of search."""
    query = parse(text)
    views = [View(), View(limit=1), View(limit=1, offset=1), View(sort=Sort.DATE), View(by_case=True)]
    views += [View(facets=True), View(limit=0, facets=True, by_case=True)]
    found = [store.search(query, view, scope).model_dump() for view in views]
    exported = [[hit.model_dump() for hit in store.each(query, sort, scope)] for sort in Sort]
    exported.append([ref.model_dump() for ref in store.places(query, scope)])
    why = [] if found[0]["pages"] else why_nothing(store, query, scope)
    return found, exported, why


_QUERIES = (
    "{word}", '"{word}"', '"{word} greffier"', "{begin}*", "{word}~", '"{word}"~', "{khmer}", '"{khmer}"', "{khmer}~",
    "greffier -{word}", "greffier NOT {khmer}", "greffier OR {word}", "greffier {word}", "greffier AND {word}",
    "{word} {khmer} greffier", "box:{word}", "case:{word}", "court:{word}", "kind:{word}", "{word} script:latin",
    "{word} date:1960..1965", "greffier OR {begin}*", "{word} OR {khmer}",
)  # fmt: skip


def test_a_sealed_word_answers_as_one_that_is_nowhere(one_sealed):
    """By word, phrase, beginning, similar spelling, exclusion, alternative and field, in every view."""
    for pattern in _QUERIES:
        texts, answers = [], []
        for word, khmer in ((_SEALED, _KHMER_SEALED), (_NOWHERE, _KHMER_NOWHERE)):
            text = pattern.format(word=word, begin=word[:4], khmer=khmer)
            found, exported, why = _answers(one_sealed, text, _READER)
            texts.append(text)
            # Existing values are listed by their similarity to the typed value, so their order differs.
            lines = [line.replace(word, "W").replace(khmer, "K").replace(word[:4], "B") for line in why]
            answers.append((found, exported, [sorted(re.findall(r"[\w-]+", line)) for line in lines]))
        assert answers[0] == answers[1], texts


def test_who_may_see_it_finds_it(one_sealed):
    """Otherwise the test before would pass for a store that finds nothing."""
    for pattern in ("{word}", '"{word} greffier"', "{khmer}", "{begin}*", "zibelime", "{word}~"):
        text = pattern.format(word=_SEALED, begin=_SEALED[:4], khmer=_KHMER_SEALED)
        found = one_sealed.search(parse(text), View(), EVERYTHING)
        assert (found.pages, {hit.level for hit in found.hits}) == (7, {Level.SEALED}), text


def test_what_is_sealed_changes_nothing_of_what_others_find(store, make):
    """The same scores, order, counts, facets and reasons, with the sealed case file in the index and without."""
    for case, page in _cases(make):
        store.put(_at(case, Level.PUBLIC), [page])
    texts = ("greffier", "ចៅក្រម greffier", "grefier~", "gref*", "greffier OR លេខ", "kind:judgment", "box:box-9", "zib*")
    before = [_answers(store, text, _READER) for text in texts]
    kinds = list(values_of(store, Field.KIND, _READER))
    case, pages = _sealed(make)
    store.put(_at(case, Level.SEALED), pages)
    assert [_answers(store, text, _READER) for text in texts] == before
    assert list(values_of(store, Field.KIND, _READER)) == kinds
    assert "zwarrant" in values_of(store, Field.KIND, EVERYTHING)


def test_a_kind_that_only_sealed_documents_have_is_unknown(one_sealed):
    """It is refused with the same sentence as any word, and is not among the suggestions."""
    glossary = read_names(ROOT / "config" / "glossary")
    known = NameLookup(glossary, lambda: values_of(one_sealed, Field.KIND, _READER))
    refusals = []
    for word in ("zwarrant", "zwarrxnt"):
        with pytest.raises(QueryError) as refused:
            parse(f"greffier kind:{word}", known)
        refusals.append((str(refused.value).replace(word, "W"), refused.value.position))
    assert refusals[0] == refusals[1]
    everything = NameLookup(glossary, lambda: values_of(one_sealed, Field.KIND, EVERYTHING))
    assert one_sealed.search(parse("kind:zwarrant", everything), View(), EVERYTHING).pages == 7


@pytest.mark.parametrize("level", Level)
def test_each_level_shows_itself_and_those_below(store, make, level):
    """And nothing above it, for one page or all pages."""
    pages = [make.page(["greffier"], number=number) for number in range(1, 5)]
    case = make.case(*pages)
    for one, page in zip(Level, pages, strict=True):
        case = _at(case, one, page)
    store.put(_at(case, Level.PUBLIC), pages)
    shown = [hit.page for hit in store.each(parse("greffier"), Sort.RANK, Scope(level))]
    assert shown == list(range(1, level.rank + 2))
    assert store.count() == 4


def test_a_change_of_level_holds_for_every_search_after_it(filled, make):
    """Sealed, it is in no answer; unsealed, it is there again; no page is read again."""
    case, page = list(_cases(make))[1]
    query, public = parse("បណ្តឹង"), Scope(Level.PUBLIC)
    sealed = _at(_at(case, Level.PUBLIC), Level.SEALED)
    before = _answers(filled, "greffier ចៅក្រម", public)
    assert filled.search(query, View(), public).pages == 1
    assert filled.set_levels(sealed)
    assert filled.search(query, View(), public).pages == 0
    assert filled.search(query, View(), EVERYTHING).pages == 1
    assert filled.cases()[case.id] == fingerprint(sealed)
    again = _at(sealed, Level.PUBLIC)
    assert filled.set_levels(again)
    assert _answers(filled, "greffier ចៅក្រម", public) == before
    assert filled.count() == 10
    filled.put(again, [page])
    filled.remove(case.id)
    assert filled.count() == 9


def test_what_stands_on_a_sealed_page_is_known_of_no_page_that_is_less_strict(store, make):
    """The court and the year of a document are on its first page: sealed, its second page is found without them."""
    scan = "7" * 64
    pages = [make.page(["greffier"], scan=scan, number=number) for number in (1, 2)]
    read = {"text": "x", "scan": scan, "page": 1, "boxes": (), "confidence": 0.9}
    facts = (Fact(name=FactName.COURT, value="tribunal", **read), Fact(name=FactName.DATE, value="1963", **read))
    case = make.case(*pages)
    case = case.model_copy(update={"documents": (case.documents[0].model_copy(update={"facts": facts}),)})
    public = _at(case, Level.PUBLIC)
    store.put(public, pages)
    before = _answers(store, "greffier", _READER)
    assert store.search(parse("court:tribunal date:1963"), View(), _READER).pages == 2

    sealed = _at(public, Level.SEALED, pages[0])
    assert store.set_levels(sealed)
    (left,) = store.search(parse("greffier"), View(), _READER).hits
    assert (left.page, left.court, left.date) == (2, "", "")
    assert store.search(parse("greffier"), View(facets=True), _READER).facets["court"] == ()
    for text in ("court:tribunal", "date:1963", "greffier court:tribunal"):
        assert store.search(parse(text), View(), _READER).pages == 0
        assert store.search(parse(text), View(), EVERYTHING).pages == 1
    hidden = _answers(store, "greffier", _READER)
    store.put(sealed, pages)
    assert _answers(store, "greffier", _READER) == hidden

    assert store.set_levels(_at(sealed, Level.PUBLIC, pages[0]))
    assert _answers(store, "greffier", _READER) == before


def test_levels_are_not_confirmed_of_pages_that_the_store_does_not_hold(filled, make):
    """The service that seals must then refuse the case file until it is in the index."""
    case, _ = list(_cases(make))[1]
    other = make.page(["autre"], scan="8" * 64)
    assert not filled.set_levels(_at(make.case(other, case_id="box-1_new", path="n.pdf"), Level.SEALED))
    assert not filled.set_levels(_at(make.case(other, case_id=case.id, path="b.pdf"), Level.SEALED))
    assert case.id in filled.cases()


def test_a_word_that_was_sealed_is_no_near_spelling_any_more(store, make):
    """Words that once were on public pages are removed there."""
    page = make.page(["zibelina"])
    case = _at(make.case(page), Level.PUBLIC)
    store.put(case, [page])
    assert store.search(parse("zibeline"), View(), _READER).pages == 1
    store.set_levels(_at(case, Level.SEALED))
    assert store.search(parse("zibeline"), View(), _READER).pages == 0
    assert store.search(parse("zibeline"), View(), EVERYTHING).pages == 1


@pytest.mark.parametrize("spaced", ["ﷺ", "x\u037a", "x\ufe70"])
def test_a_page_whose_words_have_a_space_in_their_form_is_sealed_as_others_are(store, make, spaced):
    """Every word of it is gone for readers, and the page can be opened, sealed and removed again."""
    page = make.page([f"Court {spaced} Phnom Penh Witness"])
    other = make.page(["Phnom greffier"], scan="b" * 64)
    public = _at(make.case(page), Level.PUBLIC)
    store.put(public, [page])
    store.put(_at(make.case(other, case_id="box_b", path="b.pdf"), Level.PUBLIC), [other])
    for levels in (Level.SEALED, Level.PUBLIC, Level.SEALED):
        public = _at(public, levels)
        assert store.set_levels(public)
        shown = 1 if levels is Level.PUBLIC else 0
        for word in ("court", "penh", "witness", "witnes", "penh*", "phnom penh"):
            found = {hit.case for hit in store.search(parse(word), View(), _READER).hits} - {"box_b"}
            assert len(found) == shown, (word, levels)
        assert store.search(parse("witness"), View(), EVERYTHING).pages == 1
    store.remove(public.id)
    assert store.search(parse("witness"), View(), EVERYTHING).pages == 0
    assert store.search(parse("phnom"), View(), _READER).pages == 1


@pytest.mark.parametrize(
    "text", ["greffier", "greffier ចៅក្រម", '"le greffier"', "grefier", "gref*", "box:box*", "ចៅក្រម OR chef"]
)
def test_boxes_grants_and_refusals_narrow_every_question(one_sealed, text):
    """Counts, facets, pages of hits and exports contain what the scope shows, and nothing else."""
    everything = {(hit.case, hit.page): hit for hit in one_sealed.each(parse(text), Sort.RANK, EVERYTHING)}
    scopes = (
        Scope(Level.PUBLIC, boxes=frozenset({"box-1", "box-9"})),
        Scope(Level.PUBLIC, boxes=frozenset()),
        Scope(Level.SEALED, boxes=frozenset({"box-9"})),
        Scope(Level.PUBLIC, granted=frozenset({"box-9_x", "nowhere"})),
        Scope(Level.PUBLIC, boxes=frozenset({"box-2"}), granted=frozenset({"box-9_x", "box-1_b"})),
        Scope(Level.SEALED, refused=frozenset({"box-1_b", "box-9_x"})),
        Scope(Level.PUBLIC, granted=frozenset({"box-9_x"}), refused=frozenset({"box-9_x", "box-2_c"})),
    )
    for scope in scopes:
        levels = {"box-9_x": Level.SEALED}
        wanted = {
            place: hit for place, hit in everything.items()
            if scope.shows(hit.case, hit.box, levels.get(hit.case, Level.PUBLIC))
        }  # fmt: skip
        assert {(hit.case, hit.page) for hit in one_sealed.each(parse(text), Sort.DATE, scope)} == wanted.keys(), scope
        found = one_sealed.search(parse(text), View(facets=True, by_case=True), scope)
        assert (found.pages, found.cases) == (len(wanted), len({case for case, _ in wanted})), scope
        assert {count.value: count.pages for count in found.facets["box"]} == {
            box: sum(hit.box == box for hit in wanted.values()) for box in {hit.box for hit in wanted.values()}
        }
        assert {hit.exact for hit in found.hits} <= {hit.exact for hit in wanted.values()}


def test_what_lies_in_other_boxes_moves_no_score(store, make):
    """If a scope shows only a part of a level, words are not weighted by their rarity on it."""
    for case, page in _cases(make):
        store.put(_at(case, Level.PUBLIC), [page])
    scope = Scope(Level.PUBLIC, boxes=frozenset({"box-1", "box-2"}), granted=frozenset({"box-2_c"}))
    texts = ("greffier", "greffier ចៅក្រម", "greffier OR លេខ", '"le greffier"')
    before = [_answers(store, text, scope) for text in texts]
    case, pages = _sealed(make)
    store.put(_at(case, Level.PUBLIC), pages)
    assert [_answers(store, text, scope) for text in texts] == before


def test_an_empty_scope_answers_as_an_empty_archive(one_sealed):
    """A person who may see nothing learns nothing, not even that something exists."""
    nothing = Scope(Level.PUBLIC, boxes=frozenset())
    assert _answers(one_sealed, "greffier", nothing) == _answers(
        one_sealed, "greffier", Scope(Level.PUBLIC, frozenset({"box-9"}))
    )
    assert "has no pages yet" in " ".join(why_nothing(one_sealed, parse("greffier"), nothing))
    assert values_of(one_sealed, Field.BOX, nothing) == []


def _of(case, *courts):
    """Return a case file whose first document names some courts."""
    page = case.documents[0].pages[0]
    facts = tuple(
        Fact(name=FactName.COURT, value=court, text=court, scan=page.scan, page=page.number, boxes=(), confidence=0.9)
        for court in courts
    )
    document = case.documents[0].model_copy(update={"facts": facts})
    return case.model_copy(update={"documents": (document, *case.documents[1:])})


_KANDAL, _APPEAL = "សាលាដំបូងខេត្តកណ្តាល", "សាលាឧទ្ធរណ៍"


@pytest.fixture
def of_courts(store, make):
    """A store with the same page in case files of no court, one, another, and two; and one that is sealed."""
    cases = {}
    for name, courts in {
        "none": (), "kandal": (_KANDAL,), "appeal": (_APPEAL,), "both": (_KANDAL, _APPEAL), "sealed": (_KANDAL,),
    }.items():  # fmt: skip
        page = make.page([f"greffier {name}"], scan=name[0] * 64)
        case = _at(_of(make.case(page, case_id=f"box-1_{name}"), *courts), Level.PUBLIC)
        cases[name] = (_at(case, Level.SEALED) if name == "sealed" else case, page)
        store.put(cases[name][0], [page])
    return store, cases


def _found(store, scope, text="greffier"):
    """Return which case files a search, an export and the facets show; all must show the same."""
    shown = {hit.case.removeprefix("box-1_") for hit in store.each(parse(text), Sort.DATE, scope)}
    found = store.search(parse(text), View(facets=True, by_case=True), scope)
    assert (found.pages, found.cases) == (len(shown), len(shown))
    assert sum(count.pages for count in found.facets["box"]) == len(shown)
    return shown


def test_a_group_of_courts_finds_what_is_of_these_courts_alone(of_courts):
    store, _ = of_courts
    kandal, appeal = frozenset({_KANDAL}), frozenset({_APPEAL})
    for courts, shown in (
        (kandal, {"kandal"}),
        (appeal, {"appeal"}),
        (kandal | appeal, {"kandal", "appeal", "both"}),
        (frozenset(), set()),
        (frozenset({"another"}), set()),
        (None, {"none", "kandal", "appeal", "both"}),
    ):
        for text in ("greffier", "greff*", "box:box*"):
            assert _found(store, Scope(Level.STAFF, courts=courts), text) == shown, (courts, text)
    assert _found(store, Scope(Level.SEALED, courts=kandal)) == {"kandal", "sealed"}
    assert _found(store, Scope(Level.STAFF, frozenset({"box-2"}), kandal)) == set()
    assert _found(store, Scope(Level.STAFF, courts=kandal, granted=frozenset({"box-1_none"}))) == {"kandal", "none"}
    assert _found(store, Scope(Level.STAFF, courts=kandal, refused=frozenset({"box-1_kandal"}))) == set()


def test_a_word_of_another_court_answers_as_one_that_is_nowhere(of_courts):
    store, _ = of_courts
    scope = Scope(Level.STAFF, courts=frozenset({_KANDAL}))
    for pattern in ("{}", '"greffier {}"', "greffier OR {}", "greffier -{}", "{}~", "case:{}"):
        answers = []
        for word in ("appeal", "xylofone"):
            found, exported, why = _answers(store, pattern.format(word), scope)
            answers.append((found, exported, [line.replace(word, "W") for line in why]))
        assert answers[0] == answers[1], pattern


def test_a_court_that_is_corrected_holds_for_every_search_after_it(of_courts):
    """Both ways; and levels alone cannot be set by a record with other courts."""
    store, cases = of_courts
    kandal = Scope(Level.STAFF, courts=frozenset({_KANDAL}))
    case, page = cases["kandal"]
    for courts, shown in (((_APPEAL,), set()), ((), set()), ((_KANDAL, _APPEAL), set()), ((_KANDAL,), {"kandal"})):
        other = _of(case, *courts)
        assert store.set_levels(other) is (courts == (_KANDAL,) and shown == set())
        store.put(other, [page])
        assert _found(store, kandal) == shown, courts
        assert store.set_levels(other)
        assert _found(store, kandal) == shown, courts
    store.rebuild(analysed((case, [page]) for case, page in cases.values()))
    assert _found(store, kandal) == {"kandal"}
