"""The kinds of document and the courts, by their names in three languages."""

from pydantic import Field

from models.level import Level
from models.record import Record


class Named(Record):
    """A kind of document, or a court: its names in Khmer, French and English.

    ``phrases`` are words that only papers of this kind have below their title, in any of the languages. ``level`` is
    the level of a document of the kind, if it differs from its case file's. ``papers`` says whether papers of a kind of
    our glossary are made, to train and to measure the classifier: see ``samples/papers``.
    ``evidence`` says where its Khmer names were seen: "S" and the source, or "U", from general knowledge. This,
    ``issuer`` and ``years`` are for the people who edit the glossary.
    """

    km: tuple[str, ...] = ()
    fr: tuple[str, ...] = ()
    en: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    issuer: str = ""
    years: str = ""
    evidence: str = ""
    level: Level | None = None
    papers: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """Its names in all three languages."""
        return self.km + self.fr + self.en


class Glossary(Record):
    """Kinds and courts by their ids; provinces by their Khmer names, each with its spellings in Latin letters."""

    kinds: dict[str, Named]
    courts: dict[str, Named]
    provinces: dict[str, tuple[str, ...]] = Field(default_factory=dict)
