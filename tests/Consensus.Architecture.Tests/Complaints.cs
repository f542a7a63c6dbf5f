namespace Consensus.Architecture.Tests;

/// <summary>Fails if there are complaints, and shows all of them in full.</summary>
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
