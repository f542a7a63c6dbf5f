using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Labels;
using Consensus.ML.Datasets;
using Consensus.ML.MLNet;
using Consensus.ML.Segmentation;
using Microsoft.Data.Analysis;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Consensus.ML;

// Extends ml.Data with loaders that give cases as rows of paths.
public static partial class ConsensusCatalog
{
    /// <summary>Lists the cases of one task of a QUBIQ folder.</summary>
    /// <remarks>
    /// Columns: Case (Text), Group (Text, here the case's name), ImagePath (Text), AnnotationPaths (vector of Text, one path for each
    /// rater), RaterNames (vector of Text, the numbers of the masks). Cases are in numeric order. Files are not read here. A warning in the
    /// ML.NET log names each case that is left out, and each case that is kept although its number of masks differs from that of the task.
    /// </remarks>
    /// <param name="catalog">The catalog.</param>
    /// <param name="root">The folder that holds the set's folder, or the set's folder itself.</param>
    /// <param name="task">The task.</param>
    /// <param name="split">Training or validation cases.</param>
    /// <param name="missingRaters">
    /// Whether to leave out (as in the paper) or keep a case whose number of masks differs from that of the task.
    /// </param>
    /// <exception cref="IOException">The folder is missing or holds no case of the task; the message names it.</exception>
    /// <example>
    /// <code>
    /// IDataView cases = ml.Data.LoadFromQubiq("QUBIQ", QubiqTask.BrainGrowth, QubiqSplit.Train);
    /// IDataView validation = ml.Data.LoadFromQubiq("QUBIQ", QubiqTask.BrainGrowth, QubiqSplit.Validation);
    /// </code>
    /// </example>
    public static IDataView LoadFromQubiq(
        this DataOperationsCatalog catalog,
        string root,
        QubiqTask task,
        QubiqSplit split,
        MissingRaters missingRaters = MissingRaters.Drop)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(root);
        ArgumentNullException.ThrowIfNull(task);
        return Load(catalog, QubiqDataset.List(root, task, split, missingRaters), nameof(LoadFromQubiq));
    }

    /// <summary>
    /// Lists the cases of several tasks of one QUBIQ set, for a model that learns all of them
    /// (<see cref="ConsensusSegmentationEstimator.Options.Structures"/>, with the names of the tasks).
    /// </summary>
    /// <remarks>
    /// Columns: as <see cref="LoadFromStructures"/>, with a structure for each task. A case that is left out of one task, because its
    /// number of masks differs, stays in the other tasks; a warning in the ML.NET log says so.
    /// </remarks>
    /// <param name="catalog">The catalog.</param>
    /// <param name="root">The folder that holds the set's folder, or the set's folder itself.</param>
    /// <param name="tasks">The tasks, at least one, each once.</param>
    /// <param name="split">Training or validation cases.</param>
    /// <param name="missingRaters">
    /// Whether to leave out (as in the paper) or keep a case of a task whose number of masks differs from that of the task.
    /// </param>
    /// <exception cref="ArgumentException">There is no task, or a task is given twice.</exception>
    /// <exception cref="InvalidDataException">The tasks are of different sets, whose cases have other images.</exception>
    /// <exception cref="IOException">The folder is missing or holds no case of a task; the message names it.</exception>
    /// <example>
    /// <code>
    /// IDataView cases = ml.Data.LoadFromQubiq("QUBIQ", [QubiqTask.Prostate1, QubiqTask.Prostate2], QubiqSplit.Train);
    /// var trainer = ml.Transforms.ConsensusSegment(new() { Structures = ["prostate-1", "prostate-2"] });
    /// </code>
    /// </example>
    public static IDataView LoadFromQubiq(
        this DataOperationsCatalog catalog,
        string root,
        IReadOnlyList<QubiqTask> tasks,
        QubiqSplit split,
        MissingRaters missingRaters = MissingRaters.Drop)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(root);
        ArgumentNullException.ThrowIfNull(tasks);
        return Load(
            catalog, [.. tasks.Select(task => (task.Name, QubiqDataset.List(root, task, split, missingRaters)))], nameof(LoadFromQubiq));
    }

    /// <summary>
    /// Lists the cases of a set that a manifest describes (<see cref="DatasetManifest"/>; data-schemas/dataset.schema.json).
    /// </summary>
    /// <remarks>
    /// Columns: Case (Text), Group (Text, <see cref="RaterCase.Group"/>), ImagePath (Text, or a vector of Text where a case has one file
    /// for each channel), AnnotationPaths (vector of Text, one path for each rater) and RaterNames (vector of Text, the rater of each
    /// mask), in the manifest's order. Only the headers of volumes that are cut into slices are read here. A warning in the ML.NET log
    /// names each case that is left out because of its number of masks (<see cref="DatasetManifest.MissingRaters"/>). A manifest with
    /// structures (<see cref="DatasetManifest.Structures"/>) gives the columns of <see cref="LoadFromStructures"/>.
    /// </remarks>
    /// <param name="catalog">The catalog.</param>
    /// <param name="path">The manifest, usually called <c>dataset.json</c>.</param>
    /// <param name="split">The name of the split in the manifest; null for all cases.</param>
    /// <exception cref="ArgumentException">No split has that name; the message lists the splits.</exception>
    /// <exception cref="FileNotFoundException">The manifest does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// The manifest has a mistake, or none of its cases can be used; the message says where and why.
    /// </exception>
    /// <exception cref="IOException">The manifest or a volume cannot be opened.</exception>
    /// <example>
    /// <code>
    /// IDataView cases = ml.Data.LoadFromManifest("retina/dataset.json", split: "train");
    /// </code>
    /// </example>
    public static IDataView LoadFromManifest(this DataOperationsCatalog catalog, string path, string? split = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(path);
        var manifest = DatasetManifest.Read(path);
        return manifest.Structures.Count == 0
            ? Load(catalog, manifest.List(split), nameof(LoadFromManifest))
            : Load(
                catalog, [.. manifest.Structures.Select(name => (name, manifest.ForStructure(name).List(split)))],
                nameof(LoadFromManifest));
    }

    /// <summary>
    /// Joins the cases of several structures that were drawn on the same images, for a model that learns all of them
    /// (<see cref="ConsensusSegmentationEstimator.Options.Structures"/>).
    /// </summary>
    /// <remarks>
    /// Columns: Case (Text), Group (Text), ImagePath (Text, or a vector of Text where a case has one file for each channel), and for each
    /// structure, here called core, AnnotationPaths.core and RaterNames.core (vectors of Text). They are empty where the structure does
    /// not have the case. A row is a case that at least one structure has. Files are not read here.
    /// </remarks>
    /// <param name="catalog">The catalog.</param>
    /// <param name="structures">The structures, each with a name of its own. Cases of the same name and images are one case.</param>
    /// <exception cref="ArgumentException">There is no structure, or a structure is given twice.</exception>
    /// <exception cref="InvalidDataException">
    /// A case has other images or another group in another structure, a structure has a case twice, or a name cannot be written.
    /// </exception>
    /// <example>
    /// <code>
    /// RaterCase[] whole = [new("case01", "case01.png", ["whole-Ann.png", "whole-Ben.png"])];
    /// RaterCase[] core = [new("case01", "case01.png", ["core-Ann.png", "core-Ben.png"])];
    /// IDataView cases = ml.Data.LoadFromStructures([new("whole", whole), new("core", core)]);
    /// </code>
    /// </example>
    public static IDataView LoadFromStructures(this DataOperationsCatalog catalog, IReadOnlyList<StructureCases> structures)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(structures);
        return StructureRows.Load(structures);
    }

    /// <summary>Cases from a table with one column of mask paths for each rater, as <c>DataFrame.LoadCsv</c> reads it.</summary>
    /// <remarks>
    /// Columns: Case, Group, ImagePath, AnnotationPaths and RaterNames as from <see cref="LoadFromCases"/>; the names of the raters are the
    /// names of their columns. Files are not read here. A data frame that already has these columns needs no loading, because it is a data
    /// view; its vectors must be <c>VBufferDataFrameColumn&lt;ReadOnlyMemory&lt;char&gt;&gt;</c>.
    /// </remarks>
    /// <param name="catalog">The catalog.</param>
    /// <param name="frame">The table, with one row for each case. It is read immediately.</param>
    /// <param name="raterColumns">
    /// The columns with the paths of the masks, in the order of the raters. An empty cell means that the rater did not draw the case.
    /// </param>
    /// <param name="caseColumn">The column with the names of the cases.</param>
    /// <param name="imageColumns">
    /// The columns with the paths of the images, one for each channel; null for the single column ImagePath.
    /// </param>
    /// <param name="folder">The folder that relative paths start from; null for the current folder.</param>
    /// <param name="groupColumn">
    /// The column that says which cases belong together, such as a column of patients (<see cref="RaterCase.Group"/>). A case with an empty
    /// cell is a group by itself. Null for no column.
    /// </param>
    /// <exception cref="ArgumentException">A column does not exist (the message lists the columns), or a rater is given twice.</exception>
    /// <exception cref="InvalidDataException">
    /// A row has no name or no image, or a name that holds a control character; the message names it.
    /// </exception>
    /// <example>
    /// <code>
    /// DataFrame table = DataFrame.LoadCsv("cases.csv");   // Case, ImagePath, Ann, Ben, Cleo
    /// IDataView cases = ml.Data.LoadFromDataFrame(table, raterColumns: ["Ann", "Ben", "Cleo"]);
    /// </code>
    /// </example>
    public static IDataView LoadFromDataFrame(
        this DataOperationsCatalog catalog,
        DataFrame frame,
        IReadOnlyList<string> raterColumns,
        string caseColumn = "Case",
        IReadOnlyList<string>? imageColumns = null,
        string? folder = null,
        string? groupColumn = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentNullException.ThrowIfNull(raterColumns);
        ArgumentException.ThrowIfNullOrEmpty(caseColumn);
        return CaseRows.Load(
            catalog, [.. FrameCases.Read(frame, caseColumn, groupColumn, imageColumns ?? ["ImagePath"], raterColumns, folder ?? "")]);
    }

    /// <summary>
    /// Turns cases that a program lists itself into rows. Each case has an image and its masks, in any folder and any supported format.
    /// </summary>
    /// <remarks>
    /// Columns: Case (Text), Group (Text, <see cref="RaterCase.Group"/>), ImagePath (Text, or a vector of Text where a case has one file
    /// for each channel), AnnotationPaths (vector of Text, one path for each rater) and RaterNames (vector of Text, the rater of each
    /// mask). Files are not read here.
    /// </remarks>
    /// <param name="catalog">The catalog.</param>
    /// <param name="cases">The cases; their order is kept.</param>
    /// <exception cref="InvalidDataException">
    /// The name of a case or of a rater holds a control character or half a character; the message shows it.
    /// </exception>
    /// <example>
    /// <code>
    /// RaterCase one = new("eye01", "eye01.jpg", ["eye01_Ann.png", "eye01_Ben.png"]) { RaterNames = ["Ann", "Ben"] };
    /// IDataView cases = ml.Data.LoadFromCases([one]);
    /// </code>
    /// </example>
    public static IDataView LoadFromCases(this DataOperationsCatalog catalog, IEnumerable<RaterCase> cases)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(cases);
        return CaseRows.Load(catalog, [.. cases]);
    }

    /// <summary>Turns cases in memory into rows, for training, prediction and evaluation without files.</summary>
    /// <remarks>
    /// Columns: Case (Text), Group (Text, <see cref="SliceCase.Group"/>), Image (<see cref="Slice"/>), AnnotationPaths
    /// (<see cref="RaterMasks"/>, where estimators and metrics look for masks of any form) and RaterNames (vector of Text). A pipeline for
    /// files works on these rows as it is: LoadSlices leaves the column Image alone where there is no column of paths.
    /// </remarks>
    /// <param name="catalog">The catalog.</param>
    /// <param name="cases">The cases; their order is kept.</param>
    /// <exception cref="InvalidDataException">
    /// A name holds a control character or half a character, or a case has other numbers of masks and raters; the message shows it.
    /// </exception>
    /// <example>
    /// <code>
    /// var frame = new ushort[480 * 640];   // what a camera or a DICOM reader gives
    /// Slice image = Slice.FromPixels&lt;ushort&gt;(frame, height: 480, width: 640, geometry: SliceGeometry.FromSpacing(0.3, 0.3));
    /// IDataView cases = ml.Data.LoadFromSlices([new SliceCase("frame 1", image)]);
    /// float[] softMap = model.Transform(cases).GetColumn&lt;float[]&gt;("SoftMap").First();
    /// </code>
    /// </example>
    public static IDataView LoadFromSlices(this DataOperationsCatalog catalog, IEnumerable<SliceCase> cases)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(cases);
        return CaseRows.Load(catalog, [.. cases]);
    }

    /// <summary>Turns slices in memory into rows, for a trained model to predict. Slices are taken one by one, as rows are read.</summary>
    /// <remarks>Columns: Case (Text, the number of the slice, from 000) and Image (<see cref="Slice"/>).</remarks>
    /// <param name="catalog">The catalog.</param>
    /// <param name="slices">The slices. They are enumerated anew for each pass over the rows.</param>
    /// <example>
    /// <code>
    /// using Stream request = File.OpenRead("scan.nii.gz");   // or the body of a request
    /// EncodedImage upload = EncodedImage.FromStream(request, "scan.nii.gz");
    /// IDataView maps = model.Transform(ml.Data.LoadFromSlices(upload.ReadSlices()));
    /// float[][] softMaps = [.. maps.GetColumn&lt;float[]&gt;("SoftMap")];
    /// </code>
    /// </example>
    public static IDataView LoadFromSlices(this DataOperationsCatalog catalog, IEnumerable<Slice> slices)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(slices);
        return CaseRows.Load(catalog, slices);
    }

    /// <summary>The slices of a volume as rows, for a trained model to predict.</summary>
    /// <remarks>
    /// Columns: Case (Text, the file's name and the slice's number), Group (Text, the volume's path) and ImagePath (Text, a
    /// <see cref="SliceAddress"/>), in the order of the slices. Only the header is read here. The values are read with the rows. Rows that
    /// are read in order do not unpack the volume each time. <c>NiftiFile.WriteVolume</c> puts predicted slices back into a volume.
    /// </remarks>
    /// <param name="catalog">The catalog.</param>
    /// <param name="path">
    /// A NIfTI volume: X×Y×Z, and optionally a further axis with up to <see cref="ImageLimits.MaximumChannels"/> channels.
    /// </param>
    /// <param name="axis">
    /// The axis of the stored array that is cut: 0, 1 or 2. The other two axes become rows and columns. Null for the axis of length 1, or
    /// for the third axis of a volume. A model that was trained on volumes needs slices along the same axis
    /// (<see cref="SegmentationTransformer.VolumeAxes"/>) and rejects others.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The axis is not 0, 1 or 2.</exception>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// The file is not NIfTI or cannot be cut into slices; the message names it and says why.
    /// </exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <example>
    /// <code>
    /// IDataView slices = ml.Data.LoadFromVolume("scan.nii.gz", axis: 2);
    /// float[][] softMaps = [.. model.Transform(slices).GetColumn&lt;float[]&gt;("SoftMap")];
    /// </code>
    /// </example>
    public static IDataView LoadFromVolume(this DataOperationsCatalog catalog, string path, int? axis = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(path);
        return CaseRows.Load(catalog, NiftiFile.ListSlices(path, axis));
    }

    private static IDataView Load(DataOperationsCatalog catalog, CaseListing listing, string caller)
    {
        Warn(catalog, listing.Warnings, caller);
        return CaseRows.Load(catalog, listing.Cases);
    }

    private static IDataView Load(DataOperationsCatalog catalog, (string Name, CaseListing Listing)[] structures, string caller)
    {
        Warn(catalog, structures.SelectMany(one => one.Listing.Warnings.Select(line => $"{one.Name}: {line}")), caller);
        return StructureRows.Load([.. structures.Select(one => new StructureCases(one.Name, one.Listing.Cases))]);
    }

    private static void Warn(DataOperationsCatalog catalog, IEnumerable<string> warnings, string caller)
    {
        using IChannel channel = catalog.Environment().Register(caller).Start("List");
        foreach (string warning in warnings)
        {
            channel.Warning(MessageSensitivity.UserData, warning);
        }
    }
}
