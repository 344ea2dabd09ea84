"""What a model meets, counted beside the requests and held against its bundle's reference."""
