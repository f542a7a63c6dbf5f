using Consensus.ML.Graphs;
using Consensus.ML.Torch.Diffusion;
using Consensus.ML.Torch.Networks;

namespace Consensus.ML.Torch.Models;

/// <summary>The prediction of <see cref="ConsensusModel"/> as a graph, with every step of its sampler.</summary>
internal sealed class DiffusionGraph
{
    // Each pass of the network adds some six hundred nodes, which a runtime reads and optimises before the first map.
    private const int MostPasses = 128;

    private readonly ModelDescription _model;
    private readonly GraphPrediction _given;
    private readonly ConsensusNetwork _network;
    private readonly GraphProcess _process;
    private readonly ISampler _sampler;
    private readonly Mirrored[] _views;

    private DiffusionGraph(ModelDescription model, GraphPrediction given)
    {
        _model = model;
        _given = given;
        _network = model.CreateNetwork();
        NoiseSchedule schedule = NoiseSchedule.Create(model.Diffusion.Schedule, model.Diffusion.Steps);
        _process = new(model.Diffusion, schedule.Subsequence(Math.Min(given.Sampling.Steps ?? int.MaxValue, schedule.Steps)));
        _sampler = Samplers.Get(given.Sampling.Sampler);

        // The number of generations is open where noise is an input.
        _views = given.Seed is null
            ? given.Mirroring.ViewsFor(given.Sampling with { Generations = int.MaxValue })
            : given.Mirroring.ViewsFor(given.Sampling);
    }

    private GraphBuilder Graph => _given.Graph;

    /// <param name="model">The model.</param>
    /// <param name="prediction">How to predict.</param>
    /// <param name="image">Normalised slice, 1×C×H×W.</param>
    /// <exception cref="NotSupportedException">A graph cannot sample this way; the message names the option.</exception>
    public static GraphMaps Emit(ModelDescription model, GraphPrediction prediction, GraphValue image)
    {
        var graph = new DiffusionGraph(model, prediction);
        GraphValue images = GraphValue.Join(
            [.. graph._views.Select(view => prediction.Mirroring.EmitView(image, view, prediction.Sampling))], 0);
        GraphValue samples = prediction.Seed is ulong seed ? graph.WithConstantNoise(images, seed) : graph.WithNoiseInput(images);
        return prediction.Checked(ConditionReduction.Emit(samples, model));
    }

    /// <summary>The sides of the noise of a number of generations.</summary>
    public static long[] NoiseShape(ModelDescription model, long generations) =>
        [generations * model.Passes, model.MapsPerPass, model.Height, model.Width];

    /// <summary>Generations one group after another, each with as many passes at once as the sampling options say.</summary>
    private GraphValue WithConstantNoise(GraphValue images, ulong seed)
    {
        var noise = new CpuNoise(seed);
        int generations = _given.Sampling.Generations, together = Math.Max(1, _given.Sampling.BatchSize / _model.Passes);
        EnsureFew(_given.Members * ((generations + together - 1) / together));
        var samples = new List<GraphValue>();
        for (int member = 0; member < _given.Members; member++)
        {
            GraphContext context = _given.Context(_network.Layout, member);
            GraphValue features = _network.EmitEncodeImage(context, images);

            // As the model does, one call draws the noise of all generations.
            long[] shape = NoiseShape(_model, generations);
            float[] drawn = noise.Normal(checked((int)shape.Aggregate(1L, (product, side) => product * side)));
            int each = drawn.Length / generations;
            for (int first = 0; first < generations; first += together)
            {
                int count = Math.Min(together, generations - first);
                long[] seen = [.. Enumerable.Range(first, count).Select(generation => (long)generation % _views.Length)];
                long[] seenByPass = [.. seen.SelectMany(view => Enumerable.Repeat(view, _model.Passes))];
                long[] levels = [.. seen.SelectMany(_ => Enumerable.Range(1, _model.Passes)).Select(level => (long)level)];
                samples.Add(Generate(
                    context, _views.Length == 1 ? features : features.Rows(Graph.Integers(seenByPass)), Graph.Integers(seen),
                    Graph.Integers(levels),
                    Graph.Constant(drawn.AsMemory(first * each, count * each), NoiseShape(_model, count))));
            }
        }

        return GraphValue.Join(samples, 0);
    }

    /// <summary>All generations at once, as many as the input has noise for.</summary>
    private GraphValue WithNoiseInput(GraphValue images)
    {
        EnsureFew(_given.Members);
        int passes = _model.Passes, views = _views.Length;
        long[] shape = NoiseShape(_model, 1);
        string count = $"generations * {_given.Members * passes}";
        GraphValue noise = Graph.Input(
            GraphPrediction.NoiseInput, GraphType.Single,
            "Standard normal noise of each pass: first all generations of the first member.", [count, .. shape.Skip(1).Cast<object>()]);
        GraphValue[] parts = noise.Parts(0, _given.Members);

        // Which pass, which level, and which view: repeating patterns of the open number of passes.
        GraphValue pass = parts[0].Side(0).Count();
        GraphValue levels = pass.Modulo(passes).Plus(1);
        GraphValue generation = parts[0].Side(0).Over(Graph.Constant(passes, GraphType.Int64)).Count();
        GraphValue seen = Graph.Integers([0L]);
        if (views > 1)
        {
            GraphValue before = Graph.OptionalInput(
                GraphPrediction.FirstGenerationInput, 0, "Number of generations before these: views of the image take turns.");
            seen = generation.Plus(before).Modulo(views);

            // A view is encoded where it is used, once.
            images = images.Rows(seen.Start(views));
        }

        var samples = new List<GraphValue>();
        for (int member = 0; member < _given.Members; member++)
        {
            GraphContext context = _given.Context(_network.Layout, member);
            GraphValue features = _network.EmitEncodeImage(context, images);
            GraphValue shown = views == 1
                ? features
                : features.Rows(pass.Over(Graph.Constant(passes, GraphType.Int64)).Modulo(views));
            samples.Add(Generate(context, shown, seen, levels, parts[member]));
        }

        return GraphValue.Join(samples, 0);
    }

    private GraphValue Generate(GraphContext context, GraphValue features, GraphValue seen, GraphValue levels, GraphValue noise)
    {
        GraphValue start = _sampler.Emit(
            _process,
            (current, time) => _given.Check(_network.Emit(context, current, features, time, _model.HasLevelEmbedding ? levels : null)),
            noise);
        GraphValue samples = start.Plus(1).Times(0.5).Clamped(0, 1)
            .Reshaped(GraphValue.AnySize, _model.Conditions.Count, _model.Height, _model.Width);

        // Each view's maps are mirrored back.
        for (int view = 1; view < _views.Length; view++)
        {
            GraphValue isView = seen.EqualTo(view).Reshaped(GraphValue.AnySize, 1, 1, 1);
            samples = isView.Choose(Mirroring.EmitFlip(samples, _views[view]), samples);
        }

        return samples;
    }

    private void EnsureFew(int runs)
    {
        int passes = checked(runs * _process.Schedule.Steps);
        if (passes > MostPasses)
        {
            throw new NotSupportedException(
                $"{_process.Schedule.Steps} sampling steps make a graph with {passes} passes of the network one after another, and at most "
                + $"{MostPasses} can be exported: choose fewer Steps{(runs > 1 ? ", or fewer Generations" : "")} (WithSampling).");
        }
    }
}
