namespace Consensus.Architecture.Tests;

/// <summary>Fails with every complaint in full, where there are any.</summary>
internal static class Complaints
{
    public static void AssertNone(IEnumerable<string> complaints)
    {
        string[] found = [.. complaints];
        if (found.Length > 0)
        {
            Assert.Fail($"{found.Length} complaint(s):\n{string.Join('\n', found)}");
        }
    }
}
