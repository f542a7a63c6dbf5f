using System.Reflection;

namespace Consensus.ML.Cli.Shell;

/// <summary>The command or its options cannot work. The message is for the user who typed it.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>Describes an exception in one line for people.</summary>
internal static class Failure
{
    /// <summary>The exception inside the wrappers that ML.NET's loader and tasks add.</summary>
    public static Exception Innermost(Exception exception)
    {
        while (exception is TargetInvocationException or TypeInitializationException or AggregateException { InnerExceptions.Count: 1 }
            && exception.InnerException is not null)
        {
            exception = exception.InnerException;
        }

        return exception;
    }

    /// <summary>One line that says what went wrong.</summary>
    public static string Describe(Exception exception)
    {
        Exception cause = Innermost(exception);
        return cause switch
        {
            // .NET appends the name of a parameter, which means nothing to the user of the command.
            ArgumentException { ParamName: not null } argument =>
                argument.Message.Replace($" (Parameter '{argument.ParamName}')", "", StringComparison.Ordinal),
            OutOfMemoryException =>
                "There is not enough memory. A smaller --size, the compact preset and --precision bfloat16 need less.",
            UsageException or ArgumentException or IOException or UnauthorizedAccessException or InvalidDataException
                or InvalidOperationException or FormatException
                or DllNotFoundException or NotSupportedException or OperationCanceledException => cause.Message,
            _ => $"{cause.GetType().Name}: {cause.Message} (--verbose shows where)",
        };
    }

    /// <summary>The message without line breaks.</summary>
    public static string OneLine(string message) =>
        string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
