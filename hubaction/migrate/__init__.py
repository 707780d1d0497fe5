"""`python -m hubaction migrate`, which people run by hand. Nothing of it runs in the action."""
