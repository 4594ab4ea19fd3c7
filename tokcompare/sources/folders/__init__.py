"""Folders: the files of folders and globs, and those that Git ignores."""
