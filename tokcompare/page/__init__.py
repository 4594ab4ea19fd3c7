"""Charts and pages: results as people look at them. Nothing is computed here."""
