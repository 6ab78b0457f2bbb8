"""The files of a box: discover, identify by content, hash, refuse."""
