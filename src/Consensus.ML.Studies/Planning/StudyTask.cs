namespace Consensus.ML.Studies.Planning;

/// <summary>A part of a study that one process does: it trains a method in a fold with a seed, and scores the held-out cases.</summary>
/// <param name="Index">Its number, from 0. Options with the same methods, folds and seeds always give the same numbers.</param>
/// <param name="Method">The method's name.</param>
/// <param name="Fold">The fold's name.</param>
/// <param name="Seed">The seed.</param>
/// <param name="IsDone">Whether the model is trained and every case is scored.</param>
public sealed record StudyTask(int Index, string Method, string Fold, int Seed, bool IsDone);
