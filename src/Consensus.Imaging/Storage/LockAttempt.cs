namespace Consensus.Imaging.Storage;

/// <summary>What came of trying to take a lock.</summary>
/// <param name="Lock">The lock; null if it could not be taken.</param>
/// <param name="Holder">Who holds it, such as "process 7 on node1, since …"; null if that is not known.</param>
/// <param name="IsUndecided">Whether it is not known yet if the holder lives.</param>
/// <param name="Cause">What the operating system said; may be null.</param>
internal sealed record LockAttempt(FolderLock? Lock, string? Holder = null, bool IsUndecided = false, IOException? Cause = null);
