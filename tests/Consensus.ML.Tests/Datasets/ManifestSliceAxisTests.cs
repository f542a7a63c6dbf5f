using Consensus.Imaging.Cases;
using Consensus.ML.Datasets;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Tests.Datasets;

/// <summary>A manifest of volumes whose images are cut along different axes.</summary>
public sealed class ManifestSliceAxisTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_manifest_that_names_no_axis_cuts_each_image_where_it_is_one_slice()
    {
        new NiftiBytes { Dimensions = [1, 12, 10], Values = new double[120] }.WriteTo(_folder["one.nii"]);
        new NiftiBytes { Dimensions = [2, 3, 9], Values = new double[54] }.WriteTo(_folder["volume.nii"]);
        new NiftiBytes { Dimensions = [1, 12, 10], Values = new double[120] }.WriteTo(_folder["mask1.nii"]);
        new NiftiBytes { Dimensions = [2, 3, 9], Values = new double[54] }.WriteTo(_folder["mask2.nii"]);
        File.WriteAllText(_folder["dataset.json"], """
            { "formatVersion": 1, "name": "mixed", "raters": ["Ann"], "volume": { },
              "cases": [
                { "name": "a", "image": "one.nii", "masks": { "Ann": "mask1.nii" } },
                { "name": "b", "image": "volume.nii", "masks": { "Ann": "mask2.nii" } }
              ] }
            """);
        RaterCase[] cases = [.. DatasetManifest.Read(_folder["dataset.json"]).List().Cases];
        Assert.Equal(10, cases.Length);
        Assert.EndsWith("one.nii#axis=0,slice=0", cases[0].ImagePaths[0]);
        Assert.EndsWith("mask1.nii#axis=0,slice=0", cases[0].AnnotationPaths[0]);
        Assert.EndsWith("volume.nii#axis=2,slice=8", cases[9].ImagePaths[0]);
    }
}
