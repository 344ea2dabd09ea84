"""Versions of the packages of this repository: what each released, and what has changed since.

A package is a room or a chart. Beside it lies ``release.json``, what its last release consisted of;
the rules are told in ``docs/releases.md``.
"""
