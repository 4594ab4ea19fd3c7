"""Encodings of closed models: counts that a provider has recorded, and estimates fitted to them."""
