"""Makes the papers that the classifier of kinds is trained with, and trains it: ``script/train-kinds``."""

import sys

import numpy as np

from config.settings import GLOSSARY, load
from models.fact import FactName
from pipeline.document.classifier import SHIPPED, write_model
from pipeline.document.glossary import read_names
from pipeline.document.labelled import LabelledDocument, read_papers, write_papers
from pipeline.document.training import teach
from samples.made_papers import Cast, Look, Maker, pages_of, read_templates
from samples.typeset import lay_out
from samples.words import FAMILIES, GIVEN, PROVINCES, VILLAGES

_SEED = 1863
_DPI = 150
_LOOK = Look(
    khmer=("Khmer OS Siemreap", "Khmer OS Battambang", "Khmer OS", "Khmer OS Bokor"),
    khmer_titles=("Khmer OS Muol Light", "Khmer OS"),
    latin=("Liberation Serif", "Liberation Mono"),
    latin_titles=("Liberation Serif Bold", "Liberation Mono Bold"),
)


def main() -> None:
    """Write ``pipeline/document/papers.jsonl.xz`` and ``pipeline/document/kinds.npz``."""
    templates = read_templates()
    maker = Maker(Cast(FAMILIES, GIVEN, VILLAGES, PROVINCES), _LOOK, np.random.default_rng(_SEED))
    made = []
    for number, template in enumerate(templates):
        for sheets in (1, 2 + number % 2):
            paper = maker.make(template, sheets)
            pages = pages_of(lay_out(paper.blocks, _DPI, numbered=paper.numbered))
            facts = {
                FactName.DATE: paper.date,
                FactName.CASE_NUMBER: paper.case_number,
                FactName.COURT: paper.court,
            }
            made.append(LabelledDocument(template.kind, f"{template.lang} {number}", pages, facts))
    write_papers(made)
    sys.stderr.write(f"{len(made)} papers of {len(templates)} templates\n")
    names = read_names(GLOSSARY)
    write_model(teach(list(read_papers()), (), names, load().document.case_numbers), SHIPPED)


if __name__ == "__main__":
    main()
