using Spectre.Console;

namespace Consensus.ML.Cli.Shell;

/// <summary>Where the command prints.</summary>
/// <param name="Out">Results and progress.</param>
/// <param name="Error">Errors and warnings, one line each.</param>
/// <param name="IsInteractive">Whether <paramref name="Out"/> is a terminal that a person looks at, where lines can be overwritten.</param>
internal sealed record Terminal(TextWriter Out, TextWriter Error, bool IsInteractive)
{
    // A file or pipe has no width. This is wide enough for the tables, so that logs are not wrapped.
    private const int WidthWhenRedirected = 160;

    private IAnsiConsole? _console;

    /// <summary>Draws tables, colours and progress bars on <see cref="Out"/>. Outside a terminal it writes plain text.</summary>
    public IAnsiConsole Console => _console ??= CreateConsole();

    /// <summary>Prints nothing.</summary>
    public static Terminal Silent { get; } = new(TextWriter.Null, TextWriter.Null, IsInteractive: false);

    public static Terminal OfThisProcess() => new(System.Console.Out, System.Console.Error, !System.Console.IsOutputRedirected);

    /// <summary>Prints an error in one line.</summary>
    public void Complain(string message) => Error.WriteLine($"consensus: {Failure.OneLine(message)}");

    public void Warn(string message) => Complain($"warning: {message}");

    private IAnsiConsole CreateConsole()
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(Out),
            Ansi = IsInteractive ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = IsInteractive ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = IsInteractive ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!IsInteractive)
        {
            console.Profile.Width = WidthWhenRedirected;
        }

        return console;
    }
}
