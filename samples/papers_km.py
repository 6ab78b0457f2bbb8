"""Papers in Khmer, and in Khmer with French or English among it. A bar marks where a line may be broken."""

from dataclasses import dataclass

from samples.typeset import Align, Block, Columns, Gap, Table, Text
from samples.words import Facts

MUOL = "Khmer OS Muol Light"


@dataclass(frozen=True, slots=True)
class Type:
    """The face and the size in points of a paper's body."""

    face: str = "Khmer OS Siemreap"
    size: float = 11.5

    def body(self, text: str, indent: float = 12) -> Text:
        """Return a paragraph of the body."""
        return Text(text, self.face, self.size, indent=indent, after=0.5)

    def line(self, text: str, align: Align = "left") -> Text:
        """Return a line by itself."""
        return Text(text, self.face, self.size, align)


def _title(text: str, size: float = 14) -> Text:
    return Text(text, MUOL, size, "centre", after=2)


def _kingdom() -> tuple[Text, ...]:
    return _title("ព្រះរាជាណាចក្រកម្ពុជា", 12), _title("ជាតិ សាសនា ព្រះមហាក្សត្រ", 11)


def _letterhead(kind: Type, left: tuple[str, ...]) -> Columns:
    court: tuple[Block, ...] = (
        Gap(9),
        Text(left[0], MUOL, 10.5, "centre"),
        *(kind.line(line, "centre") for line in left[1:]),
    )
    return Columns((court, _kingdom()), (1.0, 1.0))


def _signed(kind: Type, *lines: str) -> Columns:
    return Columns(((), tuple(kind.line(line, "centre") for line in lines)), (1.0, 1.3))


def complaint(facts: Facts, kind: Type) -> list[Block]:
    """A complaint (ពាក្យបណ្តឹង) to the prosecutor."""
    body = (
        "ខ្ញុំបាទ|ឈ្មោះ {victim} |អាយុ {age}ឆ្នាំ |ជនជាតិខ្មែរ |មុខរបរ|ធ្វើស្រែចម្ការ |រស់នៅ|{home}។",
        "កម្មវត្ថុ៖ |ប្តឹងឈ្មោះ {accused} |ពីបទ|{offence}។",
        "សេចក្តី|ដូចមាន|ក្នុងកម្មវត្ថុ|ខាងលើ |ខ្ញុំបាទ|សូមជម្រាប|លោក|ព្រះរាជអាជ្ញា|ឱ្យជ្រាបថា |នៅ{deed} |វេលាម៉ោង ២០ និង ៣០នាទី "
        "|ខណៈដែល|គ្រួសារ|របស់ខ្ញុំ|ទៅចូលរួម|ពិធីបុណ្យ|នៅវត្ត |ឈ្មោះ {accused} |បានគាស់|បង្អួចផ្ទះ |ហើយយក|គោពីរក្បាល |ម៉ាស៊ីន|បូមទឹក"
        "|មួយគ្រឿង |និងប្រាក់|ចំនួន {amount} រៀល។",
        "ព្រឹកឡើង|ខ្ញុំបាទ|បានរាយការណ៍|ជូនមេភូមិ |ហើយ|អ្នកជិតខាង|ឈ្មោះ {witness} |បានប្រាប់ថា |គាត់បានឃើញ|ជននោះ|ដឹកគោ|ឆ្ពោះទៅ|ទិសខាងលិច"
        "|តាមផ្លូវ|លើទំនប់|ប្រឡាយទឹក។ |យើងខ្ញុំ|បានតាមរក|អស់រយៈពេល|បីថ្ងៃ |ក៏ប៉ុន្តែ|រកមិនឃើញ|ទេ។",
        "ដើមបណ្តឹង|បានទទួលរង|ការខូចខាត|យ៉ាងធ្ងន់ធ្ងរ |ព្រោះរដូវ|ភ្ជួរស្រែ|ជិតមកដល់ |ហើយគ្រួសារ|គ្មានមធ្យោបាយ|ណាផ្សេង|ដើម្បី|ចិញ្ចឹម|ជីវិតឡើយ។",
        "អាស្រ័យហេតុនេះ |សូមលោក|ព្រះរាជអាជ្ញា |មេត្តាពិនិត្យ |និងចាត់ការ|តាមផ្លូវច្បាប់ |ព្រមទាំង|ឱ្យឈ្មោះ {accused} |សង|តម្លៃទ្រព្យ|ដែលបាត់"
        "|មកខ្ញុំបាទវិញ|ដោយយុត្តិធម៌។",
        "សូមលោក|ព្រះរាជអាជ្ញា |មេត្តាទទួល|នូវការគោរព|ដ៏ខ្ពង់ខ្ពស់|អំពីខ្ញុំបាទ។",
    )  # fmt: skip
    return [
        *_kingdom(),
        Gap(3),
        _title("ពាក្យបណ្តឹង", 15),
        kind.line("សូមគោរពជូន", "centre"),
        kind.line(facts.fill("លោកព្រះរាជអាជ្ញាអមសាលាដំបូង{province}"), "centre"),
        Gap(2),
        *(kind.body(facts.fill(text)) for text in body),
        _signed(kind, facts.fill("ធ្វើនៅ{village}"), facts.heard, "ស្នាមមេដៃដើមបណ្តឹង", "", facts.victim),
    ]


