namespace Consensus.ML.Cli.Records;

/// <summary>What the records in a folder belong to. It is the file <c>manifest.json</c>.</summary>
/// <typeparam name="TSelf">The type itself.</typeparam>
internal interface IRecordManifest<TSelf>
    where TSelf : IRecordManifest<TSelf>
{
    /// <summary>The version that this command writes, and the newest that it reads.</summary>
    static abstract int CurrentFormatVersion { get; }

    /// <summary>The value of <see cref="Kind"/>: what makes such records.</summary>
    static abstract string KindName { get; }

    /// <summary>Version of this file's format.</summary>
    int FormatVersion { get; }

    /// <summary>What the records are.</summary>
    string Kind { get; }

    /// <summary>The SHA-256 of the model's file.</summary>
    string ModelSha256 { get; }

    /// <summary>The cases, in their order.</summary>
    IReadOnlyList<ManifestCase> Cases { get; }

    /// <summary>The manifest without its model and its cases.</summary>
    TSelf WithoutFiles();
}
