using Consensus.ML.Page.Tests;

// One browser and one server at a time: the tests wait for one another's pages.
[assembly: AssemblyFixture(typeof(Browser))]
[assembly: CollectionBehavior(DisableTestParallelization = true)]
