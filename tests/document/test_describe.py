"""The description of a document: its kind, and facts with the words from which they were read."""

import tomllib
from datetime import UTC, datetime

import pytest

from config.settings import GLOSSARY, load
from models.correction import About, Correction
from models.errors import GlossaryError
from models.fact import FactName
from models.page import PageRef
from pipeline.document.describe import describe_documents, inactive_corrections
from pipeline.document.glossary import read_names
from pipeline.text.dates import IMPOSSIBLE


@pytest.fixture(scope="module")
def settings():
    return load().document


@pytest.fixture(scope="module")
def describe(make, settings):
    """Return the description of a document of one page with these lines."""

    def told(*lines):
        page = make.page(*[[line] for line in lines])
        refs = {PageRef(scan=page.scan, number=page.number): page}
        (document,) = describe_documents(make.case(page).documents, refs, settings)
        return document, page

    return told


def _values(document, name):
    return [fact.value for fact in document.facts if fact.name is name]


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        (["ព្រះរាជាណាចក្រកម្ពុជា", "សាលក្រមព្រហ្មទណ្ឌ", "លេខ ២១៤/០៣"], "judgment"),
        (["សាលក្រមពហ្មទណ្ឌ"], "judgment"),  # without a subscript
        (["សំណុំរឿងលេខ ៤៥៨/៩៨", "កំណត់ហេតុស្តាប់ចម្លើយសាក្សី"], "witness_interview"),
        (["ដីកាសម្រេចឃុំខ្លួន", "បណ្តោះអាសន្ន"], "provisional_detention"),  # on two lines
        (["ROYAUME DU CAMBODGE", "MANDAT D'ARRÊT"], "arrest_warrant"),
        (["JUGEMENT CORRECTIONNEL", "Dossier n° 296/64"], "judgment"),
        (["កម្មវិធីបុណ្យចូលឆ្នាំ", "សាលាបឋមសិក្សា"], "unknown"),
        (["ខ្ញុំសូមប្តឹងទៅតុលាការ ព្រោះគាត់មិនព្រមសងប្រាក់ខ្ញុំសោះឡើយ"], "unknown"),
        ([], "unknown"),
    ],
)
def test_a_title_tells_the_kind_and_nothing_else_is_guessed(describe, lines, kind):
    """Slightly misread, on two lines, under the number of the case file; without a title the kind is unknown."""
    document, _ = describe(*lines)
    assert document.kind == kind
    assert document.kind == "unknown" or document.kind_confidence >= 0.9


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("សំណុំរឿងព្រហ្មទណ្ឌលេខ ១២៣/៩៨ ក.ប", FactName.CASE_NUMBER, "123/98"),
        ("Case No. 002/19-09-2007-ECCC/TC", FactName.CASE_NUMBER, "002/19-09-2007-ECCC/TC"),
        ("Dossier n° 296/64", FactName.CASE_NUMBER, "296/64"),
        ("Our ref: 477/10", FactName.CASE_NUMBER, "477/10"),
        ("លេខរឿង ៧២២/៥៧ ចុះបញ្ជី", FactName.CASE_NUMBER, "722/57"),
        ("សាលាដំបូងខេត្តពោធិ៍សាត់", FactName.COURT, "សាលាដំបូងខេត្តពោធិ៍សាត់"),
        ("សាលាដំបូងខេត្តពោធ៍សាត់", FactName.COURT, "សាលាដំបូងខេត្តពោធិ៍សាត់"),  # without a vowel
        ("សាលាដំបូងខេត្តពោធីសាត់", FactName.COURT, "សាលាដំបូងខេត្តពោធិ៍សាត់"),  # two signs read as one
        ("សាលាដំបូងខេត្តកំពង់ចម", FactName.COURT, "សាលាដំបូងខេត្តកំពង់ចាម"),
        ("សាលាដំបូងខេត្តដដែលនេះ", FactName.COURT, "សាលាដំបូង"),  # “the same province” is none
        ("សាលាដំបូងរាជធានីភ្នំពេញ", FactName.COURT, "សាលាដំបូងរាជធានីភ្នំពេញ"),
        ("Provincial Court of Kampot", FactName.COURT, "សាលាដំបូងខេត្តកំពត"),
        ("Tribunal de première instance de Battambang", FactName.COURT, "សាលាដំបូងខេត្តបាត់ដំបង"),
        ("ថ្ងៃទី២២ ខែមិថុនា ឆ្នាំ១៩៩៨", FactName.DATE, "1998-06-22"),
        ("តាមមាត្រា ៣៥៣ នៃក្រមព្រហ្មទណ្ឌ", FactName.ARTICLE, "353"),
        ("ខ្ញុំបាទឈ្មោះ យឹម វាសនា អាយុ ៤២ឆ្នាំ", FactName.PARTY, "យឹម វាសនា"),
    ],
)
def test_a_fact_is_read_in_its_normal_form(describe, line, name, value):
    """Numbers of the courts and of the ECCC, courts with their provinces, dates, articles, parties."""
    document, _ = describe(line)
    assert value in _values(document, name)


