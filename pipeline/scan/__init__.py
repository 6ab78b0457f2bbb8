"""What a scan's file is, and which pictures in it are pages: shared by the intake and the reading of pages."""
