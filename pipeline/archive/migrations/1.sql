-- The ledger: what came in, how it stands, every attempt. Only the coordinating process writes it.
CREATE TABLE boxes (
    id TEXT PRIMARY KEY,
    root TEXT NOT NULL UNIQUE,
    first_seen TEXT NOT NULL,
    last_run TEXT,
    passed_over INTEGER NOT NULL DEFAULT 0
) STRICT;

-- A path whose bytes have changed has a row for each of its contents; `current` marks the one that lies in the box now.
-- `sha256` is '' for a file that could not be read at all.
CREATE TABLE scans (
    box TEXT NOT NULL REFERENCES boxes (id),
    path TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    current INTEGER NOT NULL DEFAULT 1,
    kind TEXT,
    pages INTEGER,
    state TEXT NOT NULL CHECK (state IN ('pending', 'archived', 'failed', 'refused', 'duplicate')),
    case_id TEXT,
    recipe TEXT,
    first_box TEXT,
    first_path TEXT,
    code TEXT,
    reason TEXT,
    blank INTEGER NOT NULL DEFAULT 0,
    confidence REAL,
    updated TEXT NOT NULL,
    PRIMARY KEY (box, path, sha256)
) STRICT;
CREATE INDEX scans_by_sha256 ON scans (sha256);
CREATE INDEX scans_by_case ON scans (case_id);

CREATE TABLE attempts (
    id INTEGER PRIMARY KEY,
    step TEXT NOT NULL CHECK (step IN ('inspect', 'read', 'archive')),
    box TEXT NOT NULL,
    subject TEXT NOT NULL,
    page INTEGER,
    recipe TEXT,
    worker TEXT,
    ended TEXT NOT NULL,
    seconds REAL NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('done', 'failed')),
    code TEXT,
    detail TEXT
) STRICT;
CREATE INDEX attempts_by_subject ON attempts (subject, page);

CREATE TABLE cases (
    id TEXT PRIMARY KEY,
    box TEXT NOT NULL REFERENCES boxes (id),
    folder TEXT NOT NULL,
    title TEXT NOT NULL,
    bag TEXT,
    archived TEXT,
    indexed TEXT
) STRICT;
