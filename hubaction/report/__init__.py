"""Shows the results of a run: summary, comment, outputs, result file, JUnit file, and the plan as JSON.

It decides nothing and repeats no step: it reads the plan and the results that the modes collected.
"""
