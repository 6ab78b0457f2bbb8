"""How well documents are separated and described, on made boxes that share nothing with the classifier's training.

The boxes' templates, the wording of their titles, their faces, names and places are none of those of
``samples/papers``, which the shipped model was trained with: ``tests/bench/papers`` was written separately. The
papers are set, aged, scanned several in one go, and go through a whole run; the facts in the bags are compared.
"""

import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from khmercut import tokenize
from rich.console import Console
from rich.table import Table
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from config.settings import GLOSSARY, load
from models.case import Document
from models.fact import FactName
from models.page import Page
from pipeline.archive.bag import bags, read_bag
from pipeline.document.evaluation import Comparison, draw
from pipeline.document.glossary import UNKNOWN, letters, read_names
from pipeline.document.kinds import KindPrediction
from pipeline.document.labelled import read_papers
from pipeline.text.plain import page_text
from samples.age import Wear, age
from samples.made_papers import Cast, Look, Maker, Paper, read_templates
from samples.scans import write_scan
from samples.typeset import Sheet, lay_out
from samples.typeset import draw as draw_sheet
from tests.bench.recognition import where_and_with
from tests.conftest import BANNASAR, ROOT

_BEGIN, _END = "<!-- documents -->", "<!-- /documents -->"
_SEED = 75
_DPI = 200
_CAST = Cast(
    families=(("ហ៊ុន", "Hun"), ("លី", "Ly"), ("ជា", "Chea"), ("ឡុង", "Long"), ("សុខ", "Sok"), ("ពៅ", "Pov"), ("ស៊ិន", "Sin"),
              ("ងួន", "Nguon"), ("វ៉ាន់", "Van"), ("កុយ", "Koy")),
    given=(("បូរ៉ា", "Bora"), ("សុភាព", "Sopheap"), ("វុទ្ធី", "Vuthy"), ("ចន្ថា", "Chantha"), ("នារី", "Neary"),
           ("វិបុល", "Vibol"), ("សុខុម", "Sokhom"), ("មាលា", "Mealea"), ("ភារុណ", "Phearun"), ("ដានី", "Dany")),
    villages=(("ភូមិព្រះអណ្តូង", "Preah Andaung"), ("ភូមិទួលពង្រ", "Toul Pongro"), ("ភូមិកណ្តោល", "Kandaol"),
              ("ភូមិស្រែខ្វាវ", "Srae Khvav")),
    provinces=(("ខេត្តសៀមរាប", "Siem Reap"), ("ខេត្តស្វាយរៀង", "Svay Rieng"), ("ខេត្តក្រចេះ", "Kratié"),
               ("ខេត្តកំពង់ធំ", "Kompong Thom"), ("ខេត្តព្រៃវែង", "Prey Veng"), ("រាជធានីភ្នំពេញ", "Phnom Penh")),
)  # fmt: skip
_LOOK = Look(
    khmer=("Khmer Busra", "Khmer OS Content"),
    khmer_titles=("Khmer Ratanakiri", "Khmer Busra Bold"),
    latin=("DejaVu Serif", "DejaVu Sans Mono"),
    latin_titles=("DejaVu Serif Bold",),
)
_FACTS = {"case number": FactName.CASE_NUMBER, "court": FactName.COURT, "date": FactName.DATE}


@dataclass(frozen=True, slots=True)
class _Scan:
    """A scan of several papers: the page each begins on, from 1, and the sheets of all of them."""

    name: str
    papers: Mapping[int, Paper]
    sheets: Sequence[Sheet]


@dataclass(frozen=True, slots=True)
class _Told:
    """A paper, its description by the machine, its pages as they were read, and whether it was cut correctly."""

    paper: Paper
    document: Document
    pages: Sequence[Page]


@dataclass(slots=True)
class _Cuts:
    """Beginnings within scans: all there are, all that were found, and those that are both."""

    there: int = 0
    found: int = 0
    right: int = 0

    @property
    def f1(self) -> float:
        """The harmonic mean of recall and precision."""
        return 2 * self.right / (self.there + self.found)


def measure(*, write: bool, keep: Path | None) -> None:
    """Make the boxes, run them, and print the results.

    Args:
        write: whether the results go into docs/benchmarks.md.
        keep: a folder in which the box and its archive are kept for the next time; None to keep nothing.
    """
    with tempfile.TemporaryDirectory(prefix="bannasar-bench-") as work:
        folder = keep or Path(work)
        scans = _plan()
        if not (folder / "box").exists():
            for number, scan in enumerate(scans):
                _scan(scan, folder / "box", number)
        command = [*BANNASAR, "run", str(folder / "box")]
        subprocess.run([*command, "--archive", str(folder / "archive")], check=True)
        told, cuts = _told(folder / "archive", scans)
        rows, ours = _rows(told, cuts)
        table = Table("", "Bannasar", "keyword rules", "tf-idf over words", box=None, header_style="bold")
        for row in rows:
            table.add_row(*row)
        console = Console()
        console.print(table)
        for known, taken, count in ours.mistakes[:12]:
            console.print(f"{count} × {known} taken for {taken}")
        if write:
            _write(rows, len(told), sum(len(scan.sheets) for scan in scans))
            draw(ours, ROOT / "docs" / "kinds-confusion.png")


