using System.Globalization;

/// <summary>The arguments of every sample: <c>[folder] [--seconds S]</c>.</summary>
/// <param name="Folder">Where the sample writes: the folder that was named, or a new folder.</param>
/// <param name="Training">How long it trains.</param>
internal sealed record SampleArguments(string Folder, TimeSpan Training)
{
    /// <summary>Reads the arguments and makes the folder. Wrong arguments end the program.</summary>
    /// <param name="args">The program's arguments.</param>
    /// <param name="sample">The sample's name.</param>
    /// <param name="seconds">How long it trains when the arguments name no time.</param>
    public static SampleArguments Read(string[] args, string sample, double seconds)
    {
        string? named = null;
        for (int i = 0; i < args.Length; i++)
        {
            if (args[i] == "--seconds" && i + 1 < args.Length && TryReadSeconds(args[i + 1], out seconds))
            {
                i++;
            }
            else if (named is null && !args[i].StartsWith('-'))
            {
                named = args[i];
            }
            else
            {
                throw End($"'{args[i]}' is not understood. Usage: {sample} [folder] [--seconds S], with S above 0.");
            }
        }

        // Date, time and process: no two runs have the same name.
        string own = string.Create(CultureInfo.InvariantCulture, $"{sample}-{DateTime.Now:yyyyMMdd-HHmmss}-{Environment.ProcessId}");
        string folder = Path.GetFullPath(named ?? Path.Combine("runs", own));
        if (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
        {
            throw End($"'{folder}' is not an empty folder: name a new or an empty one.");
        }

        Directory.CreateDirectory(folder);
        Console.WriteLine($"Everything is written to {folder}");
        return new(folder, TimeSpan.FromSeconds(seconds));
    }

    private static bool TryReadSeconds(string text, out double seconds) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out seconds) && seconds is > 0 and < 1e6;

    // Exit does not return. The exception is only for the compiler.
    private static InvalidOperationException End(string message)
    {
        Console.Error.WriteLine(message);
        Environment.Exit(2);
        return new(message);
    }
}
