using System.CommandLine;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Options;

namespace Consensus.ML.Cli.Prediction;

/// <summary>Options about a model and its arithmetic.</summary>
internal static class ModelArguments
{
    public static Option<string> Model() => new("--model")
    {
        Description = "A model that 'consensus train' or 'consensus export' wrote.",
        HelpName = "model.zip",
        Required = true,
    };

    public static Option<Precision?> Precision(string description) =>
        OptionKinds.Choice("--precision", description, Spelling.List<Precision>());
}
