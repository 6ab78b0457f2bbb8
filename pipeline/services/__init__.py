"""What people can ask for, a module for each: (archive, actor, values) in, records out."""
