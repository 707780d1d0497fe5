"""`make bench`: what a build costs, beside the ways in which people build such images by hand."""
