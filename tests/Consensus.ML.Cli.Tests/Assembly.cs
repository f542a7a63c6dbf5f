// Tests do not run side by side: each training takes all cores, so they would only wait for each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
