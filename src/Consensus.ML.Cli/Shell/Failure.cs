using System.Reflection;

namespace Consensus.ML.Cli.Shell;

/// <summary>The command asks for what cannot be; the message is for the one who typed it.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>Exceptions as one line for people.</summary>
internal static class Failure
{
    /// <summary>What went wrong, without the wrappers that ML.NET's loader and tasks put around it.</summary>
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
            // .NET appends the name of a parameter, which means nothing to the one who typed a command.
            ArgumentException { ParamName: not null } argument =>
                argument.Message.Replace($" (Parameter '{argument.ParamName}')", "", StringComparison.Ordinal),
            OutOfMemoryException =>
                "There is not enough memory. A smaller --size, a smaller preset or float32's half, --precision bfloat16, need less.",
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
