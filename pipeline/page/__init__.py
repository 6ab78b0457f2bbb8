"""One page, on a worker: render, orient, clean, lay out, recognise."""
