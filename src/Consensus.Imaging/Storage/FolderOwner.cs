using System.Globalization;
using System.Text.Json;

namespace Consensus.Imaging.Storage;

/// <summary>Who holds a folder: the record that <see cref="OwnerRecords"/> keeps in it.</summary>
/// <param name="FormatVersion">Version of the record's format.</param>
/// <param name="Token">A random text that no other owner has.</param>
/// <param name="Host">The name of the machine.</param>
/// <param name="Machine">What tells two machines of one name apart, and two namespaces of processes on one machine.</param>
/// <param name="Process">The number of the process on that machine.</param>
/// <param name="ProcessStart">When that process started, in the units of its system; tells it from a later process of that number.</param>
/// <param name="Job">The batch job, such as "Slurm job 12_3"; null outside of batch systems.</param>
/// <param name="Restarts">How often the batch system had started this job again.</param>
/// <param name="Since">When the owner took the folder, by its own clock. It is for messages alone.</param>
internal sealed record FolderOwner(
    int FormatVersion, string Token, string Host, string Machine, int Process, string ProcessStart, string? Job, int Restarts,
    DateTimeOffset Since)
{
    public const int CurrentFormatVersion = 1;

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        NewLine = "\n",
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>Whether this is a later start of the other owner's batch job, which a batch system makes after the job has ended.</summary>
    public bool IsLaterStartOf(FolderOwner other) => Job is not null && Job == other.Job && Restarts > other.Restarts;

    /// <summary>The owner for messages.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"process {Process} on {NameText.Printable(Host)}{(Job is null ? "" : $" ({NameText.Printable(Job)})")}, since "
        + $"{Since.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC");

    public byte[] Write() => [.. JsonSerializer.SerializeToUtf8Bytes(this, Options), (byte)'\n'];

    /// <summary>The owner that a record names; null for a record that is not whole, or of a newer format.</summary>
    public static FolderOwner? Read(byte[] record)
    {
        try
        {
            FolderOwner? owner = JsonSerializer.Deserialize<FolderOwner>(record, Options);
            return owner?.FormatVersion <= CurrentFormatVersion ? owner : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
