namespace Consensus.ML.Tests.Shared;

internal static class Complaint
{
    /// <summary>Asserts that a call throws this exception, and that its message is one line with all of these parts.</summary>
    public static void Expect<TException>(Action call, params string[] parts)
        where TException : Exception
    {
        TException exception = Assert.Throws<TException>(call);
        Assert.DoesNotContain('\n', exception.Message);
        foreach (string part in parts)
        {
            Assert.Contains(part, exception.Message, StringComparison.Ordinal);
        }
    }
}