def letter(facts: Facts, kind: Type) -> list[Block]:
    """A letter (លិខិត) from a court to a police post, with two header blocks side by side."""
    body = (
        "ចៅក្រម|ស៊ើបសួរ|នៃសាលាដំបូង|{province} |សូមជម្រាប|មក|លោកអធិការ|នគរបាលស្រុក|ឱ្យបានជ្រាបថា |តុលាការ|កំពុងចាត់ការ|លើសំណុំរឿង|ព្រហ្មទណ្ឌ"
        "|លេខ {number} ក.ប |ពាក់ព័ន្ធនឹង|បទ{offence} |ដែលបានប្រព្រឹត្ត|នៅ{village} |កាលពី{deed}។",
        "ដើម្បី|ឱ្យការស៊ើបសួរ|បានពេញលេញ |សូមលោក|អធិការ |ចាត់មន្ត្រី|ជំនាញ |ឱ្យទៅ|ពិនិត្យ|ទីកន្លែង|ឡើងវិញ |គូរប្លង់|ផ្ទះ|និងផ្លូវចេញចូល "
        "|ហើយស្តាប់ចម្លើយ|អ្នកជិតខាង|ដែលមាន|រាយនាម|ក្នុងឧបសម្ព័ន្ធ។",
        "លទ្ធផល|នៃការអនុវត្ត |សូមបញ្ជូន|មកតុលាការវិញ |ឱ្យបាន|មុន{judged} |រួមទាំង|វត្ថុតាង |និងកំណត់ហេតុ|ទាំងអស់|ជាច្បាប់ដើម។",
        "ក្នុងករណី|មានការលំបាក|ណាមួយ |សូមទំនាក់ទំនង|មកក្រឡាបញ្ជី|ឈ្មោះ {clerk} |តាមទូរសព្ទ|លេខ ០២៣ ៥៥៥ ០១២ |នៅរៀងរាល់|ម៉ោងធ្វើការ។",
        "សូមលោក|អធិការ |ទទួលនូវ|ការរាប់អាន|ដ៏ស្មោះ|អំពីខ្ញុំ។",
    )  # fmt: skip
    return [
        _letterhead(kind, ("ក្រសួងយុត្តិធម៌", facts.fill("សាលាដំបូង{province}"), facts.fill("លេខ {number} ល.ស"))),
        Gap(4),
        _title("លិខិតបង្គាប់ការ"),
        kind.line("គោរពជូន លោកអធិការនគរបាលស្រុក"),
        kind.line(facts.fill("កម្មវត្ថុ៖ សំណើសុំពិនិត្យទីកន្លែងឡើងវិញ")),
        kind.line(facts.fill("យោង៖ សំណុំរឿងលេខ {number} ក.ប")),
        Gap(2),
        *(kind.body(facts.fill(text)) for text in body),
        Gap(3),
        _signed(kind, facts.heard, "ចៅក្រមស៊ើបសួរ", "", "", facts.judge),
    ]


