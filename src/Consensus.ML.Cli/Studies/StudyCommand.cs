using System.CommandLine;
using System.Globalization;
using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Labels;
using Consensus.ML.Cli.Data;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Prediction;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Cli.Training;
using Consensus.ML.Datasets;
using Consensus.ML.Machine;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Studies;
using Consensus.ML.Studies.Planning;
using Consensus.ML.Studies.Results;
using Consensus.ML.Transforms;
using Microsoft.ML;

namespace Consensus.ML.Cli.Studies;

/// <summary><c>consensus study</c>: trains, scores and compares several methods, and writes a report.</summary>
internal static class StudyCommand
{
    private const string AllMethods = "all";
    private const int FewSteps = 50, PaperSide = 256;
    private static readonly TimeSpan ShortTime = TimeSpan.FromMinutes(2);

    public static Command Create(Terminal terminal)
    {
        var data = new DataOptions(QubiqSplit.Train);
        Option<int?> folds = OptionKinds.Whole(
            "--folds", "K",
            "Cross-validation: divide the cases of --split into K folds, and score each case by models trained on the other folds.", 2,
            1000);
        var trainSplit = new Option<string?>("--train-split")
        {
            Description = "Without --folds: the split to train on. Default train.",
            HelpName = "SPLIT",
        };
        var evalSplit = new Option<string?>("--eval-split")
        {
            Description = "Without --folds: the split to score. Default val.",
            HelpName = "SPLIT",
        };
        Option<MissingRaters?> missing = CaseArguments.MissingRaters("each trained on and scored by the share of its own raters");
        var methods = new Option<string?>("--methods")
        {
            Description = $"What to compare, with commas between: {string.Join(", ", StudyMethods.All)}; or all. Default: "
                + $"the four training targets of the paper's Table 2, {string.Join(",", StudyMethods.TrainingTargets)}.",
            HelpName = "NAMES",
        };
        Option<StudyPreset?> preset = OptionKinds.Choice(
            "--preset",
            "The networks and how they are trained and sampled: compact (for a CPU), or paper (as published, for a GPU: slices of 256 "
            + "pixels, 100 000 steps, 25 generations of 100 steps each). Default compact.",
            Spelling.List<StudyPreset>());
        Option<double?> minutes = RecipeArguments.Minutes(
            "Wall time of each training, validation included. Default: each method's own number of steps.");
        Option<int?> steps = OptionKinds.Whole(
            "--steps", "N", "Training steps of each training, in place of --minutes.", 1, int.MaxValue);
        Option<int?> size = OptionKinds.Whole(
            "--size", "S",
            "Side of the slices in training and scoring, in pixels. Default: 64 if that costs the masks less than half a point of soft "
            + "Dice, else 128; 256 with the paper preset.",
            1, 4096);
        Option<int?> seed = OptionKinds.Seed(
            "Seed of everything random in training and sampling; the division into folds does not depend on it. Default 0.");
        var seeds = new Option<string?>("--seeds")
        {
            Description = "Several seeds with commas between, in place of --seed: each method is trained with each of them.",
            HelpName = "1,2,3",
        };
        Option<int?> generations = OptionKinds.Whole(
            "--generations", "n",
            "Maps that diffusion methods sample for each level, 1 to 1000. Default: each method's own number.", 1, 1000);
        Option<int?> curve = OptionKinds.Whole(
            "--curve", "n",
            "Draw the score against the number of generations, up to n (the paper's Figure 3); "
            + "0 leaves it out, which makes scoring much faster. Default 25.",
            0, 1000);
        Option<string?> device = DeviceOption.Create();
        Option<int?> threads = RecipeArguments.Threads();
        Option<AugmentationStrength?> strength = RecipeArguments.Augmentation("strong, or published for the paper preset");
        Option<float?> noData = CaseArguments.NoData();
        Option<NormalizationScale?> normalization = RecipeArguments.Normalization("automatic, or training-set for the paper preset");
        Option<Switch?> antialias = RecipeArguments.Antialias("on, or off for the paper preset");
        Option<MirrorAxes?> mirror = RecipeArguments.Mirror();
        Option<double?> validation = RecipeArguments.ValidationFraction();
        Option<Precision?> precision = ModelArguments.Precision(
            "Number format of the heavy arithmetic while training. Default: each method's own.");
        var resume = new Option<bool>("--resume")
        {
            Description = "Go on with the study in the folder; finished work stays. Methods and seeds may be added; other data or "
                + "settings are refused. An empty folder starts a new study. Several processes may work on a study: each takes runs that "
                + "no other has. Start one for each GPU, or with --threads for a share of the cores.",
        };
        var shards = new ShardArguments("tasks");
        var list = new Option<bool>("--list")
        {
            Description = "List the tasks with their numbers, and which are done, and do nothing. A task is a method in a fold with a "
                + "seed.",
        };
        var json = new Option<bool>("--json") { Description = "With --list: print the tasks as JSON." };
        var output = new Option<string>("--out")
        {
            Description = "Folder of the study: report.html, results.csv, results.json, and the models and scores they are made of.",
            HelpName = "DIR",
            Required = true,
        };
        var command = new CommandWithExamples(
            "study",
            "Train, score and compare several methods on held-out cases, and write a report.",
            "consensus study --data QUBIQ --task brain-growth --minutes 15 --seeds 1,2,3 --out study",
            "consensus study --data QUBIQ --task brain-growth --minutes 15 --seeds 1,2,3 --methods "
            + "consensus,level-unet,mcd --resume --out study",
            "consensus study --data QUBIQ --task brain-growth --minutes 15 --seeds 1,2,3 --resume --device cuda:1 --out study",
            "consensus study --data retina/dataset.json --folds 5 --steps 2000 --methods all --out retina-study",
            "consensus study --data retina/dataset.json --folds 5 --steps 2000 --methods all --out retina-study --list",
            "consensus study --data retina/dataset.json --folds 5 --steps 2000 --methods all --out retina-study --shard 0/20")
        {
            data.Data, data.Task, folds, data.Split, trainSplit, evalSplit, missing, methods, preset, minutes, steps, size, seed, seeds,
            generations, curve, device, precision, threads, strength, noData, normalization, antialias, mirror, validation, resume,
            shards.Shard, shards.Shards, list, json, output,
        };
        command.SetAction(parsed =>
        {
            string folder = parsed.Require(output!);
            bool lists = parsed.GetValue(list);
            Shard? shard = lists ? null : shards.Read(terminal, parsed);
            if (parsed.GetValue(json) && !lists)
            {
                throw new UsageException("--json goes with --list; a study writes results.json into its folder.");
            }

            if (parsed.GetValue(steps) is not null && parsed.GetValue(minutes) is not null)
            {
                throw new UsageException(
                    "--minutes and --steps are two ways to end a training; give one of them, so that all methods have the same budget.");
            }

            StudyMethod[] chosen = ParseMethods(parsed.GetValue(methods));
            int[] all = ParseSeeds(parsed.GetValue(seed), parsed.GetValue(seeds));
            bool isPaper = parsed.GetValue(preset) == StudyPreset.Paper;
            int? asked = parsed.GetValue(size) ?? (isPaper ? PaperSide : null);
            if (asked is int given)
            {
                ConsensusSegmentationEstimator.Options recipe = isPaper
                    ? ConsensusSegmentationEstimator.Options.Paper()
                    : ConsensusSegmentationEstimator.Options.Compact();
                NetworkArguments.EnsureSideFits(given, recipe.Network);
            }

            if (!lists)
            {
                OutputPath.EnsureFolder(folder);
            }

            using var interruption = new Interruption(
                _ => terminal.Complain("stopping; finished work stays, and --resume goes on from here (Ctrl-C again aborts at once)"));
            MLContext ml = lists
                ? Session.CreateWithoutDevice(terminal, all[0], parsed.IsVerbose())
                : Session.Create(terminal, parsed.GetValue(device), all[0], parsed.IsVerbose());
            StudyData found = interruption.Run(() => StudyData.FromOptions(
                terminal, parsed, data, parsed.GetValue(folds), parsed.GetValue(trainSplit), parsed.GetValue(evalSplit),
                parsed.GetValue(missing), parsed.GetValue(noData), lists, interruption.Token));

            // A study is one, on whatever devices its processes compute: so the device has no say in its size.
            int side = asked ?? SizeChoice.FromCeilings(found.Ceilings, onGpu: false).Side;
            var display = new StudyDisplay(terminal);
            var options = new StudyOptions
            {
                Folder = folder,
                DataName = found.Source.Name,
                Folds = found.Folds,
                Levels = found.Source.Raters,
                MissingRaters = found.Source.MissingRaters,
                Augmentation = found.Source.AugmentationAt(
                    parsed.GetValue(strength) ?? (isPaper ? AugmentationStrength.Published : AugmentationStrength.Strong),
                    parsed.GetValue(mirror)),
                NoData = parsed.GetValue(noData),
                Normalization = parsed.GetValue(normalization)
                    ?? (isPaper ? NormalizationScale.TrainingSet : NormalizationScale.Automatic),
                Antialias = parsed.GetValue(antialias) is { } smooth ? smooth == Switch.On : !isPaper,
                ValidationFraction = parsed.GetValue(validation),
                Methods = chosen,
                Preset = parsed.GetValue(preset) ?? StudyPreset.Compact,
                Seeds = all,
                Steps = parsed.GetValue(steps),
                TimeLimit = parsed.GetValue(minutes) is double limit ? TimeSpan.FromMinutes(limit) : null,
                Size = side,
                Generations = parsed.GetValue(generations),
                CurveGenerations = parsed.GetValue(curve) ?? 25,
                Precision = parsed.GetValue(precision),
                Threads = parsed.GetValue(threads),
                Device = lists ? null : RuntimeInfo.Collect(parsed.GetValue(device)).Device,

                // The task of a batch system starts again with the same line, also where its array has one task.
                Resume = parsed.GetValue(resume) || shard is not null,
                Command = Typed(parsed, resume, shards),
                Progress = display,
                Cancellation = interruption.Token,
            };
            if (lists)
            {
                StudyTasks.Print(terminal, Study.List(options), parsed.GetValue(json));
                return ExitCode.Success;
            }

            if (IsLong(options))
            {
                terminal.Out.WriteLine("Measuring a step of each method, to say how long this takes.");
                terminal.Out.Flush();
                terminal.Out.WriteLine(interruption.Run(() => Describe(Study.Estimate(ml, options))));
                terminal.Out.Flush();
            }

            if (shard is { Count: > 1 })
            {
                return StudyTasks.Run(
                    terminal, shard, options,
                    () => interruption.Run(() => display.Show(() => Study.RunShard(ml, options, shard.Index, shard.Count))));
            }

            StudyResults results = interruption.Run(() => display.Show(() => Study.Run(ml, options)));
            terminal.Console.Write(StudyTable.Create(results));
            terminal.Out.WriteLine(
                $"{StudyTable.Headline(results, side)} Wrote {Path.Combine(folder, "report.html")}, results.csv and results.json.");
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>Whether measuring first takes little of the whole time.</summary>
    private static bool IsLong(StudyOptions options) =>
        options is { Steps: null, TimeLimit: null } or { Steps: > FewSteps } || options.TimeLimit > ShortTime;

    /// <summary>The time of a study, and where it goes.</summary>
    private static string Describe(StudyEstimate estimate)
    {
        IEnumerable<string> methods = estimate.Methods.Select(method => string.Create(
            CultureInfo.InvariantCulture,
            $"{method.Method}: {Count(method.Trainings, "training")} of {Time(method.TrainingSeconds)} "
            + $"({method.StepSeconds:0.###} s a step), {Count(method.Cases, "case")} of {Time(method.CaseSeconds)}"));
        return $"All that is left takes about {Time(estimate.Total.TotalSeconds)} by this machine as it is now; more processes and GPUs "
            + $"share it. {string.Join("; ", methods)}.";

        static string Count(int count, string noun) => string.Create(
            CultureInfo.InvariantCulture, $"{count:#,0} {noun}{(count == 1 ? "" : "s")}");

        static string Time(double seconds) => seconds switch
        {
            < 60 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.##} s"),
            < 3600 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:0} min"),
            < 48 * 3600 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:0.0} h"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 86_400:0.0} days"),
        };
    }

