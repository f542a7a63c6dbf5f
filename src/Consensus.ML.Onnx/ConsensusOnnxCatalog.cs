using Consensus.Imaging.Storage;
using Consensus.ML.MLNet;
using Consensus.ML.Segmentation.Exporting;
using Consensus.ML.Transforms;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Consensus.ML.Onnx;

/// <summary>Loads models that <c>SaveOnnx</c> or <c>consensus export</c> wrote.</summary>
public static class ConsensusOnnxCatalog
{
    /// <summary>
    /// Loads a whole model from an ONNX file: from the path of an image, or a slice, to its maps, as a model zip does. No libtorch is
    /// loaded.
    /// </summary>
    /// <remarks>
    /// The chain has the steps LoadSlices, NormalizeSlices and ResizeSlices as the exported chain had them, and
    /// <see cref="OnnxSegmentationTransformer"/>. A file that was exported without these steps gives the last alone. Dispose it.
    /// </remarks>
    /// <param name="catalog">The model catalog.</param>
    /// <param name="path">The ONNX file.</param>
    /// <param name="options">How to run it; null for the processor.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is none that this library wrote, or is damaged; the message says how.</exception>
    /// <exception cref="NotSupportedException">What is to compute is not there; the message says what to reference.</exception>
    /// <example>
    /// <code>
    /// ITransformer model = ml.Model.LoadOnnx("brain-growth.onnx");
    /// IDataView slices = ml.Data.LoadFromEnumerable([new { ImagePath = "scan.nii.gz" }]);
    /// float[] softMap = model.Transform(slices).GetColumn&lt;float[]&gt;("SoftMap").Single();
    /// </code>
    /// </example>
    public static TransformerChain<ITransformer> LoadOnnx(
        this ModelOperationsCatalog catalog,
        string path,
        OnnxRuntimeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        IHostEnvironment environment = catalog.Environment();
        byte[] bytes = Bytes(path);
        ReadOnnxFile file = Read(path, bytes);
        var segmentation = OnnxSegmentationTransformer.Open(environment, bytes, file, options ?? new());
        var steps = new List<ITransformer>();
        if (file.Preparation.ImagePath is { } imagePath)
        {
            steps.Add(new SliceLoadingTransformer(environment, file.Preparation.Image!, imagePath));
        }

        if (file.Preparation.Image is { } image)
        {
            steps.AddRange(file.Preparation.Normalizations.Select(step => step.ToStep(environment, image)));
            steps.Add(new SliceResizingTransformer(
                environment, file.Manifest.Columns.Features, image, file.Manifest.ImageChannels, file.Manifest.Height,
                file.Manifest.Width, file.Preparation.Antialias));
        }

        return new([.. steps, segmentation]);
    }

    /// <summary>
    /// Loads the segmentation alone from an ONNX file, for a chain that normalises and resizes by itself: it reads the column Features.
    /// </summary>
    /// <param name="catalog">The transforms catalog.</param>
    /// <param name="path">The ONNX file.</param>
    /// <param name="options">How to run it; null for the processor.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is none that this library wrote, or is damaged; the message says how.</exception>
    /// <exception cref="NotSupportedException">What is to compute is not there; the message says what to reference.</exception>
    public static OnnxSegmentationTransformer ConsensusSegmentFromOnnx(
        this TransformsCatalog catalog,
        string path,
        OnnxRuntimeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        byte[] bytes = Bytes(path);
        return OnnxSegmentationTransformer.Open(catalog.Environment(), bytes, Read(path, bytes), options ?? new());
    }

    private static byte[] Bytes(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return File.Exists(path)
            ? File.ReadAllBytes(path)
            : throw new FileNotFoundException($"There is no ONNX file '{NameText.Printable(path)}'.", path);
    }

    private static ReadOnnxFile Read(string path, byte[] bytes)
    {
        try
        {
            return ReadOnnxFile.Read(bytes);
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException($"'{NameText.Printable(path)}' cannot be used. {exception.Message}", exception);
        }
    }
}
