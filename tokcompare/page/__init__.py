"""Page: shows results as a self-contained HTML page, as a picture, and as a plot.

It knows its own parts alone; what is shown as a page hands it parts.
"""
