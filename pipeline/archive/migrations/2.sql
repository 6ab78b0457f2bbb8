-- Runs, pages, and attempts with all that there is to know of them.
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    command TEXT NOT NULL,
    host TEXT NOT NULL,
    process INTEGER NOT NULL,
    recipe TEXT NOT NULL,
    versions TEXT NOT NULL,
    started TEXT NOT NULL,
    ended TEXT,
    outcome TEXT CHECK (outcome IN ('done', 'stopped', 'died')),
    reason TEXT
) STRICT;

-- How each page stands that was tried; `failed` pages of an archived scan are those its bag lacks.
CREATE TABLE pages (
    sha256 TEXT NOT NULL,
    number INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('read', 'blank', 'failed')),
    recipe TEXT NOT NULL,
    confidence REAL,
    seconds REAL NOT NULL,
    code TEXT,
    reason TEXT,
    updated TEXT NOT NULL,
    PRIMARY KEY (sha256, number)
) STRICT, WITHOUT ROWID;

ALTER TABLE attempts ADD COLUMN run INTEGER REFERENCES runs (id);
ALTER TABLE attempts ADD COLUMN started TEXT NOT NULL DEFAULT '';
ALTER TABLE attempts ADD COLUMN trace TEXT;
ALTER TABLE attempts RENAME COLUMN detail TO message;
UPDATE attempts SET started = strftime('%Y-%m-%dT%H:%M:%f+00:00', ended, printf('-%.3f seconds', seconds));

-- Of an archived scan's pages: with text, blank, and missing from its bag because they failed.
ALTER TABLE scans ADD COLUMN read INTEGER NOT NULL DEFAULT 0;
ALTER TABLE scans ADD COLUMN missing INTEGER NOT NULL DEFAULT 0;
-- Whether a password is needed to read it.
ALTER TABLE scans ADD COLUMN locked INTEGER NOT NULL DEFAULT 0;
UPDATE scans SET read = pages - blank WHERE state = 'archived';