def interview(facts: Facts, kind: Type) -> list[Block]:
    """A record of a witness's interview (កំណត់ហេតុស្តាប់ចម្លើយសាក្សី), in questions and answers."""
    form = (
        "នាមត្រកូល និងនាមខ្លួន ............ {witness} ............",
        "ភេទ ........ ប្រុស ........ អាយុ ........ {age}ឆ្នាំ ........",
        "សញ្ជាតិ ........ ខ្មែរ ........ មុខរបរ ........ ជាងឈើ ........",
        "អាសយដ្ឋាន .... {home} ....",
    )
    talk = (
        ("តើអ្នក|ស្គាល់|ឈ្មោះ {accused} |ដែរឬទេ?",
         "ខ្ញុំស្គាល់|ព្រោះគាត់|រស់នៅ|ភូមិជាមួយគ្នា |តែមិនមែន|ជាសាច់ញាតិ|ឡើយ។"),
        ("នៅ{deed} |តើអ្នក|នៅទីណា?",
         "នៅយប់នោះ |ខ្ញុំដេក|នៅផ្ទះ|របស់ឪពុកក្មេក |ដែលនៅ|ចម្ងាយ|ប្រមាណ ២០០ម៉ែត្រ|ពីផ្ទះ|ដើមបណ្តឹង។"),
        ("តើអ្នក|បានឃើញ|ឬឮ|អ្វីខ្លះ?",
         "ប្រហែលម៉ោង|ដប់យប់ |ខ្ញុំឮឆ្កែព្រុស|យ៉ាងខ្លាំង |ក៏ក្រោក|ទៅមើល |ឃើញមនុស្ស|ពីរនាក់|ដឹកគោ|ពីរក្បាល |ម្នាក់កាន់|ចង្កៀង |ម្នាក់ទៀត|កាន់ព្រនង់។"),
        ("ហេតុអ្វី|បានជា|អ្នកដឹងថា |ម្នាក់នោះ|គឺ {accused}?",
         "ព្រោះគាត់|និយាយ|សំឡេង|គ្រលរ |ហើយពន្លឺចង្កៀង|ចំមុខគាត់ |ខ្ញុំមើលឃើញ|ច្បាស់ណាស់។"),
        ("តើពួកគេ|ទៅទិសណា?",
         "ពួកគេ|ដើរតាម|ទំនប់ប្រឡាយ |ឆ្ពោះទៅ|ព្រៃខាងលិច |បន្ទាប់មក|ខ្ញុំលែង|មើលឃើញទៀត។"),
        ("តើអ្នក|បានប្រាប់|នរណាខ្លះ?",
         "ព្រឹកឡើង |ខ្ញុំបានប្រាប់|មេភូមិ |និងលោក {victim} |ដែលជា|ម្ចាស់គោ។"),
        ("តើអ្នក|ធ្លាប់មាន|ទំនាស់|ជាមួយ|ឈ្មោះ {accused} |ដែរឬទេ?",
         "មិនធ្លាប់ទេ |ប៉ុន្តែ|នៅឆ្នាំមុន |គាត់ធ្លាប់|ខ្ចីប្រាក់|ខ្ញុំ {amount} រៀល |ហើយបាន|សងវិញ|គ្រប់ចំនួន។"),
        ("តើអ្នក|មានអ្វី|បន្ថែម|ទៀតទេ?",
         "ខ្ញុំសូមឱ្យ|តុលាការ|ការពារ|សុវត្ថិភាព|គ្រួសារខ្ញុំ |ព្រោះមាន|មនុស្សចម្លែក|មកសួរនាំ|អំពីខ្ញុំ|នៅផ្សារ។"),
    )  # fmt: skip
    opening = (
        "នៅ{heard} |វេលាម៉ោង ៨ និង ១៥នាទីព្រឹក |យើង {officer} |មន្ត្រីនគរបាល|យុត្តិធម៌ |មាន {clerk} |ជាលេខាធិការ "
        "|បានស្តាប់ចម្លើយ|សាក្សី|ដែលមាន|អត្តសញ្ញាណ|ដូចតទៅ៖"
    )
    closing = (
        "កំណត់ហេតុនេះ |ត្រូវបាន|អានឱ្យ|សាក្សី|ស្តាប់|ឡើងវិញ |សាក្សី|យល់ព្រម|ថាត្រឹមត្រូវ |ហើយបាន|ផ្តិតមេដៃ"
        "|ទុកជា|ភស្តុតាង។ |បញ្ចប់|នៅម៉ោង ១០ និង ៤០នាទី។"
    )
    return [
        *_kingdom(),
        _title("កំណត់ហេតុស្តាប់ចម្លើយសាក្សី"),
        kind.body(facts.fill(opening)),
        *(kind.line(facts.fill(text)) for text in form),
        Gap(2),
        *(
            kind.body(facts.fill(speaker + text), 0)
            for question, answer in talk
            for speaker, text in (("សួរ៖ ", question), ("ឆ្លើយ៖ ", answer))
        ),
        kind.body(facts.fill(closing)),
        Columns(
            (
                (kind.line("ស្នាមមេដៃសាក្សី", "centre"), Gap(10), kind.line(facts.witness, "centre")),
                (kind.line("មន្ត្រីនគរបាលយុត្តិធម៌", "centre"), Gap(10), kind.line(facts.officer, "centre")),
            )
        ),
    ]


