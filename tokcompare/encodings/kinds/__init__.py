"""Kinds of encodings: OpenAI's own, rank files, and Hugging Face's tokenizer.json files."""
