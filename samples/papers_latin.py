"""Papers in French, as the typewriter wrote them in the 1960s, and in English."""

import re

from samples.typeset import Block, Columns, Gap, Text
from samples.words import Facts

MONO = "Liberation Mono"
SERIF = "Liberation Serif"
BOLD = "Liberation Serif Bold"


def _typed(text: str, indent: float = 10) -> Text:
    # French puts a space before « : ; » that no line is broken at.
    bound = re.sub(r" (?=[;:»])|(?<=«) ", "\N{NO-BREAK SPACE}", text)
    return Text(bound, MONO, 11.5, indent=indent, after=1.5, leading=1.35)


def _typed_title(text: str) -> Text:
    return Text(text, MONO, 11.5, "centre", after=3, leading=1.35)


def judgment_fr(facts: Facts) -> list[Block]:
    """A judgment (jugement) of a first-instance court."""
    body = (
        "Le {judged_fr}, le tribunal de première instance de {province_fr}, "
        "statuant en matière correctionnelle, en audience publique, a rendu le jugement dont la teneur suit :",
        "ENTRE le Ministère public, poursuivant, et le nommé {accused_fr}, âgé de {age_fr} ans, cultivateur, demeurant "
        "au village de {village_fr}, khum de {commune_fr}, prévenu de {offence_fr}, comparant en personne ;",
        "Ouï le prévenu en ses explications, le témoin {witness_fr} en sa déposition sous serment, et le Ministère "
        "public en ses réquisitions ;",
        "Attendu qu'il résulte de l'information et des débats que, le {deed_fr}, vers vingt-deux heures, le prévenu a "
        "été aperçu près de l'étable du nommé {victim_fr}, conduisant deux bœufs vers la forêt ; que les traces "
        "relevées le lendemain par le chef de poste menaient jusqu'à sa rizière ;",
        "Attendu que le prévenu soutient s'être trouvé cette nuit-là chez sa mère, mais qu'aucun témoin n'est venu "
        "confirmer ses dires ; qu'il y a lieu, dès lors, de le retenir dans les liens de la prévention ;",
        "Attendu toutefois qu'il n'a jamais été condamné et qu'il a quatre enfants à sa charge ; qu'il échet de lui "
        "accorder le bénéfice des circonstances atténuantes ;",
        "PAR CES MOTIFS, déclare {accused_fr} coupable de {offence_fr} ; le condamne à dix-huit mois d'emprisonnement "
        "et à {amount_fr} riels d'amende ; ordonne la restitution des deux bœufs à leur propriétaire ; le condamne "
        "en outre aux dépens, liquidés à la somme de 245 riels.",
        "Ainsi jugé et prononcé les jour, mois et an que dessus, par M. {judge_fr}, président, assisté de Me "
        "{clerk_fr}, greffier.",
    )
    return [
        Columns(
            (
                (Text("ROYAUME DU CAMBODGE", MONO, 11.5, leading=1.2), Text("MINISTÈRE DE LA JUSTICE", MONO, 11.5)),
                (Text(facts.fill("Dossier n° {number_fr}"), MONO, 11.5, "right"),),
            ),
            (1.4, 1.0),
        ),
        Gap(8),
        _typed_title("JUGEMENT CORRECTIONNEL"),
        *(_typed(facts.fill(text)) for text in body),
        Gap(4),
        Columns(((_typed_title("Le Greffier,"),), (_typed_title("Le Président,"),))),
    ]


def record_fr(facts: Facts) -> list[Block]:
    """A record of interview (procès-verbal d'audition)."""
    body = (
        "Le {heard_fr}, à huit heures quinze, nous, {officer_fr}, officier de police judiciaire à {province_fr}, avons "
        "entendu le nommé {witness_fr}, âgé de {age_fr} ans, charpentier, demeurant à {village_fr}, lequel, serment "
        "préalablement prêté, nous a déclaré ce qui suit :",
        "« Je connais le nommé {accused_fr} depuis l'enfance, mais je ne suis ni son parent ni son associé. Dans la "
        "nuit du {deed_fr}, j'ai été réveillé par les aboiements des chiens. Étant sorti, j'ai vu deux hommes qui "
        "poussaient devant eux les bœufs de mon voisin. L'un portait une lanterne, l'autre un bâton.",
        "« La lumière éclairait le visage de celui qui tenait la lanterne et je l'ai reconnu sans hésitation. Ils ont "
        "suivi la digue du canal, puis sont entrés dans la forêt. Le lendemain, j'ai averti le mékhum.",
        "« Je n'ai pas d'autre chose à déclarer. »",
        "Lecture faite, persiste et signe avec nous le présent procès-verbal, clos à dix heures quarante.",
    )
    return [
        Text("ROYAUME DU CAMBODGE", MONO, 11.5, leading=1.2),
        Text(facts.fill("Poste de {province_fr}"), MONO, 11.5, leading=1.2),
        Gap(8),
        _typed_title("PROCÈS-VERBAL D'AUDITION DE TÉMOIN"),
        *(_typed(facts.fill(text)) for text in body),
        Gap(6),
        Columns(((_typed_title("Le témoin,"),), (_typed_title("L'officier de police judiciaire,"),)), (1.0, 1.6)),
    ]


def letter_en(facts: Facts) -> list[Block]:
    """A letter in English from a legal aid office to a registry."""
    body = (
        "We act for Mr. {accused_fr}, who was arrested in {province_fr} and has been held in the provincial prison "
        "since {deed_en} in case file no. {number_fr}.",
        "Our client has asked us to obtain a copy of the judgment and of the record of interview of the witness "
        "{witness_fr}. In spite of two written requests the registry has not yet let us inspect the file.",
        "We should be grateful if the clerk of the court, {clerk_fr}, could fix a day on which the file may be read, "
        "and tell us the fee for forty-two pages of copies. An appeal has to be lodged before {judged_en}; after that "
        "date the right of our client would be lost.",
        "A power of attorney in Khmer and in French, and the receipt for the deposit of {amount_fr} riels, are "
        "enclosed with this letter.",
        "Yours faithfully,",
    )
    return [
        Text("Lotus Pond Legal Aid Office", BOLD, 15, after=1),
        Text("14 Canal Street, first floor - P.O. Box 555", SERIF, 11, after=8),
        Text(facts.deed_en, SERIF, 12, "right", after=6),
        Text(facts.fill("The Registry, Provincial Court of {province_fr}"), SERIF, 12, after=4),
        Text(facts.fill("Re: Case file no. {number_fr}, request to inspect the file"), BOLD, 12, after=4),
        Text("Dear Sir or Madam,", SERIF, 12, after=3),
        *(Text(facts.fill(text), SERIF, 12, after=3, leading=1.15) for text in body),
        Gap(12),
        Text("Counsel for the accused", SERIF, 12),
    ]