def judgment(facts: Facts, kind: Type) -> list[Block]:
    """A judgment in a criminal case (សាលក្រមព្រហ្មទណ្ឌ) with headings in the Muol face."""
    parties = (
        "ដើមបណ្តឹង៖ {victim} |រស់នៅ|{home}។",
        "ជនជាប់ចោទ៖ {accused} |ភេទប្រុស |អាយុ {age}ឆ្នាំ |មុខរបរ|មិនពិតប្រាកដ |ស្ថិតក្នុង|ពន្ធនាគារ|{province}។",
    )
    facts_found = (
        "នៅ{deed} |នៅ{village} |ជនជាប់ចោទ |បានលួចយក|គោពីរក្បាល |និងប្រាក់ {amount} រៀល |ពីផ្ទះ|ដើមបណ្តឹង |ខណៈដែល|ម្ចាស់ផ្ទះ|មិននៅ។",
        "ក្នុងដំណាក់កាល|ស៊ើបសួរ |ជនជាប់ចោទ |បានឆ្លើយបដិសេធ |ដោយអះអាងថា |នៅយប់|កើតហេតុ |ខ្លួននៅ|ស្រុកកំណើត |ដើម្បី|ថែទាំ|ម្តាយ|ដែលមានជំងឺ។",
        "សាក្សី {witness} |បានស្បថ|ហើយឆ្លើយ|បញ្ជាក់ថា |បានឃើញ|ជនជាប់ចោទ|ដឹកគោ|ឆ្ពោះទៅ|ព្រៃខាងលិច |នៅវេលាម៉ោង|ប្រហែល|ដប់យប់។",
        "ការពិនិត្យ|ស្នាមជើង |និងខ្សែពួរ|ដែលរកឃើញ|ក្នុងជង្រុក|របស់ជនជាប់ចោទ |បង្ហាញថា |វត្ថុទាំងនោះ|ត្រូវគ្នា|នឹងអ្វី|ដែលដើមបណ្តឹង|បានរៀបរាប់។",
    )  # fmt: skip
    law = (
        "យល់ឃើញថា |ចម្លើយបដិសេធ|របស់|ជនជាប់ចោទ |មិនមាន|ភស្តុតាង|គាំទ្រ |ហើយផ្ទុយ|ពីចម្លើយសាក្សី |និងវត្ថុតាង|ក្នុងសំណុំរឿង។",
        "យល់ឃើញថា |អំពើដែល|បានប្រព្រឹត្ត |មានធាតុផ្សំ|គ្រប់គ្រាន់|នៃបទ{offence} |ដូច្នេះ|ជនជាប់ចោទ |ត្រូវទទួល|ទោស|តាមច្បាប់។",
        "យល់ឃើញថា |ជនជាប់ចោទ |មិនធ្លាប់|មានទោស|ពីមុនមក |ហើយមានកូន|ក្នុងបន្ទុក|បួននាក់ |គួរផ្តល់|ឱ្យនូវ|ស្ថានទម្រាលទោស។",
    )  # fmt: skip
    ruling = (
        "១- ផ្តន្ទាទោស|ឈ្មោះ {accused} |ដាក់ពន្ធនាគារ|ចំនួន ០៣ឆ្នាំ |គិតចាប់ពី|ថ្ងៃឃុំខ្លួន។",
        "២- បង្គាប់ឱ្យ|ជនជាប់ចោទ |សងសំណង|ដល់ដើមបណ្តឹង|ចំនួន {amount} រៀល។",
        "៣- វត្ថុតាង |រួមមាន|ខ្សែពួរ|ពីរខ្សែ |និងចង្កៀង|មួយ |ត្រូវរឹបអូស|ជាសម្បត្តិរដ្ឋ។",
        "៤- សាលក្រមនេះ |ជំនុំជម្រះ|ជាសាធារណៈ |ចំពោះមុខ|គូភាគី |និងបើកផ្លូវ|ឱ្យប្តឹងឧទ្ធរណ៍ |ក្នុងរយៈពេល|មួយខែ។",
    )  # fmt: skip

    def heading(text: str) -> Text:
        return Text(text, MUOL, 12, after=1)

    return [
        _letterhead(kind, (facts.fill("សាលាដំបូង{province}"), facts.fill("លេខ {number} ក.ប"), facts.judged)),
        Gap(4),
        _title("សាលក្រមព្រហ្មទណ្ឌ", 16),
        kind.body(facts.fill("សាលាដំបូង|{province} |បានបើក|សវនាការ|ជាសាធារណៈ |ដឹកនាំដោយ|ចៅក្រម {judge} |មានក្រឡាបញ្ជី {clerk} "
                             "|ដើម្បី|ជំនុំជម្រះ|រឿងព្រហ្មទណ្ឌ |រវាង៖")),
        *(kind.body(facts.fill(text)) for text in parties),
        heading("អង្គហេតុ"),
        *(kind.body(facts.fill(text)) for text in facts_found),
        heading("អង្គច្បាប់"),
        *(kind.body(facts.fill(text)) for text in law),
        heading("សេចក្តីសម្រេច"),
        kind.body("តុលាការ |ជំនុំជម្រះ|ចំពោះមុខ |សម្រេចថា៖"),
        *(kind.body(facts.fill(text)) for text in ruling),
        Gap(3),
        Columns(
            (
                (kind.line("ក្រឡាបញ្ជី", "centre"), Gap(12), kind.line(facts.clerk, "centre")),
                (kind.line("ចៅក្រមជំនុំជម្រះ", "centre"), Gap(12), kind.line(facts.judge, "centre")),
            )
        ),
    ]  # fmt: skip


