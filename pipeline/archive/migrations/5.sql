-- What goes through all scans reads only these: the counts of every box, the scans of a box in some states, the few
-- scans and pages that failed, the few case files that wait for the index.
CREATE INDEX scans_by_state ON scans (box, state, first_path, pages, read, blank, missing, confidence);
CREATE INDEX scans_with_code ON scans (box, path) WHERE code IS NOT NULL;
CREATE INDEX failed_pages ON pages (sha256, number) WHERE state = 'failed';
CREATE INDEX cases_to_index ON cases (id) WHERE archived IS NOT NULL AND indexed IS NULL;
