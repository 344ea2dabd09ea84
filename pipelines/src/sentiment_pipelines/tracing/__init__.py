"""The way back from an answer to the rows its model was trained on, and forward again."""
