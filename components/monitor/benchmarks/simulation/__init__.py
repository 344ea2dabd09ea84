"""Windows whose truth is known: what the monitor says of them is counted."""
