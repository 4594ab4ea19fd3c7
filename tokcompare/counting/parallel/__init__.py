"""Counting on several cores or machines; the counts are the same as on one."""