def test_a_judges_name_ends_where_the_clerks_begins(describe):
    """On one line and over the end of a line, where nothing but a space is between them."""
    for lines in (
        ["ដឹកនាំដោយចៅក្រម ណុប ស្រីម៉ុម", "មានក្រឡាបញ្ជី យឹម ពិសិដ្ឋា ដើម្បីជំនុំជម្រះ"],
        ["ដឹកនាំដោយចៅក្រម ណុប ស្រីម៉ុម មានក្រឡាបញ្ជី យឹម ពិសិដ្ឋា ដើម្បីជំនុំជម្រះ"],
    ):
        document, _ = describe(*lines)
        assert _values(document, FactName.JUDGE) == ["ណុប ស្រីម៉ុម"]


@pytest.mark.parametrize(
    ("lines", "judges", "clerks"),
    [
        (["ក្រឡាបញ្ជី", "ចៅក្រមជំនុំជម្រះ", "យឹម ពិសិដ្ឋា", "ណុប ស្រីម៉ុម"], ["ណុប ស្រីម៉ុម"], ["យឹម ពិសិដ្ឋា"]),
        (["Le président", "Jean Dupont", "Le greffier", "Tep Sreymom"], ["Jean Dupont"], ["Tep Sreymom"]),
        (["Le président", "Le greffier", "Tep Sreymom"], [], []),  # it could be either
    ],
)
def test_who_signs_has_the_title_above_the_name(describe, lines, judges, clerks):
    """Below each other, or side by side: then the titles are read first, and the names after them."""
    document, _ = describe(*lines)
    assert _values(document, FactName.JUDGE) == judges
    assert _values(document, FactName.CLERK) == clerks


@pytest.mark.parametrize(
    "block",
    [
        ["Tribunal de première", "instance de Svay Rieng"],
        ["Tribunal provincial de", "Svay Rieng"],
        ["Court of First Instance of Svay", "Rieng, sitting in its civil section"],
    ],
)
def test_a_court_is_read_over_the_end_of_a_line(make, settings, block):
    """Letterheads are narrow."""
    page = make.page(block)
    refs = {PageRef(scan=page.scan, number=page.number): page}
    (document,) = describe_documents(make.case(page).documents, refs, settings)
    assert document.best_value(FactName.COURT) == "សាលាដំបូងខេត្តស្វាយរៀង"


def test_a_fact_tells_the_words_it_was_read_from(describe):
    """Their text as it was read, and their boxes on the page."""
    document, page = describe("ព្រះរាជាណាចក្រកម្ពុជា", "សាលាដំបូងខេត្តកំពត លេខ ២១៤/០៣ ក.ប")
    (fact,) = (fact for fact in document.facts if fact.name is FactName.CASE_NUMBER)
    assert (fact.text, fact.scan, fact.page) == ("២១៤/០៣", page.scan, 1)
    (word,) = (word for word in page.blocks[1].lines[0].words if word.text == "២១៤/០៣")
    assert fact.boxes == (word.box,)
    assert 0 < fact.confidence <= word.confidence


def test_a_document_is_dated_by_its_own_date_and_not_by_the_deeds(describe):
    """The date of an event is in the text; the date of the paper is at its end."""
    document, _ = describe(
        "ពាក្យបណ្តឹង",
        "កាលពីថ្ងៃទី០៤ ខែកុម្ភៈ ឆ្នាំ១៩៩៨ គោរបស់ខ្ញុំបានបាត់ពីក្រោមផ្ទះ",
        "សូមលោកព្រះរាជអាជ្ញាមេត្តាចាត់ការតាមច្បាប់",
        "ធ្វើថ្ងៃទី០២ ខែមីនា ឆ្នាំ១៩៩៨",
    )
    assert sorted(_values(document, FactName.DATE)) == ["1998-02-04", "1998-03-02"]
    assert document.best_value(FactName.DATE) == "1998-03-02"


def test_a_record_is_dated_by_the_day_it_begins_with(describe):
    """It begins like a deed: on such and such a day."""
    document, _ = describe(
        "នៅថ្ងៃទី០២ ខែមីនា ឆ្នាំ១៩៩៨ យើងបានស្តាប់ចម្លើយសាក្សី",
        "សួរ តើអ្នកស្គាល់ជននោះដែរឬទេ នៅក្នុងភូមិរបស់អ្នក",
        "ឆ្លើយ នៅថ្ងៃទី០៤ ខែកុម្ភៈ ឆ្នាំ១៩៩៨ ខ្ញុំនៅផ្ទះ",
    )
    assert document.best_value(FactName.DATE) == "1998-03-02"


