using Consensus.ML.Options;

namespace Consensus.ML.Studies.Planning;

/// <summary>Where a study is.</summary>
/// <param name="Stage">What is being done.</param>
/// <param name="Method">The method's name; empty while reporting.</param>
/// <param name="Fold">The fold's name; empty while reporting.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Run">
/// Which run this is, from 1: one for each method, fold and seed. While waiting, the first that another process is at.
/// </param>
/// <param name="Runs">How many there are.</param>
/// <param name="Training">Where training is; null before its first step, and while something else is done.</param>
/// <param name="CasesDone">Cases scored so far, while evaluating.</param>
/// <param name="Cases">Cases to score.</param>
public sealed record StudyProgress(
    StudyStage Stage,
    string Method,
    string Fold,
    int Seed,
    int Run,
    int Runs,
    TrainingProgress? Training,
    int CasesDone,
    int Cases);
