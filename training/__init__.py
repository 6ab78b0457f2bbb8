"""A small line reader (CTC), trained on made lines; docs/training.md tells what came of it. Not installed."""
