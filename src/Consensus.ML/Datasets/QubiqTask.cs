using Consensus.Imaging.Augmentation;

namespace Consensus.ML.Datasets;

/// <summary>
/// A segmentation task of the QUBIQ challenge (Quantification of Uncertainties in Biomedical Image Quantification), or of another data set
/// in the same layout: a set's folder, the number of the task in it, and the number of raters.
/// </summary>
/// <param name="Name">The task's name on the command line and in reports, for example <c>prostate-1</c>.</param>
/// <param name="Folders">Accepted spellings of the set's folder; the first spelling is written.</param>
/// <param name="Number">Number of the task, from 1: the T of <c>task0T_seg0R</c>.</param>
/// <param name="Raters">Number of raters, at least 1.</param>
/// <param name="Channels">Number of image channels (modalities), at least 1.</param>
/// <param name="Height">Typical number of rows; cases may differ.</param>
/// <param name="Width">Typical number of columns; cases may differ.</param>
/// <exception cref="ArgumentException">The name or the list of folders is empty.</exception>
/// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
public sealed record QubiqTask(string Name, IReadOnlyList<string> Folders, int Number, int Raters, int Channels, int Height, int Width)
{
    /// <summary>Unmyelinated cortex of newborns: MRI, 7 raters.</summary>
    public static QubiqTask BrainGrowth { get; } = new("brain-growth", ["brain-growth", "brain_growth"], 1, 7, 1, 256, 256);

    /// <summary>Kidney: CT in Hounsfield units, 3 raters.</summary>
    public static QubiqTask Kidney { get; } = new("kidney", ["kidney"], 1, 3, 1, 497, 497);

    /// <summary>Prostate, the whole gland: MRI, 6 raters.</summary>
    public static QubiqTask Prostate1 { get; } = new("prostate-1", ["prostate"], 1, 6, 1, 640, 640);

    /// <summary>Prostate, the central gland: MRI, 6 raters.</summary>
    public static QubiqTask Prostate2 { get; } = new("prostate-2", ["prostate"], 2, 6, 1, 640, 640);

    /// <summary>Brain tumor, first task: MRI of four modalities, 3 raters.</summary>
    public static QubiqTask BrainTumor1 { get; } = new("brain-tumor-1", ["brain-tumor", "brain_tumor"], 1, 3, 4, 240, 240);

    /// <summary>Brain tumor, second task: MRI of four modalities, 3 raters.</summary>
    public static QubiqTask BrainTumor2 { get; } = new("brain-tumor-2", ["brain-tumor", "brain_tumor"], 2, 3, 4, 240, 240);

    /// <summary>Brain tumor, third task: MRI of four modalities, 3 raters.</summary>
    public static QubiqTask BrainTumor3 { get; } = new("brain-tumor-3", ["brain-tumor", "brain_tumor"], 3, 3, 4, 240, 240);

    /// <summary>The seven tasks of the paper.</summary>
    public static IReadOnlyList<QubiqTask> All { get; } =
    [
        BrainGrowth, Kidney, Prostate1, Prostate2, BrainTumor1, BrainTumor2, BrainTumor3,
    ];

    /// <summary>The task's name on the command line and in reports.</summary>
    public string Name { get; init; } = NotEmpty(Name);

    /// <summary>Accepted spellings of the set's folder; the first spelling is written.</summary>
    public IReadOnlyList<string> Folders { get; init; } = NotEmpty(Folders);

    /// <summary>Number of the task, from 1.</summary>
    public int Number { get; init; } = AtLeastOne(Number, nameof(Number));

    /// <summary>Number of raters, at least 1.</summary>
    public int Raters { get; init; } = AtLeastOne(Raters, nameof(Raters));

    /// <summary>Number of image channels (modalities), at least 1.</summary>
    public int Channels { get; init; } = AtLeastOne(Channels, nameof(Channels));

    /// <summary>Typical number of rows; cases may differ.</summary>
    public int Height { get; init; } = AtLeastOne(Height, nameof(Height));

