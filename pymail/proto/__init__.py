"""Wire and file formats without I/O: lines, records, attributes, SMTP."""
