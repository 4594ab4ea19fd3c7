"""Named tokenizers of open models: a table of them, and where they can be on a machine."""
