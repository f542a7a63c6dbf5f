// torch uses all cores already, and tests of a server count what it does.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
