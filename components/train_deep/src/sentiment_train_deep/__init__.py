"""Trains the deep model: a bidirectional LSTM on GloVe embeddings."""
