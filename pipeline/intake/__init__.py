"""What came in: discover, identify by content, hash, refuse."""
