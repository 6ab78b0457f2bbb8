"""A maker of sample boxes: case files of invented text, set in free fonts, aged, and their ground truth."""
