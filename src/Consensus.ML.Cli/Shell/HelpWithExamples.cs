using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Consensus.ML.Cli.Shell;

/// <summary>The ordinary help of a command, followed by its examples.</summary>
/// <param name="ordinary">The ordinary help.</param>
/// <param name="ofRoot">The examples of the program itself.</param>
internal sealed class HelpWithExamples(HelpAction ordinary, IReadOnlyList<string> ofRoot) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        int code = ordinary.Invoke(parseResult);
        IReadOnlyList<string> lines = parseResult.CommandResult.Command switch
        {
            CommandWithExamples command => command.Examples,
            RootCommand => ofRoot,
            _ => [],
        };
        if (lines.Count > 0)
        {
            TextWriter output = parseResult.InvocationConfiguration.Output;
            output.WriteLine(lines.Count == 1 ? "Example:" : "Examples:");
            foreach (string line in lines)
            {
                output.WriteLine($"  {line}");
            }

            output.WriteLine();
        }

        return code;
    }
}
