"""A small line reader (CTC), trained on made lines; docs/training.md has the results. Not installed."""
