using System.CommandLine;
using Consensus.ML.Torch.Runtime;

namespace Consensus.ML.Cli.Shell;

/// <summary><c>--torch</c>, which every command has: a libtorch in place of the one of the command.</summary>
internal static class TorchOption
{
    /// <summary>The option, for the root of all commands.</summary>
    public static Option<string?> Instance { get; } = new("--torch")
    {
        Description = "Use the libtorch of this folder, such as site-packages/torch/lib of PyTorch, for its CUDA or its size "
            + "(Linux; as the environment variable CONSENSUS_LIBTORCH does).",
        HelpName = "DIR",
        Recursive = true,
    };

    /// <summary>Chooses the libtorch that the user named.</summary>
    public static void Apply(ParseResult parsed)
    {
        if (parsed.GetValue(Instance) is { } folder)
        {
            TorchRuntime.Use(folder);
        }
    }
}
