"""What benchmarks, soak and fault tests share: a load generator and a look at processes."""
