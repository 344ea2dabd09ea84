"""What an artifact was made from: the chain back to data from outside, as a tree and a picture."""
