"""The ten exercises of a training archive: what to do, how to see that it worked, and which a session has done."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Lock

from starlette.requests import Request

from models.message import Message
from web.door import Visit

_MOST_SESSIONS = 200


@dataclass(frozen=True, slots=True)
class Step:
    """A request that was answered; it can show that an exercise is done. ``verdict`` is that of a verification."""

    method: str
    path: str
    query: Mapping[str, str]
    status: int
    verdict: str = ""

    @property
    def is_page(self) -> bool:
        """Whether it shows a page of a case file."""
        parts = self.path.split("/")
        return len(parts) == 7 and parts[5] == "page" and self.status == HTTPStatus.OK

    def searched(self, words: str) -> bool:
        """Whether it searches for these words."""
        return self.path == "/" and self.status == HTTPStatus.OK and words in self.query.get("q", "")


@dataclass(frozen=True, slots=True)
class Exercise:
    """One exercise: ``words`` are to be typed at ``start``; ``is_done`` is None if only the person can see it."""

    title: Message
    task: Message
    seen: Message
    start: str
    words: str = ""
    is_done: Callable[[Step], bool] | None = None


EXERCISES = (
    Exercise(
        Message("Find a phrase"),
        Message("Type these words into the search field, and press Enter."),
        Message("Pages are listed. Each shows a piece of its picture, and the words are boxed on it."),
        "/",
        "សាលក្រមព្រហ្មទណ្ឌ",
        lambda step: step.searched("សាលក្រមព្រហ្មទណ្ឌ"),
    ),
    Exercise(
        Message("Open a page at the words that were found"),
        Message("Search for these words, and click the title of the first page in the list."),
        Message("The picture of the page opens, and the words are boxed on it. The text is next to it."),
        "/?q=សាលក្រមព្រហ្មទណ្ឌ",
        "",
        lambda step: step.is_page and bool(step.query.get("q")),
    ),
    Exercise(
        Message("Find the judgment of a person and a year"),
        Message("Search for this name. Then click the year 1998, beside the list or below it."),
        Message("Only pages of 1998 are left. The judgment is among them, and the name is boxed."),
        "/",
        "ឈឹម សំណាងរិទ្ធ",
        lambda step: step.searched("សំណាងរិទ្ធ") and step.query.get("year") == "1998",
    ),
    Exercise(
        Message("Search for exactly these words"),
        Message("Type these words with the quotes, and press Enter."),
        Message("Only pages are found that have these words side by side."),
        "/",
        '"tribunal de première instance"',
        lambda step: step.searched('"tribunal de première instance"'),
    ),
    Exercise(
        Message("Make a mistake, and correct it"),
        Message(
            "Type this with one quote only, and press Enter. Read the sentence under the field. Then add the other."
        ),
        Message("First the place of the mistake is marked. With the second quote pages are found."),
        "/",
        '"សាលក្រម',
        lambda step: step.path == "/" and step.status == HTTPStatus.BAD_REQUEST,
    ),
    Exercise(
        Message("Find a case file without searching"),
        Message("Click “Browse”, then a box, then a case file."),
        Message(
            "You see the documents of the case file, small pictures of all pages, and who did what with it, and when."
        ),
        "/browse",
        "",
        lambda step: step.path.startswith("/case/") and step.path.count("/") == 2 and step.status == HTTPStatus.OK,
    ),
    Exercise(
        Message("See why the machine takes a page for a judgment"),
        Message("Open the first page of a judgment. Click the words next to “Why this kind”."),
        Message("The title by which the machine recognised it is framed in green on the picture."),
        "/?q=kind:judgment",
    ),
    Exercise(
        Message("Cite a page"),
        Message("Copy the citation at the end of a page into a letter. Then open the permanent address below it."),
        Message("The same page opens. The digest in the citation proves which scan it was."),
        "/?q=kind:judgment",
        "",
        lambda step: step.is_page and not step.query,
    ),
    Exercise(
        Message("Prove that a PDF is genuine"),
        Message("On a page, save the PDF of the document. Then choose this file under “Verify”."),
        Message("The answer is “Right”."),
        "/?q=kind:judgment",
        "",
        lambda step: step.verdict == "right",
    ),
    Exercise(
        Message("Search a list of names in one go"),
        Message("Under “Search a list of names in one go”, type two names, each on a line of its own, and search."),
        Message("A table shows for each name how many pages have it, and the first of them."),
        "/names",
        "ឈឹម សំណាងរិទ្ធ\nTep Sreymom",
        lambda step: (step.method, step.path, step.status) == ("POST", "/names", HTTPStatus.OK),
    ),
)


@dataclass(frozen=True, slots=True)
class Training:
    """Which exercises each session has done, as long as the reading room runs."""

    _done: OrderedDict[str, set[int]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def note(self, visit: Visit, request: Request, status: int) -> None:
        """Note what a request that was answered says about the exercises."""
        verdict = getattr(request.state, "verdict", "")
        step = Step(request.method, request.url.path, dict(request.query_params), status, verdict)
        done = {number for number, one in enumerate(EXERCISES, 1) if one.is_done and one.is_done(step)}
        with self._lock:
            self._done.setdefault(visit.form_token, set()).update(done)
            while len(self._done) > _MOST_SESSIONS:
                self._done.popitem(last=False)

    def done(self, visit: Visit) -> frozenset[int]:
        """Return the numbers of the exercises that a session has done, from 1."""
        with self._lock:
            return frozenset(self._done.get(visit.form_token, ()))