    private static StudyMethod[] ParseMethods(string? given)
    {
        if (given is null)
        {
            return [.. StudyMethods.TrainingTargets];
        }

        if (given == AllMethods)
        {
            return [.. StudyMethods.All];
        }

        string[] names = given.Split(',', StringSplitOptions.TrimEntries);
        if (names.FirstOrDefault(name => StudyMethods.All.All(method => method.Name != name)) is { } unknown)
        {
            StudyMethod nearest = StudyMethods.All.MinBy(method => NameDistance.Between(unknown, method.Name))!;
            throw new UsageException(
                $"There is no method '{unknown}'{(unknown.Length > 0 ? $"; did you mean {nearest}?" : "")} The methods are "
                + $"{string.Join(", ", StudyMethods.All)}; or all.");
        }

        return names.Distinct(StringComparer.Ordinal).Count() == names.Length
            ? [.. names.Select(StudyMethods.ByName)]
            : throw new UsageException($"'{given}' is not a value of --methods: it names a method twice.");
    }

    private static int[] ParseSeeds(int? single, string? several)
    {
        if (several is null)
        {
            return [single ?? 0];
        }

        if (single is not null)
        {
            throw new UsageException("--seed and --seeds cannot be used together; give one of them.");
        }

        var seeds = new List<int>();
        foreach (string part in several.Split(','))
        {
            seeds.Add(int.TryParse(
                part, NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
                CultureInfo.InvariantCulture, out int seed)
                ? seed
                : throw new UsageException(
                    $"'{several}' is not a value of --seeds; it must be whole numbers with commas between them, such as 1,2,3."));
        }

        return seeds.Distinct().Count() == seeds.Count
            ? [.. seeds]
            : throw new UsageException($"'{several}' is not a value of --seeds: it has a seed twice.");
    }

    /// <summary>The command as it was typed, without --resume and the shard: it stands for the whole study.</summary>
    private static string Typed(ParseResult parsed, Option resume, ShardArguments shards)
    {
        string[] tokens = [.. parsed.Tokens.Select(token => token.Value)];
        string[] withValue = [shards.Shard.Name, shards.Shards.Name];
        return string.Join(' ', tokens
            .Where((token, i) => token != resume.Name && !withValue.Contains(token) && (i == 0 || !withValue.Contains(tokens[i - 1])))
            .Select(token =>
                token.Any(letter => char.IsWhiteSpace(letter) || "'\"$&|;<>()*?#~`".Contains(letter, StringComparison.Ordinal))
                    ? $"'{token}'"
                    : token)
            .Prepend("consensus"));
    }
}
