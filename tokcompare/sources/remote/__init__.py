"""Remote files: calls of fsspec, and URLs that are chained by "::"."""
