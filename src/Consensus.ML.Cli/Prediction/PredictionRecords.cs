using Consensus.Imaging.Cases;
using Consensus.ML.Cli.Data;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Records;
using Consensus.ML.Segmentation;

namespace Consensus.ML.Cli.Prediction;

/// <summary>
/// The records of <c>consensus predict --records</c>: a manifest of all inputs, and a record of each input whose result is whole.
/// </summary>
internal sealed class PredictionRecords
{
    private readonly string _path;
    private readonly RecordFolder<PredictionSettings, PredictedCase> _folder;
    private readonly Dictionary<string, int> _places;

    private PredictionRecords(string path, RecordFolder<PredictionSettings, PredictedCase> folder)
    {
        (_path, _folder) = (path, folder);
        _places = folder.Manifest.Cases.Select((input, i) => (input.Name, i)).ToDictionary(StringComparer.Ordinal);
    }

    /// <summary>Where to keep the records.</summary>
    /// <param name="Path">The folder.</param>
    /// <param name="ModelPath">The file of the model.</param>
    /// <param name="Device">What computes: cpu or cuda.</param>
    /// <param name="Axis">The axis along which volumes are cut; null for the model's.</param>
    internal sealed record Place(string Path, string ModelPath, string Device, int? Axis);

    /// <summary>Opens the folder of the records.</summary>
    /// <param name="place">Where to keep the records.</param>
    /// <param name="model">The model, as it samples.</param>
    /// <param name="all">All inputs, those of other shards too.</param>
    /// <param name="shard">The share of this process; null for all inputs.</param>
    /// <param name="stop">Gives up reading.</param>
    /// <exception cref="InvalidDataException">
    /// The folder holds records of another run, or files that are no records; the message says which.
    /// </exception>
    public static PredictionRecords Open(
        Place place,
        SegmentationTransformer model,
        IReadOnlyList<RaterCase> all,
        Shard? shard,
        CancellationToken stop)
    {
        int[] places = [.. Enumerable.Range(0, all.Count)];
        var settings = new PredictionSettings(
            ModelDescription.Of(model), SamplingDescription.Of(model), place.Axis, VersionDescription.OfThisProcess());
        return new(place.Path, RecordFolder<PredictionSettings, PredictedCase>.Open(
            place.Path,
            new(place.ModelPath, place.Device, shard?.Count ?? 1, settings)
            {
                Cases = all,
                Mine = (shard?.Of(places) ?? places).ToHashSet(),
            },
            stop));
    }

    /// <summary>Every reason why the results are not those of all inputs, each in a sentence that names the file and the input.</summary>
    /// <param name="path">The folder of the records.</param>
    /// <param name="report">The report; null where there is a reason.</param>
    /// <exception cref="IOException">There is no manifest, or a file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The manifest is damaged.</exception>
    public static IReadOnlyList<string> Problems(string path, out PredictionReport? report)
    {
        var folder = RecordFolder<PredictionSettings, PredictedCase>.Open(path);
        List<string> problems = [.. folder.Problems(out IReadOnlyList<PredictedCase> records)];
        foreach (PredictedCase record in records)
        {
            problems.AddRange(record.Outputs
                .Select(output => (output, problem: output.Problem(path)))
                .Where(found => found.problem is not null)
                .Select(found => $"'{found.output.In(path)}', a result of {folder.CaseText(record.Index)}, {found.problem}"));
        }

        report = problems.Count > 0 ? null : new(
            PredictionReport.CurrentFormatVersion,
            folder.Manifest.ModelSha256,
            folder.Manifest.Settings,
            [
                .. records.Select(record => new PredictionReport.Result(
                    record.Name, record.Outputs, record.Area, record.PhysicalArea, record.ExpectedDice)),
            ]);
        return problems;
    }

    /// <summary>Looks at the records of inputs, so that one that does not belong here is found before any work is done.</summary>
    /// <exception cref="InvalidDataException">A record is damaged or belongs to another run; the message names it.</exception>
    public void EnsureIntact(IEnumerable<RaterCase> inputs)
    {
        foreach (RaterCase input in inputs)
        {
            _ = _folder.Find(_places[input.Name]);
        }
    }

    /// <summary>Whether an input has a record of the files of its result.</summary>
    /// <param name="input">The input.</param>
    /// <param name="outputs">The files.</param>
    public bool Has(RaterCase input, IReadOnlyList<string> outputs) => _folder.Find(_places[input.Name]) is { } record
        && record.Outputs.Select(output => Path.GetFullPath(output.In(_path))).ToHashSet().SetEquals(outputs.Select(Path.GetFullPath));

    /// <summary>Writes the record of an input whose files are all written.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(RaterCase input, IReadOnlyList<string> outputs, PredictedMaps soft) => _folder.Write(new(
        PredictedCase.CurrentFormatVersion, _folder.Hash, _places[input.Name], input.Name,
        [.. outputs.Select(file => PredictedFile.Of(file, _path))], soft.Area, soft.PhysicalArea,
        soft.ExpectedDice));
}
