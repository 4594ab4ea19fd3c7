"""`python -m tokcompare` is `tokcompare`."""

from tokcompare.cli import main

main(prog_name="tokcompare")
