// Torch spreads each computation over all cores already.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
