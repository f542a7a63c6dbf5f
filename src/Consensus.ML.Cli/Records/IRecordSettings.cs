namespace Consensus.ML.Cli.Records;

/// <summary>Every option that decides what a record says of its case.</summary>
internal interface IRecordSettings
{
    /// <summary>The value of <see cref="RecordManifest{TSettings}.Kind"/>: what the records are.</summary>
    static abstract string Kind { get; }

    /// <summary>The version of the manifest that this command writes, and the newest that it reads.</summary>
    static abstract int ManifestVersion { get; }
}
