using System.IO.Compression;
using System.Security.Cryptography;
using Consensus.ML.MLNet;
using Consensus.ML.Options;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Segmentation.Prediction;
using Microsoft.ML;

namespace Consensus.ML.Segmentation.Chains;

/// <summary>Combines several models into one ensemble. Where two models do not go together, it says why.</summary>
internal static class Ensembles
{
    /// <summary>Makes the ensemble: the first model, with the weights of all models as its members.</summary>
    /// <param name="models">The models.</param>
    /// <param name="names">The name of each model in messages.</param>
    /// <exception cref="ArgumentException">Two models do not go together; the message names both and says why.</exception>
    public static ITransformer Combine(IReadOnlyList<ITransformer> models, IReadOnlyList<string> names)
    {
        if (models.Count < 2)
        {
            throw new ArgumentException(
                $"An ensemble is made of at least two models, but {models.Count} {(models.Count == 1 ? "was" : "were")} given.");
        }

        Candidate[] candidates = [.. models.Select((model, index) => new Candidate(model, names[index]))];
        foreach (Candidate candidate in candidates.Skip(1))
        {
            if (candidate.WhyNotBeside(candidates[0]) is { } reason)
            {
                throw new ArgumentException($"An ensemble cannot have {names[0]} and {candidate.Name}: {reason}");
            }
        }

        var weights = new List<byte[]>();
        var owners = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (Candidate candidate in candidates)
        {
            foreach (byte[] file in candidate.Segmentation.Weights())
            {
                string hash = Convert.ToHexString(SHA256.HashData(file));
                if (!owners.TryAdd(hash, candidate.Name))
                {
                    throw new ArgumentException(
                        $"An ensemble cannot have {owners[hash]} and {candidate.Name}: they have the same weights. "
                        + "Train each from a seed of its own.");
                }

                weights.Add(file);
            }
        }

        if (weights.Count > ModelManifest.MostMembers)
        {
            throw new ArgumentException(
                $"An ensemble has up to {ModelManifest.MostMembers} members, but the models given have {weights.Count}.");
        }

        ManifestMember[] further = [.. candidates.SelectMany(candidate => candidate.Members).Skip(1)];
        return SegmentationPipelines.ReplaceSegmentations(models[0], segmentation => segmentation.AsFirstOf(further, weights));
    }

    /// <summary>A model that is to become a member.</summary>
    private sealed class Candidate
    {
        private readonly ITransformer[] _before;

        // Saved once: the steps of the first model are compared with those of every other model.
        private readonly Lazy<Dictionary<string, byte[]>[]> _saved;

        public Candidate(ITransformer model, string name)
        {
            Name = name;
            ITransformer[] steps = [
                .. PipelineSteps.List(model ?? throw new ArgumentException($"An ensemble cannot have {name}: it is null.")),
            ];
            SegmentationTransformer[] found = [.. steps.OfType<SegmentationTransformer>()];
            Segmentation = found.Length == 1
                ? found[0]
                : throw new ArgumentException(
                    $"An ensemble cannot have {name}: it has "
                    + $"{(found.Length == 0 ? "no consensus segmentation" : $"{found.Length} segmentations")} in it, where a member has "
                    + "one.");
            _before = steps[..Array.IndexOf(steps, Segmentation)];
            _saved = new(() => [.. _before.Select(Saved)]);
        }

        /// <summary>The name of the model in messages.</summary>
        public string Name { get; }

        public SegmentationTransformer Segmentation { get; }

        /// <summary>How each set of its weights was trained.</summary>
        public IEnumerable<ManifestMember> Members =>
            [new(Segmentation.Manifest.Seed, Segmentation.Manifest.Training), .. Segmentation.Manifest.FurtherMembers ?? []];

        /// <summary>Why its maps cannot be averaged with those of the first model; null where they can.</summary>
        public string? WhyNotBeside(Candidate first)
        {
            ModelManifest here = first.Segmentation.Manifest, there = Segmentation.Manifest;
            if (Segmentation.GetType() != first.Segmentation.GetType())
            {
                return $"{first.Name} is a {StartingModel.KindName(first.Segmentation.GetType())}, and {Name} a "
                    + $"{StartingModel.KindName(Segmentation.GetType())}.";
            }

            if (Differences(Drawing(here), Drawing(there)) is { } drawing)
            {
                return drawing;
            }

            IReadOnlyList<int> cut = first.Segmentation.VolumeAxes, otherwise = Segmentation.VolumeAxes;
            if (cut.Count > 0 && otherwise.Count > 0 && !cut.SequenceEqual(otherwise))
            {
                return $"{first.Name} was trained on slices along {SliceAxisGuard.Describe(cut)} of their volumes, "
                    + $"and {Name} along {SliceAxisGuard.Describe(otherwise)}.";
            }

            if (_before.Length != first._before.Length)
            {
                return $"{first._before.Length} steps come before the segmentation of {first.Name}, and {_before.Length} before that of "
                    + $"{Name}. Members are given the same features.";
            }

            for (int i = 0; i < _before.Length; i++)
            {
                if (!Equal(_saved.Value[i], first._saved.Value[i]))
                {
                    return $"step {i + 1} of {Name} ({_before[i].GetType().Name}) is not that of {first.Name}. Members are given the same "
                        + "features: train them by the same steps on the same cases, each from a seed of its own.";
                }
            }

            return Differences(Views(here), Views(there));

            string? Differences(Dictionary<string, string> ofFirst, Dictionary<string, string> ofThis)
            {
                string differences = string.Join("; ", OptionValues.Differences(ofFirst, ofThis, $"in {first.Name}", $"in {Name}"));
                return differences.Length > 0 ? $"{differences}." : null;
            }
        }

        /// <summary>The settings of network and columns that all members must share. How they were trained does not matter.</summary>
        private static Dictionary<string, string> Drawing(ModelManifest manifest) =>
            OptionValues.Flatten(("", manifest.Description.Comparable()), ("Columns", manifest.Columns));

        /// <summary>The mirror images that a member has learned to know. All members must share them.</summary>
        private static Dictionary<string, string> Views(ModelManifest manifest) =>
            OptionValues.Flatten(("Mirroring", manifest.Training.Mirroring));

        /// <summary>The files that a step is saved as, with their contents. Two steps with the same files do the same.</summary>
        private static Dictionary<string, byte[]> Saved(ITransformer step)
        {
            using var zip = new MemoryStream();
            new MLContext().Model.Save(step, inputSchema: null, zip);
            using var archive = new ZipArchive(zip, ZipArchiveMode.Read);
            return archive.Entries.ToDictionary(entry => entry.FullName, entry =>
            {
                using Stream stream = entry.Open();
                using var contents = new MemoryStream();
                stream.CopyTo(contents);
                return contents.ToArray();
            });
        }

        private static bool Equal(Dictionary<string, byte[]> files, Dictionary<string, byte[]> other) =>
            files.Count == other.Count
            && files.All(file => other.TryGetValue(file.Key, out byte[]? contents) && contents.AsSpan().SequenceEqual(file.Value));
    }
}
