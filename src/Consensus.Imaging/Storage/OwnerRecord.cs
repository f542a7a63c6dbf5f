namespace Consensus.Imaging.Storage;

/// <summary>A record as it was read.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Content">Its bytes.</param>
/// <param name="Changed">The time of its last change, by the clock of who changed it.</param>
internal sealed record OwnerRecord(int Number, byte[] Content, DateTime Changed)
{
    /// <summary>The owner; null if the record is not whole.</summary>
    public FolderOwner? Owner => FolderOwner.Read(Content);

    /// <summary>The owner for messages, such as "process 7 on node1, since …"; null if the record is not whole.</summary>
    public string? Holder => Owner?.ToString();

    /// <summary>Whether nothing happened between two reads: the same owner, and no sign of life.</summary>
    public bool IsSameAs(OwnerRecord other) => HasOwnerOf(other) && Changed == other.Changed;

    /// <summary>Whether both name the same owner.</summary>
    public bool HasOwnerOf(OwnerRecord other) => Content.AsSpan().SequenceEqual(other.Content);
}