    /// <summary>Typical number of columns; cases may differ.</summary>
    public int Width { get; init; } = AtLeastOne(Width, nameof(Width));

    /// <summary>
    /// The default axes for mirroring the task's slices in training. Mirrored slices must look like slices that the task could have.
    /// QUBIQ's arrays stand upright when they are shown row by row. For files that lie on their side, exchange rows and columns.
    /// </summary>
    /// <remarks>
    /// <list type="table">
    /// <listheader><term>task</term><description>axes, and why</description></listheader>
    /// <item><term>brain-growth, brain-tumor</term><description>both, as published: left and right look alike, and the published scores
    /// were measured with both</description></item>
    /// <item><term>kidney, prostate</term><description>columns: the mirror image is the other kidney, and the two sides of a prostate look
    /// alike; neither organ is ever upside down</description></item>
    /// <item><term>pancreas, pancreatic-lesion</term><description>none: the organ runs from right to left, and its neighbours have fixed
    /// sides</description></item>
    /// <item><term>others</term><description>both: nothing is known about them; set the plausible axes
    /// (<see cref="AugmentationPolicy.Mirror"/>, <c>--augment-mirror</c>)</description></item>
    /// </list>
    /// </remarks>
    public MirrorAxes Mirror => MirrorOf(Name);

    /// <summary>The axes of <see cref="Mirror"/> for the name of a task or a set.</summary>
    /// <param name="name">The name, in any case of letters, with hyphens or underscores; a number may follow.</param>
    public static MirrorAxes MirrorOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string wanted = Spelling(name).ToLowerInvariant();
        (string Name, MirrorAxes Axes)[] table =
        [
            ("brain-growth", MirrorAxes.Both), ("brain-tumor", MirrorAxes.Both), ("kidney", MirrorAxes.Columns),
            ("prostate", MirrorAxes.Columns), ("pancreas", MirrorAxes.None), ("pancreatic-lesion", MirrorAxes.None),
        ];
        (string Name, MirrorAxes Axes)[] known =
        [
            .. table.Where(row => wanted == row.Name || wanted.StartsWith($"{row.Name}-", StringComparison.Ordinal)),
        ];
        return known.Length > 0 ? known[0].Axes : MirrorAxes.Both;
    }

    /// <summary>
    /// Finds a task of <see cref="All"/> by name; <c>prostate</c> or <c>brain-tumor</c> without a number is the first task.
    /// </summary>
    /// <param name="name">The name, in any case of letters, with hyphens or underscores.</param>
    /// <exception cref="ArgumentException">No task has that name; the message lists the tasks.</exception>
    public static QubiqTask Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return TryParse(name) ?? throw new ArgumentException($"Unknown task '{name}': the tasks are {Names}.");
    }

    /// <summary>The known tasks for a message.</summary>
    internal static string Names => $"{string.Join(", ", All)} (a bare prostate or brain-tumor is task 1)";

    internal static QubiqTask? TryParse(string name)
    {
        string wanted = Spelling(name);
        foreach (QubiqTask task in All)
        {
            if (task.Name.Equals(wanted, StringComparison.OrdinalIgnoreCase)
                || (task.Number == 1 && task.Folders[0].Equals(wanted, StringComparison.OrdinalIgnoreCase)))
            {
                return task;
            }
        }

        return null;
    }

    /// <summary>A name in the form that is compared: trimmed, with hyphens. The case of letters is kept.</summary>
    internal static string Spelling(string name) => name.Trim().Replace('_', '-');

    /// <summary>The task's name.</summary>
    public override string ToString() => Name;

    private static string NotEmpty(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name, nameof(Name));
        return name;
    }

    private static IReadOnlyList<string> NotEmpty(IReadOnlyList<string> folders)
    {
        ArgumentNullException.ThrowIfNull(folders, nameof(Folders));
        if (folders.Count == 0 || folders.Any(string.IsNullOrWhiteSpace))
        {
            throw new ArgumentException("A task needs the name of at least one folder, and none may be empty.", nameof(folders));
        }

        return folders;
    }

    private static int AtLeastOne(int value, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, 1, name);
        return value;
    }
}
