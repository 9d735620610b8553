"""Programs that are started by themselves and must not be imported by pytest's doctest search."""

collect_ignore = ["bug_hook/sitecustomize.py", "greenlet_kills.py"]
