using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Consensus.ML.Gpu;

/// <summary>What a run is asked for.</summary>
public sealed record KitOptions
{
    /// <summary>The file to write.</summary>
    public required string Output { get; init; }

    /// <summary>Time of the whole run.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(560);

    /// <summary>"cpu", "cuda" or "cuda:N".</summary>
    public string Device { get; init; } = "cuda";

    /// <summary>A folder with brain-growth in QUBIQ's layout.</summary>
    public string Data { get; init; } = Path.Combine(AppContext.BaseDirectory, "data");

    /// <summary>A folder with the published code, which contains improved_diffusion; null for none.</summary>
    public string? Reference { get; init; }

    /// <summary>The Python with torch.</summary>
    public string Python { get; init; } = "python3";

    /// <summary>A folder for what the parts write; it is made, and stays.</summary>
    public required string Work { get; init; }

    /// <summary>Whether to take the smallest networks, which a CPU can compute.</summary>
    public bool IsToy { get; init; }

    /// <summary>The options of a run; null where they are wrong.</summary>
    public static KitOptions? Read(IReadOnlyList<string> words)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        string[] known = ["--out", "--seconds", "--device", "--data", "--ref", "--python", "--work"];
        bool isToy = words.Contains("--toy");
        string[] rest = [.. words.Where(word => word != "--toy")];
        for (int i = 0; i < rest.Length; i += 2)
        {
            if (!known.Contains(rest[i]) || i + 1 == rest.Length)
            {
                return null;
            }

            given[rest[i]] = rest[i + 1];
        }

        if (!given.TryGetValue("--out", out string? output))
        {
            return null;
        }

        var defaults = new KitOptions { Output = output, Work = $"{output}.work" };
        return defaults with
        {
            Time = given.TryGetValue("--seconds", out string? seconds) ? Program.Seconds(seconds) : defaults.Time,
            Device = given.GetValueOrDefault("--device", defaults.Device),
            Data = given.GetValueOrDefault("--data", defaults.Data),
            Reference = given.GetValueOrDefault("--ref") is { Length: > 0 } folder ? folder : null,
            Python = given.GetValueOrDefault("--python", defaults.Python),
            Work = given.GetValueOrDefault("--work", defaults.Work),
            IsToy = isToy,
        };
    }
}

/// <summary>Runs every part, each in a process of its own and within its time, and writes the results after each.</summary>
internal sealed class Kit(KitOptions options)
{
    private const string AllowMissing = "CONSENSUS_LIBTORCH_ALLOW_MISSING";

    private readonly ResultFile _results = new(options.Output);

    /// <summary>Runs all parts.</summary>
    /// <returns>Whether no part failed. A part that ran out of its time, or was skipped, has not failed.</returns>
    public bool Run()
    {
        Directory.CreateDirectory(options.Work);
        (string Name, double Weight, Func<string, TimeSpan, JsonObject> Do)[] parts = [.. Parts()];
        var budget = new Budget(options.Time, [.. parts.Select(part => part.Weight)]);
        var watch = Stopwatch.StartNew();
        bool isGood = true;
        for (int i = 0; i < parts.Length; i++)
        {
            TimeSpan limit = budget.For(i, watch.Elapsed);
            TimeSpan before = watch.Elapsed;
            JsonObject outcome = limit < TimeSpan.FromSeconds(1)
                ? Outcome("skipped", "no time was left", null)
                : parts[i].Do(parts[i].Name, limit);
            outcome["limitSeconds"] = Math.Round(limit.TotalSeconds, 1);
            outcome["seconds"] = Math.Round((watch.Elapsed - before).TotalSeconds, 1);
            _results.Add(parts[i].Name, outcome);
            isGood &= outcome["status"]!.GetValue<string>() != "failed";
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{parts[i].Name}: {outcome["status"]} in {outcome["seconds"]} s{Detail(outcome)}"));
        }

        Console.WriteLine($"Wrote {options.Output}.");
        return isGood;
    }

