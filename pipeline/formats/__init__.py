"""What an archive is written as: records in, bytes out."""
