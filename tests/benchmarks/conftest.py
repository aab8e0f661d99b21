"""Benchmarks are run on request: what needs the extra `bench` is not looked through for examples."""

collect_ignore_glob = ["peers/*.py"]
