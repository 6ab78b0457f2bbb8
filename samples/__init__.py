"""A maker of sample boxes: case files in made-up words, set in free fonts, aged, and their truth."""
