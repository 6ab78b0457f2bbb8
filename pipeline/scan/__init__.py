"""What a scan's file is, and which pictures in it are pages: what the intake and the reading of pages share."""
