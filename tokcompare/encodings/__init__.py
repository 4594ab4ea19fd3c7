"""Encodings: a name, a model, a file or an object becomes something that encodes text."""