def test_a_year_of_two_digits_is_resolved_by_the_documents_other_dates(describe):
    """And stays open, with a doubt, if there are no other dates."""
    document, _ = describe("ថ្ងៃទី០២ ខែមីនា ឆ្នាំ១៩៩៨", "លេខ ១២ ចុះថ្ងៃទី០៤/០២/៩៨")
    assert "1998-02-04" in _values(document, FactName.DATE)
    document, _ = describe("ចុះថ្ងៃទី 04/02/98")
    (fact,) = (fact for fact in document.facts if fact.name is FactName.DATE)
    assert (fact.value, bool(fact.doubt)) == ("", True)
    assert document.best_value(FactName.DATE) == ""
    document, _ = describe("ថ្ងៃទី០២ ខែមីនា ឆ្នាំ១៩៩៩", "លេខ ១២ ចុះថ្ងៃទី៣១/០៤/៩៩")
    assert [(fact.value, fact.doubt) for fact in document.facts if fact.name is FactName.DATE] == [
        ("1999-03-02", ""),
        ("", IMPOSSIBLE),
    ]


@pytest.mark.parametrize(
    ("line", "numbers"),
    [
        ("Kampot, le 12/05/1998", []),
        ("ភ្នំពេញ ថ្ងៃទី ១២/០៥/៩៨", []),
        ("Kampot, le 31/04/1998", []),  # not a day, and not a number either
        ("Dossier n° 458/98 du 12/05/1998", ["458/98"]),
        ("Dossier n° 12/05 du greffe", ["12/05"]),
        ("Case No. 002/19-09-2007-ECCC/TC", ["002/19-09-2007-ECCC/TC"]),
    ],
)
def test_a_date_in_figures_is_no_case_number(describe, line, numbers):
    """A number that only looks like half a date is a number."""
    document, _ = describe(line)
    assert _values(document, FactName.CASE_NUMBER) == numbers


def test_what_was_said_of_a_document_that_another_absorbs_waits_until_it_begins_again(make, settings):
    """A judgment does not become a letter because a letter was attached to it."""
    pages = [make.page([line], number=number) for number, line in ((1, "សាលក្រមព្រហ្មទណ្ឌ"), (2, "Monsieur le Procureur"))]
    refs = [PageRef(scan=page.scan, number=page.number) for page in pages]
    case = make.case(*pages)

    def said(about, page, value):
        return Correction(
            about=about, value=value, page=refs[page], machine="", at=datetime(2026, 1, 2, tzinfo=UTC), by="clerk@desk"
        )

    def told(*corrections):
        documents = describe_documents(case.documents, dict(zip(refs, pages, strict=True)), settings, corrections)
        now = case.model_copy(update={"documents": documents, "corrections": corrections})
        return [(one.kind, one.best_value(FactName.DATE)) for one in documents], [
            one.about for one in inactive_corrections(now)
        ]

    cut = [said(About.BEGINS, 1, ""), said(About.KIND, 1, "letter"), said(About.DATE, 1, "1964")]
    merged = [*cut, said(About.CONTINUES, 1, "")]
    assert told(*cut) == ([("judgment", ""), ("letter", "1964")], [])
    assert told(*merged) == ([("judgment", "")], [About.KIND, About.DATE])
    assert told(*merged, said(About.BEGINS, 1, "")) == told(*cut)


def test_a_glossary_of_ones_own_takes_the_place_of_ours(make, settings, tmp_path):
    """An archive team adds a kind without code; its title or one of its phrases identifies it."""
    for name in ("kinds.toml", "courts.toml"):
        (tmp_path / name).write_bytes((GLOSSARY / name).read_bytes())
    with (tmp_path / "kinds.toml").open("a", encoding="utf-8") as stream:
        stream.write('\n[festival]\nkm = ["កម្មវិធីបុណ្យចូលឆ្នាំ"]\nphrases = ["feux d\'artifice sur le fleuve"]\n')
    own = settings.model_copy(update={"glossary": str(tmp_path)})
    for line in ("កម្មវិធីបុណ្យចូលឆ្នាំ", "A vingt heures, les feux d'artitice sur le fleuve"):
        page = make.page([line])
        refs = {PageRef(scan=page.scan, number=page.number): page}
        (document,) = describe_documents(make.case(page).documents, refs, own)
        assert document.kind == "festival"


@pytest.mark.parametrize("wrong", ["[judgment\n", "judgment = 3\n", '[judgment]\nkm = "x"\n'])
def test_a_glossary_that_cannot_be_read_is_named(tmp_path, wrong):
    """With the error in it."""
    (tmp_path / "kinds.toml").write_text(wrong, "utf-8")
    (tmp_path / "courts.toml").write_text("[courts]\n", "utf-8")
    with pytest.raises(GlossaryError, match=str(tmp_path)):
        read_names(tmp_path)


def test_the_glossary_has_titles_phrases_and_evidence_of_every_kind():
    """In three languages; no title and no phrase means two kinds."""
    kinds = tomllib.loads((GLOSSARY / "kinds.toml").read_text("utf-8"))
    assert len(kinds) >= 30
    assert all(kind["km"] and kind["fr"] and kind["en"] and kind["evidence"] for kind in kinds.values())
    phrases = [phrase.casefold() for kind in kinds.values() for phrase in kind["phrases"]]
    assert all(len(kind["phrases"]) >= 3 for kind in kinds.values())
    assert sorted(phrases) == sorted(set(phrases))
    titles = [title.casefold() for kind in kinds.values() for name in ("km", "fr", "en") for title in kind[name]]
    assert sorted(titles) == sorted(set(titles))
