using System.CommandLine;
using Consensus.ML.Cli.Shell;

namespace Consensus.ML.Cli.Data;

/// <summary><c>consensus dataset</c>: describe a set of any layout, and check it.</summary>
internal static class DatasetCommand
{
    public static Command Create(Terminal terminal) => new("dataset", "Describe a data set in a manifest, and check it.")
    {
        DatasetInitCommand.Create(terminal),
        DatasetCheckCommand.Create(terminal),
    };
}
