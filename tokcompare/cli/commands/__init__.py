"""The commands, one module each; `tokcompare.cli` loads a module when its command is called."""
