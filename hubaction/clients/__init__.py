"""One client per outside thing: processes, the engine, registries, GitHub. They translate its errors.

Clients know no settings and no plan. Only open.py imports their libraries late.
"""
