using Consensus.ML.Options;

namespace Consensus.ML.Studies.Planning;

/// <summary>The progress of a study.</summary>
/// <param name="Stage">What the study is doing.</param>
/// <param name="Method">The method's name; empty while reporting.</param>
/// <param name="Fold">The fold's name; empty while reporting.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Run">
/// The number of this run, from 1. There is a run for each method, fold and seed. While waiting: the first run that another process
/// works on.
/// </param>
/// <param name="Runs">How many runs there are.</param>
/// <param name="Training">The progress of training; null before its first step, and in other stages.</param>
/// <param name="CasesDone">How many cases are scored so far, while evaluating.</param>
/// <param name="Cases">How many cases there are to score.</param>
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