    /// <summary>The parts in order, with the seconds that they need on a fast GPU.</summary>
    private IEnumerable<(string Name, double Weight, Func<string, TimeSpan, JsonObject> Do)> Parts()
    {
        yield return ("info", 60, (name, limit) => Info(limit));
        yield return ("parity", 30, (name, limit) => Part(name, limit, "parity", options.Device));
        if (options.IsToy)
        {
            yield return ("bench-toy", 10, (name, limit) => Bench("toy", limit));
            yield return ("reference-toy", 10, (name, limit) => Reference("toy", limit));
            yield return ("train-toy", 20, (name, limit) => Train("toy", limit));
            yield break;
        }

        // Ours and theirs in turn, so that they run in the same minutes.
        yield return ("bench-s64-l64", 45, (name, limit) => Bench("s64-l64", limit));
        yield return ("reference-s64-l64", 60, (name, limit) => Reference("s64-l64", limit));
        yield return ("bench-paper", 60, (name, limit) => Bench("paper", limit));
        yield return ("reference-paper", 110, (name, limit) => Reference("paper", limit));
        yield return ("bench-paper-kept", 60, (name, limit) => Bench("paper-kept", limit));
        yield return ("bench-compact-256", 45, (name, limit) => Bench("compact-256", limit));
        yield return ("train-compact", 120, (name, limit) => Train("compact", limit));
        yield return ("train-paper", 200, (name, limit) => Train("paper", limit));
    }

    /// <summary><c>consensus info --check</c>. A libtorch that lacks functions is used all the same, and the result says so.</summary>
    private JsonObject Info(TimeSpan limit)
    {
        string output = OutputOf("info");
        Child.End end = Child.Run(Program.Executable, ["info", options.Device, output], limit);
        bool isLacking = end.Output.Contains(AllowMissing, StringComparison.Ordinal);
        if (isLacking)
        {
            Environment.SetEnvironmentVariable(AllowMissing, "1"); // for every child from here on
            JsonObject second = Ended(Child.Run(Program.Executable, ["info", options.Device, output], limit), output);
            second["lacking"] = end.Output;
            return second;
        }

        return Ended(end, output);
    }

    private JsonObject Bench(string network, TimeSpan limit) =>
        Part($"bench-{network}", limit, "bench", network, options.Device, Seconds(limit));

    /// <summary>A part of this program. It gets the file to write as its last argument.</summary>
    private JsonObject Part(string name, TimeSpan limit, params string[] arguments)
    {
        string output = OutputOf(name);
        return Ended(Child.Run(Program.Executable, [.. arguments, output], limit), output);
    }

    private JsonObject Reference(string network, TimeSpan limit)
    {
        if (options.Reference is not { } folder)
        {
            return Outcome("skipped", "no folder with the published code was given (--ref)", null);
        }

        string output = OutputOf($"reference-{network}");
        string script = Path.Combine(AppContext.BaseDirectory, "reference.py");
        return Ended(
            Child.Run(options.Python, [script, folder, network, options.Device, Seconds(limit), output], limit), output);
    }

    /// <summary>A training that is killed after its first checkpoint, past a third of its time, and goes on in another process.</summary>
    private JsonObject Train(string preset, TimeSpan limit)
    {
        string output = OutputOf($"train-{preset}"), work = Path.Combine(options.Work, $"train-{preset}");
        Directory.CreateDirectory(work);

        // Loading, validations and the model's end take time that training does not count.
        TimeSpan training = limit * 0.6;
        string[] arguments = ["train", preset, options.Device, Seconds(training), options.Data, work, output];
        var watch = Stopwatch.StartNew();
        Child.End first = Child.Run(
            Program.Executable, arguments, limit, () => watch.Elapsed > training / 3 && Training.HasCheckpoint(work));
        JsonNode? before = ResultFile.Read(output);
        if (!first.WasKilled || watch.Elapsed > limit)
        {
            JsonObject only = Ended(first, output);
            only["resumed"] = false;
            return only;
        }

        JsonObject outcome = Ended(Child.Run(Program.Executable, arguments, limit - watch.Elapsed), output);
        outcome["stepsBeforeTheKill"] = before?["steps"]?.DeepClone();
        outcome["resumed"] = outcome["result"]?["firstStepOfThisProcess"]?.GetValue<int>() > 1;
        Directory.Delete(work, recursive: true); // checkpoints of paper size are gigabytes
        return outcome;
    }

    private string OutputOf(string name) => Path.Combine(options.Work, $"{name}.json");

    private static JsonObject Ended(Child.End end, string output)
    {
        JsonNode? result = ResultFile.Read(output);
        return end switch
        {
            { WasKilled: true } => Outcome("timed-out", "stopped at its limit; what was measured by then is here", result),
            { ExitCode: 0 } => Outcome("ok", null, result),
            _ => Outcome("failed", end.Output, result),
        };
    }

    private static JsonObject Outcome(string status, string? detail, JsonNode? result) =>
        new() { ["status"] = status, ["detail"] = detail, ["result"] = result };

    private static string Detail(JsonObject outcome) =>
        outcome["detail"]?.GetValue<string>().Split('\n')[^1] is { } last ? $" ({last})" : "";

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
}
