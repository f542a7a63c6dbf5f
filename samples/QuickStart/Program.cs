// The main job, start to end, on made-up data: several raters' masks in, soft consensus maps out. Nothing is downloaded.
//
//   dotnet run -c Release --project samples/QuickStart [-- folder --seconds S]

using Consensus.Imaging;
using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Pictures;
using Consensus.ML;
using Consensus.ML.Datasets;
using Consensus.ML.Datasets.Phantom;
using Consensus.ML.Evaluation;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Microsoft.ML;
using Microsoft.ML.Data;

const int Side = 64;
(string folder, TimeSpan training) = SampleArguments.Read(args, "QuickStart", seconds: 110);
string data = Path.Combine(folder, "data"), modelPath = Path.Combine(folder, "kidney.zip"), maps = Path.Combine(folder, "maps");

// 1. Data: kidneys on CT. Three raters have outlined them, each in a different way.
QubiqTask task = QubiqTask.Kidney;
Console.WriteLine($"1. Drawing kidneys and {task.Raters} raters who disagree …");
PhantomDataset.Write(data, task, trainCases: 30, validationCases: 6, seed: 1, size: 2 * Side);

// 2. A pipeline like any other in ML.NET.
var ml = new MLContext(seed: 1);
IDataView train = ml.Data.LoadFromQubiq(data, task, QubiqSplit.Train);
IDataView validation = ml.Data.LoadFromQubiq(data, task, QubiqSplit.Validation);
ConsensusSegmentationEstimator.Options options = ConsensusSegmentationEstimator.Options.Compact();
options.Training = options.Training with { Steps = null, TimeLimit = training };
options.Progress = new ConsoleProgress();
EstimatorChain<ConsensusSegmentationTransformer> pipeline = ml.Transforms.LoadSlices("Image", "ImagePath")
    .Append(ml.Transforms.NormalizeSlices("Image"))
    .Append(ml.Transforms.ResizeSlices("Features", "Image", height: Side, width: Side))
    .Append(ml.Transforms.AugmentSlices("Features", AugmentationPolicy.Strong with { VerticalFlip = 0 }))
    .Append(ml.Transforms.ConsensusSegment(options));

// 3. Train and save.
Console.WriteLine($"2. Training the Compact preset at {Side}×{Side} pixels for {training.TotalSeconds:0} seconds …");
using (TransformerChain<ConsensusSegmentationTransformer> trained = pipeline.Fit(train))
{
    ml.Model.Save(trained, train.Schema, modelPath);
}

Console.WriteLine($"3. Saved {modelPath} ({new FileInfo(modelPath).Length / 1e6:0.0} MB) and loading it again …");

// 4. Load, as another program would: from here on, only the file is needed. You can change how a model samples without training it again.
// Two maps for each level are enough here.
using var loaded = (IDisposable)new MLContext().Model.Load(modelPath, out _);
ITransformer model = ((ITransformer)loaded).WithSampling(options.Sampling with { Generations = 2 });
using var disposable = (IDisposable)model;
IDataView predicted = model.Transform(validation);

// 5. Score on cases that training has not seen.
Console.WriteLine("4. Scoring the validation cases, which training has not seen …");
SegmentationMetrics metrics = ml.Segmentation.Evaluate(predicted);
foreach (CaseMetrics one in metrics.Cases)
{
    Console.WriteLine($"   {one.Name}: soft Dice {one.SoftDice5:0.000}");
}

Console.WriteLine($"   mean:   soft Dice {metrics.SoftDice5:0.000} (the agreement with all raters at once, 0 to 1)");

// 6. Pictures, at the images' own size.
IDataView restored = ml.Transforms.RestoreSlices("NativeSoftMap", "SoftMap", "Image").Fit(predicted).Transform(predicted);
using (DataViewRowCursor rows = restored.GetRowCursor([restored.Schema["Image"], restored.Schema["NativeSoftMap"]]))
{
    ValueGetter<Slice> image = rows.GetGetter<Slice>(restored.Schema["Image"]);
    ValueGetter<Slice> map = rows.GetGetter<Slice>(restored.Schema["NativeSoftMap"]);
    foreach (CaseMetrics one in metrics.Cases)
    {
        Slice picture = null!, softMap = null!;
        rows.MoveNext();
        image(ref picture);
        map(ref softMap);
        SliceOverlay.Draw(picture, softMap.Pixels).SavePng(Path.Combine(maps, $"{one.Name}.png"));
    }
}

Console.WriteLine($"5. Pictures of the predicted soft maps are in {maps}");
Console.WriteLine("   Left the image; right the share of raters expected to mark each pixel, and in white the majority's outline.");

/// <summary>One line every ten seconds of training.</summary>
internal sealed class ConsoleProgress : IProgress<TrainingProgress>
{
    private TimeSpan _next;

    public void Report(TrainingProgress value)
    {
        if (value.Elapsed >= _next)
        {
            _next = value.Elapsed + TimeSpan.FromSeconds(10);
            string score = value.ValidationScore is double latest ? $", validation soft Dice {latest:0.000}" : "";
            Console.WriteLine($"   {100 * value.Fraction,3:0} %  step {value.Step}, loss {value.Loss:0.000}{score}");
        }
    }
}
