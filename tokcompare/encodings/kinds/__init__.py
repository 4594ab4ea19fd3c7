"""The kinds of encodings: tiktoken's own, rank files, and Hugging Face's tokenizer files."""
