-- A scan may be gone: taken out of its box before anything of it was kept. SQLite changes a check by a new table only.
CREATE TABLE scans_anew (
    box TEXT NOT NULL REFERENCES boxes (id),
    path TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    current INTEGER NOT NULL DEFAULT 1,
    kind TEXT,
    pages INTEGER,
    state TEXT NOT NULL CHECK (state IN ('pending', 'archived', 'failed', 'refused', 'duplicate', 'gone')),
    case_id TEXT,
    recipe TEXT,
    first_box TEXT,
    first_path TEXT,
    code TEXT,
    reason TEXT,
    blank INTEGER NOT NULL DEFAULT 0,
    confidence REAL,
    updated TEXT NOT NULL,
    read INTEGER NOT NULL DEFAULT 0,
    missing INTEGER NOT NULL DEFAULT 0,
    locked INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (box, path, sha256)
) STRICT;
INSERT INTO scans_anew
    SELECT box, path, sha256, size, mtime_ns, current, kind, pages, state, case_id, recipe, first_box, first_path, code,
           reason, blank, confidence, updated, read, missing, locked
    FROM scans;
DROP TABLE scans;
ALTER TABLE scans_anew RENAME TO scans;
CREATE INDEX scans_by_sha256 ON scans (sha256);
CREATE INDEX scans_by_case ON scans (case_id);
