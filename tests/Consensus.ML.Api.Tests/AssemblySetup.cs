// Torch already spreads each computation over all cores.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
