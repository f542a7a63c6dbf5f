// Data in its own layout, with raters who did not draw every case. The sample describes it in a manifest, looks at it, trains on it and
// scores. Nothing is downloaded.
//
//   dotnet run -c Release --project samples/Manifest [-- folder --seconds S]

using Consensus.Imaging.Cases;
using Consensus.Imaging.Labels;
using Consensus.Imaging.Pictures;
using Consensus.ML;
using Consensus.ML.Datasets;
using Consensus.ML.Datasets.Phantom;
using Consensus.ML.Evaluation;
using Consensus.ML.Segmentation;
using Microsoft.Data.Analysis;
using Microsoft.ML;
using Microsoft.ML.Data;

const int Side = 64, TrainCases = 24, ValidationCases = 6;
(string folder, TimeSpan training) = SampleArguments.Read(args, "Manifest", seconds: 110);
string manifestPath = Path.Combine(folder, DatasetManifest.FileName);
string[] raters = ["Ann", "Ben", "Chris"];

// 1. Files as a clinic might have them: scans in one folder, and one folder of masks for each rater. Ben has drawn only two of three cases.
Console.WriteLine($"1. Drawing {TrainCases + ValidationCases} kidneys, outlined by {string.Join(", ", raters)} – but not all by Ben …");
List<DatasetCase> cases = [.. MakeFiles("train", TrainCases), .. MakeFiles("val", ValidationCases)];

// 2. A manifest says which file is what. Paths are relative to it, so that the folder can move.
//    It can also be written by hand: data-schemas/README.md says how.
var manifest = new DatasetManifest
{
    Folder = folder,
    Name = "clinic kidneys",
    Raters = raters,
    MissingRaters = MissingRaters.Fraction, // keep incomplete cases; Drop, the default and the paper's way, leaves them out
    Cases = cases,
};
manifest.Write(manifestPath);
Console.WriteLine($"2. Wrote {manifestPath}");

// 3. From here on, the manifest is the data set. The command takes it as 'consensus raters --data dataset.json'.
foreach (DatasetProblem problem in DatasetCheck.RunManifest(manifestPath).Problems)
{
    Console.WriteLine($"   {problem.Severity}: {problem.Message} {problem.Advice}");
}

var ml = new MLContext(seed: 1);
IDataView train = ml.Data.LoadFromManifest(manifestPath, "train"), validation = ml.Data.LoadFromManifest(manifestPath, "val");

// 4. How does each rater draw?
RaterReport report = ml.Segmentation.DescribeRaters(train);
Console.WriteLine(
    $"3. {report.Cases.Count} training cases with {report.FewestRaters} to {report.MostRaters} raters, "
    + $"mean pairwise Dice {report.MeanPairwiseDice:0.000}");
foreach (RaterSummary rater in report.Raters)
{
    Console.WriteLine(
        $"   {rater.Name,-5} drew {rater.Cases,2} cases: area {100 * rater.Bias:+0.0;-0.0} % beside the mean of all, "
        + $"Dice with the others {rater.MeanDice:0.000}");
}

string sheetPath = Path.Combine(folder, "train.png");
ContactSheet.Draw([.. manifest.AllCases("train")], new() { Title = manifest.Name }).First().SavePng(sheetPath);
Console.WriteLine($"   All of them at a glance: {sheetPath}");

// 5. Train on every case. Level c of 3 holds the pixels that at least the share c/3 of the case's raters have marked.
ConsensusSegmentationEstimator.Options options = ConsensusSegmentationEstimator.Options.Compact();
options.MissingRaters = MissingRaters.Fraction;
options.Training = options.Training with { Steps = null, TimeLimit = training };
options.Sampling = options.Sampling with { Generations = 2 };
Console.WriteLine($"4. Training the Compact preset at {Side}×{Side} pixels for {training.TotalSeconds:0} seconds …");
using TransformerChain<ConsensusSegmentationTransformer> model = ml.Transforms.LoadSlices("Image", "ImagePath")
    .Append(ml.Transforms.NormalizeSlices("Image"))
    .Append(ml.Transforms.ResizeSlices("Features", "Image", height: Side, width: Side))
    .Append(ml.Transforms.AugmentSlices("Features"))
    .Append(ml.Transforms.ConsensusSegment(options))
    .Fit(train);
SegmentationMetrics metrics = ml.Segmentation.Evaluate(model.Transform(validation));
Console.WriteLine($"5. Soft Dice on {metrics.Cases.Count} validation cases: {metrics.SoftDice5:0.000}");

// 6. The same cases from a table such as a spreadsheet: one column for each rater. An empty cell means that the rater did not draw.
string csvPath = Path.Combine(folder, "val.csv");
File.WriteAllLines(csvPath, [$"Case,ImagePath,{string.Join(',', raters)}", .. cases.Where(one => one.Split == "val").Select(Row)]);
IDataView table = ml.Data.LoadFromDataFrame(DataFrame.LoadCsv(csvPath), raters, folder: folder);
Console.WriteLine($"6. The same from {csvPath}: {ml.Segmentation.Evaluate(model.Transform(table)).SoftDice5:0.000}");

string Row(DatasetCase one) =>
    string.Join(',', [one.Name, one.Image[0], .. raters.Select(rater => one.Masks.GetValueOrDefault(rater, ""))]);

// Draws phantom cases and moves their files to the places of the clinic's layout.
IEnumerable<DatasetCase> MakeFiles(string split, int count)
{
    string drawn = Path.Combine(folder, "drawn");
    bool isTrain = split == "train";
    PhantomDataset.Write(drawn, QubiqTask.Kidney, isTrain ? count : 1, isTrain ? 1 : count, seed: split.Length, size: 2 * Side);
    IReadOnlyList<RaterCase> found = QubiqDataset.List(drawn, QubiqTask.Kidney, isTrain ? QubiqSplit.Train : QubiqSplit.Validation).Cases;
    for (int i = 0; i < found.Count; i++)
    {
        string name = $"{split}-{i + 1:00}", image = $"scans/{name}.nii.gz";
        Move(found[i].ImagePaths[0], image);
        var masks = new Dictionary<string, string>();
        for (int rater = 0; rater < raters.Length; rater++)
        {
            if (raters[rater] != "Ben" || i % 3 != 2)
            {
                masks[raters[rater]] = $"masks/{raters[rater]}/{name}.nii.gz";
                Move(found[i].AnnotationPaths[rater], masks[raters[rater]]);
            }
        }

        yield return new DatasetCase(name, [image], masks, split);
    }

    Directory.Delete(drawn, recursive: true);
}

void Move(string from, string to)
{
    string target = Path.Combine(folder, to);
    Directory.CreateDirectory(Path.GetDirectoryName(target)!);
    File.Move(from, target, overwrite: true);
}
