using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Tests.Shared;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Api.Tests;

/// <summary>The option Members trains an ensemble in one run.</summary>
public sealed class MembersTests(TinyModel tiny) : IClassFixture<TinyModel>
{
    [Fact]
    public void Members_become_one_model_that_is_saved_and_predicts_as_an_ensemble_of_trainings_does()
    {
        using var folder = new TemporaryFolder();
        MLContext ml = tiny.Context;
        using TransformerChain<ConsensusSegmentationTransformer> together = Fit(ml, seed: 7, members: 2);
        using TransformerChain<ConsensusSegmentationTransformer> first = Fit(ml, seed: 7), second = Fit(ml, seed: 8);
        ITransformer ensemble = ml.Segmentation.Ensemble([first, second]);
        using (ensemble as IDisposable)
        {
            Assert.Equal(2, together.LastTransformer.Members);
            Assert.Equal(SoftMaps(ensemble), SoftMaps(together));
        }

        ml.Model.Save(together, tiny.Data.Schema, folder["members.zip"]);
        ITransformer loaded = ml.Model.Load(folder["members.zip"], out _);
        using (loaded as IDisposable)
        {
            Assert.Equal(2, loaded.GetSteps().OfType<SegmentationTransformer>().Single().Members);
            Assert.Equal(SoftMaps(together), SoftMaps(loaded));
        }
    }

    [Fact]
    public void An_ensemble_is_trained_further_member_by_member()
    {
        MLContext ml = tiny.Context;
        using TransformerChain<ConsensusSegmentationTransformer> first = Fit(ml, seed: 7), second = Fit(ml, seed: 8);
        ITransformer ensemble = ml.Segmentation.Ensemble([first, second]);
        using (ensemble as IDisposable)
        {
            Assert.Equal(2, ConsensusSegmentationEstimator.Options.ContinueFrom(ensemble).Members);
            using TransformerChain<ConsensusSegmentationTransformer> together = Further(ml, ensemble, seed: 20),
                firstAlone = Further(ml, first, seed: 20), secondAlone = Further(ml, second, seed: 21);
            ITransformer alone = ml.Segmentation.Ensemble([firstAlone, secondAlone]);
            using (alone as IDisposable)
            {
                Assert.Equal(SoftMaps(alone), SoftMaps(together));
                Assert.NotEqual(SoftMaps(ensemble), SoftMaps(together));
            }
        }
    }

    [Fact]
    public void An_ensemble_whose_further_training_was_broken_off_goes_on_where_it_was()
    {
        using var folder = new TemporaryFolder();
        MLContext ml = tiny.Context;
        using TransformerChain<ConsensusSegmentationTransformer> ensemble = Fit(ml, seed: 7, members: 2);
        ConsensusSegmentationEstimator.Options options = ConsensusSegmentationEstimator.Options.ContinueFrom(ensemble);
        options.Training = options.Training with { Steps = 4 };
        options.Seed = 20;
        using TransformerChain<ConsensusSegmentationTransformer> whole = Pipelines.Build(ml, options).Fit(tiny.Data);

        options.Checkpoints = new() { Folder = folder["run"], EverySteps = 2, Resume = true };
        using var source = new CancellationTokenSource();
        options.Cancellation = source.Token;
        options.Progress = new ProgressCallback(report =>
        {
            if (report.Step == 2)
            {
                source.Cancel();
            }
        });
        using (TransformerChain<ConsensusSegmentationTransformer> early = Pipelines.Build(ml, options).Fit(tiny.Data))
        {
            Assert.Equal((2, true), (early.LastTransformer.Training.Steps, early.LastTransformer.Training.Cancelled));
            Assert.NotEqual(SoftMaps(whole), SoftMaps(early));
        }

        options.Cancellation = CancellationToken.None;
        options.Progress = null;
        using TransformerChain<ConsensusSegmentationTransformer> resumed = Pipelines.Build(ml, options).Fit(tiny.Data);
        Assert.Equal((4, 2), (resumed.LastTransformer.Training.Steps, resumed.LastTransformer.Members));
        Assert.Equal(SoftMaps(whole), SoftMaps(resumed));
    }

    [Fact]
    public void Several_networks_can_begin_with_one_and_are_not_one_afterwards()
    {
        MLContext ml = tiny.Context;
        using TransformerChain<ConsensusSegmentationTransformer> start = Fit(ml, seed: 7);
        using TransformerChain<ConsensusSegmentationTransformer> three = Further(ml, start, seed: 20, members: 3),
            one = Further(ml, start, seed: 20);
        Assert.Equal(3, three.LastTransformer.Members);
        Assert.NotEqual(SoftMaps(one), SoftMaps(three));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void An_ensemble_is_not_trained_further_as_another_number_of_networks(int members)
    {
        MLContext ml = tiny.Context;
        using TransformerChain<ConsensusSegmentationTransformer> ensemble = Fit(ml, seed: 7, members: 2);

        string message = Assert.Throws<ArgumentException>(() => Further(ml, ensemble, seed: 20, members)).Message;

        Assert.Equal(
            $"The model to start from is an ensemble of 2, and Members is {members}: each network goes on from one of the ensemble's, so "
            + "Members must be 2.",
            message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65)]
    public void A_number_of_members_that_is_none_is_refused(int members)
    {
        ConsensusSegmentationEstimator.Options options = TinyModel.Options();
        options.Members = members;

        string message = Assert.ThrowsAny<ArgumentException>(() => tiny.Context.Transforms.ConsensusSegment(options)).Message;

        Assert.Contains($"Members is {members}", message, StringComparison.Ordinal);
        Assert.Contains("1 to 64", message, StringComparison.Ordinal);
    }

    /// <summary>Trains on every case, so that all trainings see the same cases whatever their seeds.</summary>
    private TransformerChain<ConsensusSegmentationTransformer> Fit(MLContext ml, int seed, int members = 1)
    {
        ConsensusSegmentationEstimator.Options options = TinyModel.Options();
        options.Training = options.Training with { ValidationFraction = 0, Threads = 1, Precision = Precision.Float32 };
        (options.Seed, options.Members) = (seed, members);
        return Pipelines.Build(ml, options).Fit(tiny.Data);
    }

    private TransformerChain<ConsensusSegmentationTransformer> Further(MLContext ml, ITransformer start, int seed, int? members = null)
    {
        ConsensusSegmentationEstimator.Options options = ConsensusSegmentationEstimator.Options.ContinueFrom(start);
        (options.Seed, options.Members) = (seed, members ?? options.Members);
        return Pipelines.Build(ml, options).Fit(tiny.Data);
    }

    private float[][] SoftMaps(ITransformer model) => [.. model.Transform(tiny.Data).GetColumn<float[]>("SoftMap")];
}
