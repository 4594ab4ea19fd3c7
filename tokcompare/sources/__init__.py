"""Sources: names of files and sample sets become documents, in chunks."""
