using Consensus.ML.Options;
using Consensus.ML.Studies.Planning;

namespace Consensus.ML.Cli.Training;

/// <summary>A value of <c>--method</c>: a kind of one-pass U-Net, or the paper's method.</summary>
/// <param name="OnePass">The kind of the U-Net; null for the paper's method.</param>
internal readonly record struct TrainingMethod(UNetKind? OnePass)
{
    private const string Diffusion = "consensus";

    // The methods that predict in one pass have the names that 'consensus study' gives them.
    private static readonly StudyMethod[] OnePassMethods =
    [
        .. StudyMethods.All.Where(method => method.OnePass is not null).OrderBy(method => method.OnePass),
    ];

    /// <summary>All methods with their names, the paper's method first.</summary>
    public static (string Name, TrainingMethod Method)[] All { get; } =
    [
        (Diffusion, default), .. OnePassMethods.Select(method => (method.Name, new TrainingMethod(method.OnePass))),
    ];

    /// <summary>The name of the method in the command.</summary>
    public string Name
    {
        get
        {
            UNetKind? kind = OnePass;
            return kind is null ? Diffusion : OnePassMethods.Single(method => method.OnePass == kind).Name;
        }
    }
}
