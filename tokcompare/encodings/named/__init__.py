"""Named tokenizers of open models: a table of them, and the places where they can be on a machine."""
