using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Consensus.Imaging.Storage;
using Consensus.ML.MLNet;
using Microsoft.ML;

namespace Consensus.ML.Transforms;

/// <summary>
/// The state of a step inside a model zip, with its SHA-256. ML.NET does not check the zip's own checksums, so without it a changed byte
/// would load as a wrong number.
/// </summary>
/// <param name="Step">The step's name, for messages.</param>
/// <param name="Signature">Eight characters at the start of the step's stream.</param>
/// <param name="Loader">The name under which the step's loader is registered.</param>
internal sealed record ModelState(string Step, string Signature, string Loader)
{
    private const int LargestState = 1 << 20;

    /// <summary>The assembly that loads the step; null for this one.</summary>
    public Assembly? Assembly { get; init; }

    private VersionInfo Version => MLNetInternals.VersionInfo(Signature, Loader, Assembly);

    public void Save(ModelSaveContext context, Action<BinaryWriter> write)
    {
        using var memory = new MemoryStream();
        using (var writer = new BinaryWriter(memory))
        {
            write(writer);
        }

        byte[] state = memory.ToArray();
        context.SetVersionInfo(Version);
        context.Writer.Write(state.Length);
        context.Writer.Write(SHA256.HashData(state));
        context.Writer.Write(state);
    }

    /// <exception cref="InvalidDataException">The state is cut short, changed, or not valid for the step.</exception>
    /// <exception cref="InvalidOperationException">
    /// The internals of this ML.NET version differ; the message names the version and the version that works.
    /// </exception>
    public T Load<T>(ModelLoadContext context, Func<BinaryReader, T> read)
    {
        MLNetCheck.Ensure();
        return LoadChecked(context, read);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private T LoadChecked<T>(ModelLoadContext context, Func<BinaryReader, T> read)
    {
        context.CheckAtModel(Version);
        int length = context.Reader.ReadInt32();
        if (length is < 0 or > LargestState)
        {
            throw Damaged(string.Create(CultureInfo.InvariantCulture, $"the state of {Step} claims {length} bytes"));
        }

        byte[] hash = context.Reader.ReadBytes(SHA256.HashSizeInBytes);
        byte[] state = context.Reader.ReadBytes(length);
        if (!SHA256.HashData(state).AsSpan().SequenceEqual(hash))
        {
            throw Damaged($"the state of {Step} does not have the SHA-256 it was saved with");
        }

        using var reader = new BinaryReader(new MemoryStream(state));
        try
        {
            return read(reader);
        }
        catch (Exception exception)
            when (exception is EndOfStreamException or ArgumentException or FormatException or IndexOutOfRangeException)
        {
            throw Damaged($"the state of {Step} is none that it can have ({exception.Message.TrimEnd('.')})");
        }
    }

    /// <summary>The exception for a model file that cannot be trusted. It says what is wrong and what to do.</summary>
    public static InvalidDataException Damaged(string what, Exception? inner = null) =>
        new(
            $"The model file is damaged: {NameText.Printable(what)}. Copy it again from where it was made, or train the model again.",
            inner);
}