def _plan() -> list[_Scan]:
    """Return the contents of the box: each template twice, in random order, one to four papers for each scan."""
    templates = read_templates(Path(__file__).with_name("papers"))
    rng = np.random.default_rng(_SEED)
    maker = Maker(_CAST, _LOOK, rng)
    order = [int(number) for _ in range(2) for number in rng.permutation(len(templates))]
    scans: list[_Scan] = []
    while order:
        sheets: list[Sheet] = []
        papers = {}
        for _ in range(min(len(order), int(rng.integers(1, 5)))):
            paper = maker.make(templates[order.pop()], int(rng.choice([1, 2, 3], p=[0.6, 0.3, 0.1])))
            papers[len(sheets) + 1] = paper
            sheets += lay_out(paper.blocks, _DPI, numbered=paper.numbered)
        scans.append(_Scan(f"{len(scans):03}.pdf", papers, sheets))
    return scans


def _scan(scan: _Scan, folder: Path, number: int) -> None:
    """Draw, age and write a scan."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng((_SEED, number))
    wear = Wear(float(rng.uniform(0.4, 1.1)), 1.5, seal=bool(rng.random() < 0.3), fold=bool(rng.random() < 0.3))
    write_scan([age(draw_sheet(sheet), rng, wear=wear) for sheet in scan.sheets], folder / scan.name, _DPI)


def _told(archive: Path, scans: Sequence[_Scan]) -> tuple[list[_Told], _Cuts]:
    """Return every paper with the document that was made of it, and how the scans were cut."""
    cases = {}
    for bag in bags(archive):
        case, pages = read_bag(bag)
        cases[case.scans[0].path.name] = (case, {page.number: page for page in pages})
    told, cuts = [], _Cuts()
    for scan in scans:
        case, numbered = cases[scan.name]
        begins = {document.pages[0].number: document for document in case.documents}
        cuts.there += len(scan.papers) - 1
        cuts.found += len(begins) - 1
        cuts.right += len(begins.keys() & scan.papers.keys()) - 1
        ends = [*list(scan.papers)[1:], len(scan.sheets) + 1]
        for (first, paper), end in zip(scan.papers.items(), ends, strict=True):
            document = begins[max(begin for begin in begins if begin <= first)]
            told.append(_Told(paper, document, [numbered[number] for number in range(first, end)]))
    return told, cuts


def _rows(told: Sequence[_Told], cuts: _Cuts) -> tuple[list[list[str]], Comparison]:
    threshold = load().document.kind_threshold
    known = tuple(one.paper.kind for one in told)
    compared = [
        Comparison(
            known,
            tuple(KindPrediction(one.document.kind_read, one.document.kind_confidence) for one in told),
            threshold,
        ),
        Comparison(known, tuple(_by_keywords(told)), threshold),
        Comparison(known, tuple(_by_tfidf(told)), threshold),
    ]
    rows = [
        ["kinds, macro F1", *(f"{one.macro_f1:.3f}" for one in compared)],
        ["kinds, precision of the confident ones", *(f"{one.precision:.3f}" for one in compared)],
        ["kinds, share that is confident", *(f"{one.covered:.3f}" for one in compared)],
        ["cuts, F1", f"{cuts.f1:.3f}", "", ""],
    ]
    for name, fact in _FACTS.items():
        values = [(getattr(one.paper, fact.value), one.document.best_value(fact)) for one in told]
        right = [true == read for true, read in values if true]
        rows.append([f"{name} exact, of {len(right)}", f"{sum(right) / len(right):.3f}", "", ""])
    return rows, compared[0]


def _by_keywords(told: Sequence[_Told]) -> Iterator[KindPrediction]:
    """Yield the kind of the longest title of the glossary that is in a paper's first twelve lines exactly."""
    names = read_names(GLOSSARY)
    for one in told:
        lines = [letters(line) for line in page_text(one.pages[0])[0].split("\n")[:12]]
        found = [title for title in names.kinds if any(title in line for line in lines)]
        yield KindPrediction(names.kinds[max(found, key=len)], 1.0) if found else KindPrediction(UNKNOWN, 0.0)


def _by_tfidf(told: Sequence[_Told]) -> Iterator[KindPrediction]:
    """Yield the kinds by words of khmercut, with scikit-learn's default settings; trained with the same made papers."""
    taught = list(read_papers())
    words = TfidfVectorizer(tokenizer=str.split, token_pattern=None)
    model = make_pipeline(words, LogisticRegression(C=30, max_iter=300))
    model.fit([_words(one.pages) for one in taught], [one.kind for one in taught])
    for row in model.predict_proba([_words(one.pages) for one in told]):
        yield KindPrediction(str(model.classes_[row.argmax()]), float(row.max()))


def _words(pages: Sequence[Page]) -> str:
    return " ".join(tokenize(" ".join(page_text(pages[0])[0].split())))


def _write(rows: Sequence[Sequence[str]], papers: int, pages: int) -> None:
    lines = [
        "",
        f"`script/bench documents --write`: {papers} papers on {pages} pages, {where_and_with()}.",
        "",
        "| | Bannasar | keyword rules | tf-idf over words |",
        "|---|---|---|---|",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
    ]
    page = ROOT / "docs" / "benchmarks.md"
    before, _, rest = page.read_text("utf-8").partition(_BEGIN)
    page.write_text(before + _BEGIN + "\n".join(lines) + _END + rest.partition(_END)[2], "utf-8")
