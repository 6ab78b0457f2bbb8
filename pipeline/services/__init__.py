"""What people can ask for, one module for each: (archive, actor, values) in, records out."""
