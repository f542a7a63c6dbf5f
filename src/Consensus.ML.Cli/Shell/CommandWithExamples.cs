using System.CommandLine;

namespace Consensus.ML.Cli.Shell;

/// <summary>A command whose help ends with lines that can be typed as they stand.</summary>
/// <param name="name">What is typed.</param>
/// <param name="description">What it does, in a sentence.</param>
/// <param name="examples">The lines, each with the name of the program.</param>
internal sealed class CommandWithExamples(string name, string description, params IReadOnlyList<string> examples)
    : Command(name, description)
{
    public IReadOnlyList<string> Examples { get; } = examples;
}
