"""What is fast, against what: `python -m benchmarks` measures, side by side in one run."""
