namespace Consensus.ML.Tests.Shared;

/// <summary>A folder for one test. It is deleted after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder() => Root = Directory.CreateTempSubdirectory("consensus-test-").FullName;

    public string Root { get; }

    public string this[params string[] names] => Path.Combine([Root, .. names]);

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
