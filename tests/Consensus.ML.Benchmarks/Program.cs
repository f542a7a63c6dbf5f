using System.Globalization;
using Consensus.ML.Benchmarks;
using Consensus.ML.Datasets;
using Consensus.ML.Machine;
using Consensus.ML.Options;

// Prints the tables of RESULTS.md. Put the words below after: dotnet run -c Release --project tests/Consensus.ML.Benchmarks --
//
//   [S64-L32-7 compact-64 data …]
//     Times of every configuration, or of those named. 'data' is the loading of data.
//   recipes ROOT TASK STEPS [NAME …]
//     What training settings gain. ROOT is a set in QUBIQ's layout. A third of its training cases is held out at a time.
//   sampling ROOT TASK MODELS [NAME …]
//     The time and the score of ways to sample, on the same held-out cases.
//   draws FOLDER PIXELS
//     How near masks that are drawn from the raters' own soft map are to the raters, beside its levels. FOLDER has a folder a case.
//   serving MODEL MINUTES IMAGE …
//     Eight threads ask a saved model for some minutes.
//   onnx ZIP ONNX IMAGE
//     One model by torch and by ONNX Runtime, with one thread: time, first map, memory, disk.
//   load URL CLIENTS MINUTES IMAGE …
//     That many clients ask a running server ('consensus serve') for maps, and compare its answers.
//   capacity
//     What predict spends on a slice, part by part: reading, predicting, writing.
//   waiting ROUNDS THREADS[:VARIABLE=VALUE]|free …
//     A training step and a prediction, alone and beside busy processes, with that many threads and an environment variable.
//   members ROUNDS K SECONDS
//     K networks as members of one run and as processes, beside one network, with and without validations; SECONDS for each of both.
//   members-simulated SECONDS
//     Members on 16 and 64 cores, from the times of steps that are measured here for SECONDS on one thread and on two.
//   slices ROUNDS SLICES PIXELS …
//     The time of a slice of that many pixels a side, one after another with all threads and several at a time with one thread each.
//   layouts ROUNDS
//     Convolutions and normalisation, plane by plane and with the channels last.
//   optimizer ROUNDS
//     A step of the optimizer, without the forward and the backward pass.
//   pooled STUDY …
//     Methods over the cases of several studies together. Each is a folder with results.csv.
//   checkpoints ROUNDS EVERY STEPS THREADS FOLDER
//     What checkpoints every EVERY steps cost a training of STEPS steps: none, between two steps, in the background. FOLDER is on the disk
//     to measure.
switch (args)
{
    case ["recipes", string root, string task, string steps, .. string[] names]:
        Recipes.Measure(new(root, QubiqDataset.FindTask(root, task)), int.Parse(steps, CultureInfo.InvariantCulture), folds: 2, names);
        return 0;
    case ["sampling", string root, string task, string models, .. string[] names]:
        FewerSteps.Measure(new(root, QubiqDataset.FindTask(root, task)), models, names);
        return 0;
    case ["draws", string folder, string side]:
        DrawnMasks.Measure(folder, int.Parse(side, CultureInfo.InvariantCulture));
        return 0;
    case ["serving", string model, string minutes, .. string[] images] when images.Length > 0:
        RuntimeInfo.Collect("cpu");
        Serving.Measure(model, images, TimeSpan.FromMinutes(double.Parse(minutes, CultureInfo.InvariantCulture)), TimeSpan.FromMinutes(
            double.Parse(minutes, CultureInfo.InvariantCulture) / 12));
        return 0;
    case ["onnx", string zip, string onnx, string image]:
        OnnxComparison.Measure(zip, onnx, image);
        return 0;
    case [OnnxComparison.Once, string file, string precision, string image]:
        OnnxComparison.MeasureHere(file, precision, image);
        return 0;
    case ["load", string address, string clients, string minutes, .. string[] images] when images.Length > 0:
        return await ServerLoad.MeasureAsync(
            new Uri(address),
            int.Parse(clients, CultureInfo.InvariantCulture),
            TimeSpan.FromMinutes(double.Parse(minutes, CultureInfo.InvariantCulture)),
            images) ? 0 : 1;
    case ["capacity"]:
        RuntimeInfo.Collect("cpu");
        Capacity.Measure();
        return 0;
    case ["waiting", string rounds, .. string[] settings] when settings.Length > 0:
        Waiting.Measure(int.Parse(rounds, CultureInfo.InvariantCulture), settings);
        return 0;
    case [Waiting.Once, string threads]:
        Waiting.MeasureHere(threads);
        return 0;
    case [Waiting.Busy]:
        Waiting.KeepBusy();
        return 0;
    case ["slices", string rounds, string count, .. string[] sizes] when sizes.Length > 0:
        SliceThroughput.Measure(
            int.Parse(rounds, CultureInfo.InvariantCulture), int.Parse(count, CultureInfo.InvariantCulture),
            [.. sizes.Select(size => int.Parse(size, CultureInfo.InvariantCulture))]);
        return 0;
    case ["members", string rounds, string members, string seconds]:
        SideBySide.Measure(
            int.Parse(rounds, CultureInfo.InvariantCulture), int.Parse(members, CultureInfo.InvariantCulture),
            double.Parse(seconds, CultureInfo.InvariantCulture));
        return 0;
    case ["members-simulated", string seconds]:
        MemberSimulation.Measure(double.Parse(seconds, CultureInfo.InvariantCulture));
        return 0;
    case [SideBySide.Once, string members, string threads, string seconds]:
        SideBySide.MeasureHere(
            int.Parse(members, CultureInfo.InvariantCulture), int.Parse(threads, CultureInfo.InvariantCulture),
            double.Parse(seconds, CultureInfo.InvariantCulture));
        return 0;
    case ["layouts", string rounds]:
        Layouts.Measure(int.Parse(rounds, CultureInfo.InvariantCulture));
        return 0;
    case ["optimizer", string rounds]:
        OptimizerTime.Measure(int.Parse(rounds, CultureInfo.InvariantCulture));
        return 0;
    case ["pooled", .. string[] studies] when studies.Length > 0:
        PooledStudies.Measure(studies);
        return 0;
    case ["checkpoints", string rounds, string every, string steps, string threads, string folder]:
        CheckpointCost.Measure(
            int.Parse(rounds, CultureInfo.InvariantCulture), int.Parse(every, CultureInfo.InvariantCulture),
            int.Parse(steps, CultureInfo.InvariantCulture), int.Parse(threads, CultureInfo.InvariantCulture), folder);
        return 0;
    case ["recipes" or "sampling" or "serving" or "load" or "onnx" or "waiting" or "members" or "members-simulated" or "slices"
        or "layouts" or "optimizer" or "pooled" or "checkpoints", ..]:
        string needs = args[0] switch
        {
            "recipes" => "ROOT, TASK and STEPS",
            "sampling" => "ROOT, TASK and MODELS",
            "serving" => "MODEL, MINUTES and IMAGE …",
            "onnx" => "ZIP, ONNX and IMAGE",
            "members" => "ROUNDS, K and SECONDS",
            "members-simulated" => "SECONDS",
            "slices" => "ROUNDS, SLICES and PIXELS …",
            "layouts" or "optimizer" => "ROUNDS",
            "pooled" => "STUDY …",
            "checkpoints" => "ROUNDS, EVERY, STEPS, THREADS and FOLDER",
            "load" => "URL, CLIENTS, MINUTES and IMAGE …",
            _ => "ROUNDS and SETTING …",
        };
        Console.Error.WriteLine($"'{args[0]}' needs {needs}.");
        return 2;
}

