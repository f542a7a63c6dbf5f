using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;

namespace Consensus.ML.Benchmarks;

/// <summary>
/// Eight threads ask one saved model for as long as you like. Are the answers always the same, how long do they take, and does memory stay
/// the same?
/// </summary>
/// <remarks>
/// Each thread has a prediction engine, as from a pool, and gets a new one after every hundred requests. One request in ten is cancelled
/// before its turn or after a few milliseconds.
/// </remarks>
internal static class Serving
{
    private const int Threads = 8, RequestsAnEngine = 100, GivenUpEvery = 10;

    /// <summary>Prints a row of a table after each interval. Throws when an answer differs from the first answer for its image.</summary>
    /// <param name="model">The model's zip.</param>
    /// <param name="images">Images to ask for.</param>
    /// <param name="length">How long.</param>
    /// <param name="interval">The time between two rows.</param>
    public static void Measure(string model, IReadOnlyList<string> images, TimeSpan length, TimeSpan interval)
    {
        var ml = new MLContext(seed: 1);
        ITransformer served = ml.Model.Load(model, out _);
        using var disposable = (IDisposable)served;
        float[][] expected = [.. images.Select(image => Ask(ml, served, image))];
        Console.WriteLine(
            "| minute | answers | given up or timed out | ms an answer, median | 99 of 100 within | resident, MiB | managed, MiB |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- |");
        long start = Stopwatch.GetTimestamp();
        Exception? failure = null;
        int givenUp = 0;
        var times = new List<double>();
        using var ended = new CancellationTokenSource();
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(number => new Thread(() => Serve(number)))];
        Array.ForEach(threads, thread => thread.Start());
        for (TimeSpan next = interval; next <= length && Volatile.Read(ref failure) is null; next += interval)
        {
            while (Stopwatch.GetElapsedTime(start) < next && Volatile.Read(ref failure) is null)
            {
                Thread.Sleep(100);
            }

            Print(next);
        }

        ended.Cancel();
        Array.ForEach(threads, thread => thread.Join());
        if (failure is not null)
        {
            throw new InvalidOperationException("Serving failed; see the inner exception.", failure);
        }

        void Serve(int number)
        {
            try
            {
                var random = new Random(number);
                while (!ended.IsCancellationRequested)
                {
                    using PredictionEngine<Request, Answer> engine = Engine(ml, served);
                    for (int i = 0; i < RequestsAnEngine && !ended.IsCancellationRequested; i++)
                    {
                        int image = random.Next(images.Count);
                        if (i % GivenUpEvery == 0)
                        {
                            GiveUp(images[image], random.Next(40));
                            continue;
                        }

                        long before = Stopwatch.GetTimestamp();
                        if (!engine.Predict(new() { ImagePath = images[image] }).SoftMap.AsSpan().SequenceEqual(expected[image]))
                        {
                            throw new InvalidDataException($"The map of '{images[image]}' differs from the first of it.");
                        }

                        lock (times)
                        {
                            times.Add(Stopwatch.GetElapsedTime(before).TotalMilliseconds);
                        }
                    }
                }
            }
            catch (Exception exception)
            {
                Volatile.Write(ref failure, exception);
            }
        }

        void GiveUp(string image, int milliseconds)
        {
            using var patience = new CancellationTokenSource(milliseconds);
            ITransformer impatient = milliseconds % 2 == 0
                ? served.WithCancellation(patience.Token)
                : served.WithTimeLimit(TimeSpan.FromMilliseconds(milliseconds));
            using (impatient as IDisposable)
            {
                try
                {
                    Ask(ml, impatient, image);
                }
                catch (Exception exception) when (exception is OperationCanceledException or TimeoutException)
                {
                    Interlocked.Increment(ref givenUp);
                }
            }
        }

        void Print(TimeSpan at)
        {
            double[] sorted;
            lock (times)
            {
                sorted = [.. times.Order()];
                times.Clear();
            }

            using var process = Process.GetCurrentProcess();
            long resident = process.WorkingSet64;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {at.TotalMinutes:0.##} | {sorted.Length} | {Interlocked.Exchange(ref givenUp, 0)} | {At(sorted, 0.5):0} | "
                + $"{At(sorted, 0.99):0} | {resident >> 20} | {GC.GetTotalMemory(forceFullCollection: true) / 1048576.0:0.0} |"));
        }
    }

    private static float[] Ask(MLContext ml, ITransformer model, string image)
    {
        using PredictionEngine<Request, Answer> engine = Engine(ml, model);
        return engine.Predict(new() { ImagePath = image }).SoftMap;
    }

    private static PredictionEngine<Request, Answer> Engine(MLContext ml, ITransformer model) =>
        ml.Model.CreatePredictionEngine<Request, Answer>(model, new PredictionEngineOptions { OwnsTransformer = false });

    private static double At(double[] sorted, double share) => sorted.Length == 0 ? double.NaN : sorted[(int)(share * (sorted.Length - 1))];

    private sealed class Request
    {
        public string ImagePath { get; set; } = "";
    }

    private sealed class Answer
    {
        public float[] SoftMap { get; set; } = [];
    }
}
