"""The commands, one subject a module.

A module imports the library inside its command, not at its top: the help of a command and shell
completion then import nothing but click.
"""
