"""The settings as values.

Their defaults stand in ``config/defaults.toml``; ``config`` reads them, ``cli`` passes them on.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, SecretStr, field_validator

from models.level import Level
from models.record import Record

Positive = Annotated[int, Field(gt=0)]


class LogFormat(StrEnum):
    """How progress is reported."""

    TEXT = "text"
    JSON = "json"


class Limits(Record):
    """What is too much."""

    page_megapixels: Positive = Field(description="Most pixels a page may have, in millions.")
    scan_pages: Positive = Field(description="Most pages a scan may have.")
    page_seconds: Positive = Field(description="Seconds after which a page is given up.")
    page_megabytes: Positive = Field(
        description="Most memory that a page may take, together with the programs that read it, in MB."
    )


class PageSettings(Record):
    """How a page is rendered and read; part of the recipe."""

    dpi: Positive = Field(
        description="Resolution at which PDF pages are rendered and lines are read, in dots per inch."
    )
    recogniser: Literal["tesserocr", "pytesseract"] = Field(
        description="What reads the lines: Tesseract within the worker (tesserocr), or its own program (pytesseract), "
        "which is slower and cannot bring the worker down."
    )
    models_folder: Path = Field(description="Folder that holds the Tesseract models.")
    languages: str = Field(
        description="Tesseract models for the second reading of lines that mix Khmer and Latin script."
    )
    khmer_languages: str = Field(
        description="Tesseract model for the second reading of lines that hold Khmer script only."
    )
    latin_languages: str = Field(description="Tesseract models for blocks that hold Latin script only.")
    first_languages: str = Field(
        description="Tesseract model for the first reading of all lines: one that is cheap and knows both scripts."
    )


class ArchiveSettings(Record):
    """How the archive's derived files are made."""

    upright: bool = Field(description="Whether the PDFs show pages set upright, or as they lie in their scans.")
    jpeg_quality: Annotated[int, Field(ge=1, le=100)] = Field(description="JPEG quality of the pictures in the PDFs.")
    kilobytes: Positive = Field(
        description="What a grey A4 page at 300 dpi may take in a PDF, in kB; others in proportion."
    )


class DocumentSettings(Record):
    """What is read from documents."""

    glossary: str = Field(description="Folder with kinds.toml and courts.toml; empty for the glossary that is there.")
    model: str = Field(
        description="File with the classifier that `bannasar train` wrote; empty for the one that is there."
    )
    kind_threshold: Annotated[float, Field(gt=0, le=1)] = Field(
        description="Confidence below which a document's kind is left unknown."
    )
    blank_separates: bool = Field(
        description="Whether a document also begins after a blank page; separator sheets part documents always."
    )
    case_numbers: tuple[str, ...] = Field(
        description="Patterns of case numbers: regular expressions, for text in small letters and with ASCII digits."
    )


class RunSettings(Record):
    """How a run uses the machine."""

    workers: Annotated[int, Field(ge=0)] = Field(description="Pages that are read at a time; 0 means one a processor.")
    scheduler: str = Field(description="Address of a Dask scheduler (tcp://…); empty for workers of our own.")
    retries: Annotated[int, Field(ge=0)] = Field(description="How often what may pass by itself is tried again.")
    retry_seconds: Annotated[float, Field(ge=0)] = Field(
        description="Seconds before it is tried again for the first time; each later wait is four times as long."
    )
    allow_partial: bool = Field(
        description="Whether a case file of which something failed is archived as partial, without waiting for it."
    )
    failed_share: Annotated[float, Field(gt=0, le=1)] = Field(
        description="Share of the pages whose failing stops a run: something is wrong with the machine, not the paper."
    )
    free_gigabytes: Annotated[float, Field(ge=0)] = Field(
        description="Least room on the archive's disk in GB; a run waits while there is less."
    )
    log_format: LogFormat = Field(description="How progress is reported on standard error: text or json.")
    metrics_file: str = Field(description="File in which the progress is kept for Prometheus; empty for none.")


class IndexSettings(Record):
    """Where searches go."""

    url: str = Field(description="Address of an Elasticsearch cluster; empty for the index in the archive's folder.")
    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9._-]*$", description="Name of the index on the cluster; one for each archive."
    )
    api_key: SecretStr = Field(description="API key for the cluster; best given in the environment.")
    api_key_file: str = Field(description="File that holds the API key.")
    user: str = Field(description="User of the cluster, where no API key is used.")
    password: SecretStr = Field(description="The user's password; best given in the environment.")
    password_file: str = Field(description="File that holds the password.")
    ca_file: str = Field(description="File with the certificate that signed the cluster's own, as PEM.")
    seconds: Positive = Field(description="Seconds after which a request to the cluster is given up.")

    @field_validator("url")
    @classmethod
    def _without_secrets(cls, url: str) -> str:
        """Refuse an address that cannot be one, or that holds a password: it is shown in messages."""
        if url and not url.startswith(("http://", "https://")):
            raise ValueError("it begins with http:// or https://")
        if "@" in url:
            raise ValueError("user and password have their own settings, and are not part of the address")
        return url

    def without_secrets(self) -> "IndexSettings":
        """Return the same without what must not leave this process."""
        return self.model_copy(update={"api_key": SecretStr(""), "password": SecretStr("")})


class SigningSettings(Record):
    """Whose key signs what the archive holds."""

    key_file: str = Field(description="File with the private key that signs bags and the journal.")
    passphrase_file: str = Field(description="File with the passphrase of the key; empty where it has none.")


class LogSettings(Record):
    """What is logged of what a command does."""

    verbose: Annotated[int, Field(ge=0, le=2)] = Field(
        description="How much is logged on standard error: 0 nothing, 1 what happens, 2 more of it."
    )
    file: str = Field(description="File in which the log is kept; empty for none.")


class AccessSettings(Record):
    """Who may see what, where no level is set, and what the audit log keeps."""

    default_level: Level = Field(
        description="Level of case files that come in: public, registered, staff or sealed. Others keep theirs."
    )
    words: Literal["hashed", "kept"] = Field(
        description="Whether the audit log keeps the words of searches, or (hashed) only a digest of them."
    )


class Settings(Record):
    """Everything that can be set."""

    model_config = ConfigDict(hide_input_in_errors=True)

    archive: Path = Field(description="The archive's folder.")
    limits: Limits
    page: PageSettings
    pdf: ArchiveSettings
    document: DocumentSettings
    run: RunSettings
    index: IndexSettings
    signing: SigningSettings
    log: LogSettings
    access: AccessSettings

    def of_what_is_made(self) -> dict[str, str]:
        """Return the settings that decide what becomes of a page, by their names."""
        rooms = {"page": self.page, "pdf": self.pdf, "document": self.document}
        return {
            f"{room}.{name}": str(value)
            for room, record in rooms.items()
            for name, value in record.model_dump(mode="json").items()
        }

    def without_secrets(self) -> "Settings":
        """Return the same without what must not leave this process."""
        return self.model_copy(update={"index": self.index.without_secrets()})