const string data = "data";
string[] known = [.. Configuration.All.Select(one => one.Name), data];
if (args.Except(known).FirstOrDefault() is { } unknown)
{
    Console.Error.WriteLine($"There is no configuration '{unknown}'; there are {string.Join(", ", known)}.");
    return 2;
}

string[] chosen = args.Length == 0 ? known : args;

RuntimeInfo facts = RuntimeInfo.Collect("cpu");
Console.WriteLine($"{facts.OperatingSystem}, {facts.Threads} threads, TorchSharp {facts.TorchSharp}, {facts.DotNet}; {ProcessorName()}.");
Console.WriteLine();
if (chosen.Except([data]).Any())
{
    PrintConfigurations();
}

if (chosen.Contains(data))
{
    PrintDataLoading();
}

return 0;

void PrintConfigurations()
{
    Console.WriteLine(
        "| configuration | format | encoder, ms | U-Net pass, ms | sampling step, ms | training step, ms | U-Net, GFLOP/s | convolutions "
        + "alone, GFLOP/s | share | peak memory, MB |");
    Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    foreach (Configuration configuration in Configuration.All.Where(one => chosen.Contains(one.Name)))
    {
        // The formats take turns, so that a slow minute of the machine affects both.
        var rounds = Enumerable.Range(0, configuration.Rounds)
            .Select(_ =>
                (Float32: configuration.Machine.Measure(Precision.Float32), BFloat16: configuration.Machine.Measure(Precision.BFloat16)))
            .ToArray();
        PrintRow(configuration.Name, "float32", [.. rounds.Select(round => round.Float32)]);
        PrintRow(configuration.Name, "bfloat16", [.. rounds.Select(round => round.BFloat16)]);
    }

    Console.WriteLine();
}

static void PrintDataLoading()
{
    Console.WriteLine("| data | median |");
    Console.WriteLine("| --- | --- |");
    foreach ((string name, double median, string unit) in DataLoading.Measure(rounds: 5))
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {median:0.00} {unit} |"));
    }
}

static void PrintRow(string name, string format, MachineMeasurement[] rounds)
{
    string share = (Middle(one => one.UnetGflops / one.ConvolutionGflops) * 100).ToString("0", CultureInfo.InvariantCulture);
    Console.WriteLine(
        $"| {name} | {format} | {Number(one => one.EncoderMs)} | {Number(one => one.UnetMs)} | {Number(one => one.SamplingStepMs)} | "
        + $"{Number(one => one.TrainingStepMs)} | {Number(one => one.UnetGflops)} | {Number(one => one.ConvolutionGflops)} | {share} % | "
        + $"{Number(one => one.PeakMemoryMb)} |");

    // The median over the rounds, and the range of the rounds.
    string Number(Func<MachineMeasurement, double> value)
    {
        double low = rounds.Min(value), high = rounds.Max(value);
        string middle = Text(Middle(value));
        return rounds.Length == 1 ? middle : $"{middle} ({Text(low)}–{Text(high)})";
    }

    double Middle(Func<MachineMeasurement, double> value) => rounds.Select(value).Order().ElementAt(rounds.Length / 2);

    static string Text(double value) => value.ToString(value < 100 ? "0.0" : "0", CultureInfo.InvariantCulture);
}

static string ProcessorName()
{
    const string cpuInfo = "/proc/cpuinfo";
    string? line = File.Exists(cpuInfo)
        ? File.ReadLines(cpuInfo).FirstOrDefault(text => text.StartsWith("model name", StringComparison.Ordinal))
        : null;
    return line?.Split(':', 2)[1].Trim() ?? "processor unknown";
}
