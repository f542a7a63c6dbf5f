using System.CommandLine;

namespace Consensus.ML.Cli.Shell;

/// <summary>A command whose help ends with examples that can be typed.</summary>
/// <param name="name">The name of the command.</param>
/// <param name="description">What it does, in a sentence.</param>
/// <param name="examples">The examples, each a whole line with the name of the program.</param>
internal sealed class CommandWithExamples(string name, string description, params IReadOnlyList<string> examples)
    : Command(name, description)
{
    public IReadOnlyList<string> Examples { get; } = examples;
}
