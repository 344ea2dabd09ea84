"""What every stage shares: artifacts, the text specification, the command line, tracking."""
