"""Views of a check: as a table, as the object of JSON, and as annotations of GitHub."""