def exhibits(facts: Facts, kind: Type) -> list[Block]:
    """A list of exhibits: one ruled table."""
    rows = (
        ("ល.រ", "ឈ្មោះវត្ថុតាង", "ចំនួន", "កន្លែងរកឃើញ", "តម្លៃ (រៀល)"),
        ("១", "ខ្សែពួរ", "២ ខ្សែ", "ក្នុងជង្រុក", "៤.៥០០"),
        ("២", "ចង្កៀងដៃ", "១ គ្រឿង", "ក្រោមផ្ទះ", "១២.០០០"),
        ("៣", "កាំបិតផ្គាក់", "១ ដើម", "មាត់ប្រឡាយ", "៨.០០០"),
        ("៤", "ម៉ាស៊ីនបូមទឹក", "១ គ្រឿង", "ផ្ទះសាក្សី", "៦៥០.០០០"),
        ("៥", "កង់ Peugeot", "១ គ្រឿង", "ផ្សារស្រុក", "១៨០.០០០"),
        ("៦", "អាវយឺតខៀវ", "១ អាវ", "លើរបង", "៧.៥០០"),
        ("៧", "បង្កាន់ដៃប្រាក់", "៣ សន្លឹក", "ក្នុងហោប៉ៅ", "-"),
        ("៨", "រូបថត ៤x៦", "៥ សន្លឹក", "ការិយាល័យ", "-"),
        ("៩", "វិទ្យុ Philips", "១ គ្រឿង", "ក្នុងទូ", "៩០.០០០"),
        ("១០", "បាវអង្ករ", "៤ បាវ", "លើរទេះ", "២៤០.០០០"),
        ("១១", "ប្រាក់សុទ្ធ", "១ ដុំ", "ក្រោមកន្ទេល", facts.amount),
    )
    return [
        _letterhead(kind, ("អធិការដ្ឋាននគរបាល", facts.province, facts.fill("លេខ {number} ប.វ"))),
        Gap(4),
        _title("បញ្ជីវត្ថុតាង"),
        kind.body(facts.fill("វត្ថុតាង|ខាងក្រោម |ត្រូវបាន|ចាប់យក|នៅ{village} "
                             "|កាលពី{heard} |ក្នុងសំណុំរឿង|លេខ {number} ក.ប |បទ{offence}។")),
        Gap(2),
        Table(rows, (0.6, 2.1, 1.2, 1.8, 1.6), kind.face, 10.5),
        Gap(4),
        kind.body("បញ្ជីនេះ |ធ្វើជា|បីច្បាប់ |មួយច្បាប់|សម្រាប់|តុលាការ |មួយច្បាប់|សម្រាប់|អយ្យការ |និងមួយច្បាប់|ទុកជា|ឯកសារ។"),
        _signed(kind, "មន្ត្រីនគរបាលយុត្តិធម៌", "", facts.officer),
    ]  # fmt: skip


