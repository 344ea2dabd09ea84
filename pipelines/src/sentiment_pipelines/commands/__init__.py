"""The commands of ``sentiment-pipelines``: each module adds its own to the command line.

A module has ``add(commands)``. What a command needs is imported when it runs: kfp and MLflow take
seconds, and ``--help`` shall not.
"""
