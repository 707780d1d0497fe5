"""Lets Binder start from the pushed image. The badge and other links to Binder belong in report/."""
