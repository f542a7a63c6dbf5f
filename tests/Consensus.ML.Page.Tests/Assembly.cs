// One browser and one server at a time: the tests wait for one another's pages.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
