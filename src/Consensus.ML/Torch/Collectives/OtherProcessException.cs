using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Consensus.ML.Torch.Collectives;

/// <summary>
/// Another process of the same training failed, so that this process ends too. That process threw an exception that says why.
/// </summary>
[Experimental("CONSENSUS001")]
public sealed class OtherProcessException : Exception
{
    internal OtherProcessException(int rank, string type, string message, Exception? inner)
        : base(string.Create(CultureInfo.InvariantCulture, $"Process {rank} of the training failed: {message}"), inner) =>
        (Rank, FailureType) = (rank, type);

    /// <summary>The number of the process that failed, from 0.</summary>
    public int Rank { get; }

    /// <summary>The full name of the type of the exception that was thrown there.</summary>
    public string FailureType { get; }
}