def gazette(facts: Facts, kind: Type) -> list[Block]:
    """A page of a court's gazette in two columns."""
    notices = (
        "ក្រឡាបញ្ជី |សូមជូនដំណឹង|ដល់សាធារណជន |ថាសវនាការ|លើសំណុំរឿង|លេខ {number} ក.ប |នឹងបើក|នៅ{judged} "
        "|វេលាម៉ោង ៨ព្រឹក |នៅបន្ទប់|លេខ ២។",
        "សាក្សី |ដែលបាន|ទទួល|ដីកាកោះ |ត្រូវមក|ឱ្យទាន់ពេល |ដោយយក|អត្តសញ្ញាណប័ណ្ណ|មកជាមួយ។ |អ្នកដែល|មិនអាចមក|បាន "
        "|ត្រូវជូនដំណឹង|ជាលាយលក្ខណ៍អក្សរ។",
        "គូភាគី |អាចពិនិត្យ|សំណុំរឿង |នៅការិយាល័យ|ក្រឡាបញ្ជី |រៀងរាល់|ថ្ងៃធ្វើការ |ចាប់ពី|ម៉ោង ១៤ |ដល់ម៉ោង ១៦ |ដោយមិន|បង់ថ្លៃ។",
        "ការថតចម្លង|ឯកសារ |ត្រូវបង់ប្រាក់ |៥០០ រៀល|ក្នុងមួយទំព័រ |ហើយត្រូវ|ស្នើសុំ|មុនពីរថ្ងៃ។",
        "អ្នកណា|រកឃើញ|គោឈ្មោល|សម្បុរក្រហម |មានស្លាកស្នាម|នៅត្រចៀកឆ្វេង |សូមជូនដំណឹង|មកមេឃុំ |ឬមក|សាលាដំបូង|{province}។",
        "មេធាវី |ដែលចង់|ការពារ|ជនជាប់ចោទ|ក្រីក្រ |ដោយឥត|គិតថ្លៃ |អាចចុះឈ្មោះ|ក្នុងបញ្ជី|ប្រចាំឆ្នាំ |មុនដំណាច់|ខែធ្នូ។",
        "ដីឡូត៍|លេខ ១៤ |នៅ{village} |ទំហំ ២៥ម៉ែត្រ|គុណ ៤០ម៉ែត្រ |ត្រូវលក់|ដេញថ្លៃ |តាមសេចក្តីសម្រេច|របស់តុលាការ។ "
        "|តម្លៃចាប់ផ្តើម |{amount} រៀល។",
        "អ្នកចូលរួម|ដេញថ្លៃ |ត្រូវដាក់|ប្រាក់កក់|មួយភាគដប់ |នៅបេឡា|តុលាការ |យ៉ាងយូរ|បីថ្ងៃ|មុនថ្ងៃលក់។",
    )  # fmt: skip
    paragraphs = [kind.body(facts.fill(text), 6) for text in notices]
    left = (Text("សេចក្តីជូនដំណឹង", MUOL, 11, "centre", after=2), *paragraphs[:4])
    right = (Text("ការលក់ និងការប្រកាស", MUOL, 11, "centre", after=2), *paragraphs[4:])
    return [
        _title("ព្រឹត្តិបត្រតុលាការ", 15),
        kind.line(facts.fill("សាលាដំបូង{province} លេខ {number}"), "centre"),
        Gap(3),
        Columns((left, right)),
    ]


