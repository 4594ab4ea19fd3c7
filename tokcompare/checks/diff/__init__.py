"""The difference of two stored reports, or of a stored report and a source."""
