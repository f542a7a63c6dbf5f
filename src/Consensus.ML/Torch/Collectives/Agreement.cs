using System.Runtime.ExceptionServices;
using System.Text;

namespace Consensus.ML.Torch.Collectives;

/// <summary>
/// Makes all processes of a training fail, or end early, together. A process that left alone would let the others wait for it for ever.
/// </summary>
/// <remarks>
/// All exchanges have one form. So a process that fails outside of common work meets the others at their next exchange: whoever calls
/// common work within common work needs no other care. Between an exchange and a sum of tensors nothing may fail.
/// </remarks>
internal static class Agreement
{
    private const string Mark = "Consensus.ML.Agreement";

    /// <summary>Whether every process knows of the exception, and throws one of its own.</summary>
    public static bool IsCommon(this Exception exception) => exception.Data.Contains(Mark);

    /// <summary>Waits until every process is here, so that a sum or a broadcast may follow; throws where one has failed before.</summary>
    public static void Meet(this ICollective processes) => processes.Together(() => true);

    /// <inheritdoc cref="Together{T}"/>
    public static void Together(this ICollective processes, Action work) => processes.Together(() =>
    {
        work();
        return true;
    });

    /// <summary>Does work in this process, and waits until the others have done theirs.</summary>
    /// <exception cref="OtherProcessException">The work of another process failed.</exception>
    /// <exception cref="OperationCanceledException">The work of a process was cancelled, and none failed.</exception>
    /// <remarks>
    /// Of several processes that fail, the first throws what its work threw. A result that can be disposed is disposed where another
    /// process fails.
    /// </remarks>
    public static T Together<T>(this ICollective processes, Func<T> work)
    {
        if (processes.Size == 1)
        {
            return work();
        }

        T result = default!;
        Exception? failure = null;
        try
        {
            result = work();
        }
        catch (Exception exception) when (!exception.IsCommon())
        {
            failure = exception;
        }

        try
        {
            processes.Exchange(failure);
        }
        catch
        {
            // Nobody gets the result, and it may hold something, such as the lock of a folder.
            (result as IDisposable)?.Dispose();
            throw;
        }

        return result;
    }

    /// <summary>Gives every process the text of one.</summary>
    public static string Broadcast(this ICollective processes, string text, int from)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text), length = BitConverter.GetBytes(bytes.Length);
        processes.Broadcast(length, from);
        Array.Resize(ref bytes, BitConverter.ToInt32(length));
        processes.Broadcast(bytes, from);
        return Encoding.UTF8.GetString(bytes);
    }

    private static void Exchange(this ICollective processes, Exception? failure)
    {
        var flags = new double[processes.Size + 1];
        if (failure is not null)
        {
            flags[failure is OperationCanceledException ? ^1 : processes.Rank] = 1;
        }

        processes.Sum(flags);
        int failed = Array.FindIndex(flags, 0, processes.Size, flag => flag > 0);
        if (failed >= 0)
        {
            bool here = failed == processes.Rank;
            string type = processes.Broadcast(here ? failure!.GetType().FullName! : "", failed);
            string message = processes.Broadcast(here ? failure!.Message : "", failed);
            Throw(here ? failure! : new OtherProcessException(failed, type, message, failure));
        }
        else if (flags[^1] > 0)
        {
            Throw(failure ?? new OperationCanceledException("Another process of the training was told to end."));
        }
    }

    private static void Throw(Exception common)
    {
        common.Data[Mark] = true;
        ExceptionDispatchInfo.Throw(common);
    }
}