def transmittal(facts: Facts, kind: Type) -> list[Block]:
    """A transmittal slip (លិខិតបញ្ជូន) in Khmer, French and English together."""
    return [
        _letterhead(kind, ("ក្រឡាបញ្ជី", facts.fill("សាលាដំបូង{province}"), facts.fill("N° {number_fr} / GREFFE"))),
        Gap(4),
        _title("លិខិតបញ្ជូន"),
        Text("BORDEREAU D'ENVOI", "Liberation Serif Bold", 13, "centre", after=3),
        kind.body(facts.fill("សូមបញ្ជូន|សំណុំរឿង|ព្រហ្មទណ្ឌ|លេខ {number} ក.ប |បទ{offence} |ជូនទៅ|សាលាឧទ្ធរណ៍ "
                             "|ដើម្បី|ពិនិត្យ |និងសម្រេច។")),
        Text(
            facts.fill(
                "Le dossier pénal n° {number_fr}, ouvert contre le nommé {accused_fr} du chef de {offence_fr}, est "
                "transmis à la Cour d'appel pour examen, avec les pièces énumérées ci-dessous."
            ),
            "Liberation Serif", 12, indent=12, after=3,
        ),
        kind.body(facts.fill("១- សាលក្រម (Jugement) |ចុះ{judged} |ចំនួន ០៣ទំព័រ។"), 0),
        kind.body(facts.fill("២- កំណត់ហេតុ|ស្តាប់ចម្លើយ|សាក្សី (Procès-verbal d'audition) |ចុះ{heard}។"), 0),
        kind.body("៣- បញ្ជីវត្ថុតាង (Liste des scellés) |និងរូបថត|ចំនួន ០៥សន្លឹក។", 0),
        kind.body("៤- បណ្តឹងឧទ្ធរណ៍ (Déclaration d'appel) |របស់ជនជាប់ចោទ។", 0),
        kind.body("៥- លិខិតសម្គាល់ខ្លួន (Passport No. N0045871) |មួយច្បាប់|ចម្លង។", 0),
        Gap(3),
        Text(
            facts.fill(
                "Please acknowledge receipt of the above items to the registry in {province_fr} before {judged_en}."
            ),
            "Liberation Serif", 12, indent=12, after=3,
        ),
        kind.body("សូមសាលាឧទ្ធរណ៍ |មេត្តា|ចុះហត្ថលេខា|លើច្បាប់ចម្លង |ហើយផ្ញើ|ត្រឡប់|មកវិញ។"),
        Gap(3),
        _signed(kind, facts.judged, "ប្រធានក្រឡាបញ្ជី / Le greffier en chef", "", "", facts.clerk),
    ]  # fmt: skip
