"""Wires the components into pipelines and runs them on a machine, on Docker or on a cluster."""
