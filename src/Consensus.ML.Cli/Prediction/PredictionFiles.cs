namespace Consensus.ML.Cli.Prediction;

/// <summary>The files of the result of a case.</summary>
internal static class PredictionFiles
{
    /// <summary>The picture of the result. It is written last.</summary>
    public static string Picture(string folder, string name) => Path.Combine(folder, $"{name}.png");

    /// <summary>Every file that the result may have. Which map is written depends on the image.</summary>
    public static string[] Possible(string folder, string name)
    {
        (string nifti, string tiff) = MapFile.PossiblePaths(folder, name);
        return [nifti, tiff, Picture(folder, name)];
    }

    /// <summary>
    /// The files of a finished result; null if one is missing. Files are renamed to their names when they are whole, so a file that is
    /// there is complete. The image is not opened.
    /// </summary>
    public static string[]? Finished(string folder, string name)
    {
        string[] there = [.. Possible(folder, name).Where(File.Exists)];
        return there.Length >= 2 && there[^1] == Picture(folder, name) ? there : null;
    }
}
