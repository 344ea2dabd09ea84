"""Trains the deep model: an LSTM or a Transformer on word vectors and lexicons."""
