"""One door per outside thing: processes, the engine, registries, GitHub. Their errors are translated here.

No decision about a run belongs here, and nothing that reads inputs or writes for people.
"""
