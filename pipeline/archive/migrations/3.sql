-- The part of a page's written area that a hand wrote, 0-1; NULL for pages that were read before it was asked.
ALTER TABLE pages ADD COLUMN handwriting REAL;
