namespace Consensus.ML.Cli.Records;

/// <summary>What was found of a case: a file of its own, which is written whole.</summary>
internal interface ICaseRecord
{
    /// <summary>The SHA-256 of the manifest that it belongs to, as the manifest carries it.</summary>
    string Manifest { get; }

    /// <summary>The place of the case in the manifest, from 0.</summary>
    int Index { get; }

    /// <summary>The name of the case.</summary>
    string Name { get; }
}
