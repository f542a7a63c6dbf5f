using System.Diagnostics;
using Consensus.Imaging.Files;
using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Formats.Nifti;

/// <summary>
/// A damaged file of any kind is either read, or refused by an InvalidDataException or IOException with a message of one line. There is no
/// crash, no hang and no other exception, and the memory used is in proportion to the file.
/// </summary>
public sealed class NiftiFuzzTests : IDisposable
{
    // The memory that the readers may use for any file: blocks, windows, and the megabyte that a gzip file may promise without being
    // checked.
    private const long FixedMemory = 6L << 20;
    private const long MemoryPerByte = 80;

    // This is much more than any case needs, even on a busy machine.
    private static readonly TimeSpan LongestCase = TimeSpan.FromSeconds(30);

    private static readonly double[] Extremes =
    [
        0, 1, -1, 2, 7, 8, 127, 255, 347, 348, 351, 352, 540, 544, 32767, -32768, 65535, int.MaxValue, int.MinValue, 1e15, 1e38, -1e38,
        double.NaN, double.PositiveInfinity, double.NegativeInfinity, 1e-45,
    ];

    // Type and position of the fields that matter most for reading: NIfTI-1, then NIfTI-2.
    private static readonly (char Kind, int At)[] Fields1 =
        [
            ('i', 0), .. Enumerable.Range(0, 8).Select(at => ('s', 40 + (2 * at))), ('s', 70), ('s', 72),
            .. Enumerable.Range(0, 4).Select(at => ('f', 76 + (4 * at))), ('f', 108), ('f', 112), ('f', 116), ('i', 144), ('s', 252),
            ('s', 254), .. Enumerable.Range(0, 18).Select(at => ('f', 256 + (4 * at))), ('i', 344), ('i', 348), ('i', 352), ('i', 356),
        ];

    private static readonly (char Kind, int At)[] Fields2 =
        [
            ('i', 0), ('i', 4), ('i', 8), ('s', 12), .. Enumerable.Range(0, 8).Select(at => ('l', 16 + (8 * at))),
            .. Enumerable.Range(0, 4).Select(at => ('d', 104 + (8 * at))), ('l', 168), ('d', 176), ('d', 184), ('i', 344), ('i', 348),
            .. Enumerable.Range(0, 6).Select(at => ('d', 352 + (8 * at))), ('i', 504), ('i', 540), ('i', 544), ('i', 548),
        ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Damaged_files_are_read_or_refused() => Run(500, seed: 1);

    [Fact]
    [Trait("Category", "Slow")]
    public void Twenty_thousand_damaged_files_are_read_or_refused() => Run(20_000, seed: 2);

    [Fact]
    public void Changed_bytes_end_in_a_reading_or_in_a_clear_complaint()
    {
        var random = new Random(20230604);
        byte[][] originals =
        [
            new NiftiBytes
            {
                Dimensions = [8, 7, 2],
                Type = 4,
                Values = [.. Enumerable.Range(0, 112).Select(value => (double)value)],
                Qform = 1,
                PixelDimensions = [1, 2, 2, 2, 0, 0, 0, 0],
            }.SingleFile(),
            new NiftiBytes { Version = 2, Magic = "n+2", BigEndian = true, Dimensions = [8, 7], Type = 64, Values = new double[56] }
                .SingleFile(),
        ];
        int refused = 0;
        for (int round = 0; round < 1500; round++)
        {
            byte[] bytes = [.. originals[round % originals.Length]];
            bool packed = round % 3 == 0, inside = round % 6 == 0;
            bytes = packed && inside ? NiftiBytes.Gzip(bytes) : bytes;
            for (int change = random.Next(1, 5); change > 0; change--)
            {
                bytes[random.Next(random.Next(2) == 0 ? Math.Min(130, bytes.Length) : bytes.Length)] = (byte)random.Next(256);
            }

            bytes = packed && !inside ? NiftiBytes.Gzip(bytes) : bytes;
            string path = _folder["mutant.nii"];
            File.WriteAllBytes(path, bytes[..(random.Next(4) == 0 ? random.Next(bytes.Length) : bytes.Length)]);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                NiftiFile.ReadStatistics(path);
                NiftiFile.ReadSlice(path);
            }
            catch (InvalidDataException exception)
            {
                Assert.Contains("mutant.nii", exception.Message, StringComparison.Ordinal);
                Assert.DoesNotContain('\n', exception.Message);
                refused++;
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
        }

        Assert.InRange(refused, 300, 1450);
    }

    private void Run(int cases, int seed)
    {
        var random = new Random(seed);
        byte[][] originals = Originals();
        int read = 0, refused = 0;
        for (int number = 0; number < cases; number++)
        {
            byte[] bytes = Damage([.. originals[random.Next(originals.Length)]], originals, random);
            if (random.Next(2) == 0)
            {
                bytes = DamagePacked(NiftiBytes.Gzip(bytes), random);
            }

            string path = _folder[random.Next(2) == 0 ? "case.nii" : "case.nii.gz"];
            if (random.Next(5) == 0)
            {
                // The file is stored as a pair. The header, the values or both are damaged.
                path = _folder["case.hdr"];
                File.WriteAllBytes(_folder["case.img"], random.Next(2) == 0 ? bytes : originals[random.Next(originals.Length)]);
            }

            File.WriteAllBytes(path, bytes);
            int axis = random.Next(3), index = random.Next(4) == 0 ? random.Next(70_000) : random.Next(4);
            Action[] calls =
            [
                () => NiftiFile.ReadHeader(path),
                () => NiftiFile.ReadStatistics(path),
                () => NiftiFile.ReadSlice(path),
                () => NiftiFile.ReadSlice(path, axis, index),
                () => SliceReader.ReadSize($"{path}#axis={axis},slice={index}"),
                () => SliceReader.Read(path),
            ];
            long files = bytes.Length + (path.EndsWith(".hdr", StringComparison.Ordinal) ? new FileInfo(_folder["case.img"]).Length : 0);
            for (int call = 0; call < calls.Length; call++)
            {
                if (Try(calls[call], files, $"case {number} of seed {seed}, call {call}"))
                {
                    read++;
                }
                else
                {
                    refused++;
                }
            }
        }

        // Some damage makes a file unreadable, and some damage does not matter. Both must occur, or the fuzzer tests nothing.
        Assert.InRange(read, cases / 4, cases * 5);
        Assert.InRange(refused, cases / 4, cases * 5);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{cases} cases from {originals.Length} originals: {read} calls read, {refused} refused.");
    }

    private static bool Try(Action call, long fileLength, string name)
    {
        long before = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp();
        bool read = true;
        try
        {
            call();
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            Assert.True(
                !exception.Message.Contains('\n', StringComparison.Ordinal)
                    && exception.Message.Contains("case.", StringComparison.Ordinal),
                $"{name}: {exception.Message}");
            read = false;
        }
        catch (Exception exception)
        {
            Assert.Fail($"{name}: {exception}");
        }

        long memory = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(memory <= FixedMemory + (MemoryPerByte * fileLength), $"{name} took {memory} bytes for a file of {fileLength}.");
        Assert.True(Stopwatch.GetElapsedTime(start) < LongestCase, $"{name} took {Stopwatch.GetElapsedTime(start)}.");
        return read;
    }

    /// <summary>Small files of each kind, and also small real files if they are available.</summary>
    private static byte[][] Originals()
    {
        double[] values = [.. Enumerable.Range(0, 48).Select(value => (double)value)];
        List<byte[]> originals = [];
        foreach (int version in new[] { 1, 2 })
        {
            string magic = version == 1 ? "n+1" : "n+2";
            foreach (bool bigEndian in new[] { false, true })
            {
                foreach (short type in new short[] { 2, 4, 16, 64 })
                {
                    originals.Add(new NiftiBytes
                    {
                        Version = version,
                        Magic = magic,
                        BigEndian = bigEndian,
                        Type = type,
                        Dimensions = [4, 6, 2],
                        Values = values,
                        Qform = 1,
                        Slope = 2,
                        Intercept = 1,
                    }.SingleFile());
                }
            }

            originals.Add(new NiftiBytes
            {
                Version = version,
                Magic = magic,
                Type = 8,
                Dimensions = [2, 3, 2, 1, 4],
                Values = values,
                Sform = 1,
                Rows = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0],
            }.SingleFile());
            originals.Add(
                new NiftiBytes { Version = version, Magic = magic, Type = 1024, Dimensions = [48], Values = values }.SingleFile());
            byte[] extended = new NiftiBytes
            {
                Version = version,
                Magic = magic,
                Type = 512,
                Dimensions = [6, 8],
                Values = values,
                Extension = new byte[64],
            }.SingleFile();
            int end = version == 1 ? 352 : 544;
            (extended[end - 4], extended[end], extended[end + 32]) = (1, 32, 32);
            originals.Add(extended);
            originals.Add(new NiftiBytes { Version = version, Magic = version == 1 ? "ni1" : "ni2", Dimensions = [6, 8], Values = values }
                .SingleFile());
        }

        originals.Add(new NiftiBytes { Dimensions = [300, 200], Type = 4, Values = new double[60_000] }.SingleFile());
        if (SharedData.Find("CONSENSUS_NIFTI", "nifti") is { } folder)
        {
            originals.AddRange(Directory.GetFiles(folder)
                .Order(StringComparer.Ordinal)
                .Where(file => new FileInfo(file).Length < 80_000 && !file.EndsWith(".json", StringComparison.Ordinal))
                .Select(File.ReadAllBytes));
        }

        return [.. originals];
    }

    private static byte[] Damage(byte[] bytes, byte[][] originals, Random random)
    {
        for (int change = random.Next(1, 4); change > 0 && bytes.Length > 0; change--)
        {
            switch (random.Next(8))
            {
                case 0:
                    bytes[Place(bytes, random)] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[Place(bytes, random)] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes = bytes[..random.Next(bytes.Length)];
                    break;
                case 3:
                    byte[] other = originals[random.Next(originals.Length)];
                    int from = random.Next(other.Length), count = Math.Min(random.Next(1, 64), other.Length - from);
                    bytes = random.Next(2) == 0
                        ? [.. bytes[..Place(bytes, random)], .. other.AsSpan(from, count)]
                        : [.. bytes, .. other.AsSpan(from, count)];
                    break;
                default:
                    SetField(bytes, random);
                    break;
            }
        }

        return bytes;
    }

    private static byte[] DamagePacked(byte[] bytes, Random random)
    {
        switch (bytes.Length < 4 ? -1 : random.Next(6))
        {
            case 0:
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1:
                return bytes[..random.Next(bytes.Length)];
            case 2:
                // The last four bytes of a gzip file: the length of the unpacked content.
                random.NextBytes(bytes.AsSpan(bytes.Length - 4));
                return bytes;
            case 3:
                return [.. bytes, .. bytes[..random.Next(bytes.Length)]];
            default:
                return bytes;
        }
    }

    /// <summary>A random position. Half of the positions are in the header.</summary>
    private static int Place(byte[] bytes, Random random) => random.Next(random.Next(2) == 0 ? Math.Min(560, bytes.Length) : bytes.Length);

    private static void SetField(byte[] bytes, Random random)
    {
        (char kind, int at) = random.Next(2) == 0 ? Fields1[random.Next(Fields1.Length)] : Fields2[random.Next(Fields2.Length)];
        double value = Extremes[random.Next(Extremes.Length)];
        byte[] field = kind switch
        {
            's' => BitConverter.GetBytes((short)Math.Clamp(double.IsNaN(value) ? 0 : value, short.MinValue, short.MaxValue)),
            'i' => BitConverter.GetBytes((int)Math.Clamp(double.IsNaN(value) ? 0 : value, int.MinValue, int.MaxValue)),
            'l' => BitConverter.GetBytes(
                random.Next(4) == 0 ? long.MaxValue - random.Next(3) : (long)Math.Clamp(double.IsNaN(value) ? 0 : value, -9e18, 9e18)),
            'f' => BitConverter.GetBytes((float)value),
            _ => BitConverter.GetBytes(value),
        };
        if (random.Next(2) == 0)
        {
            Array.Reverse(field);
        }

        if (at + field.Length <= bytes.Length)
        {
            field.CopyTo(bytes, at);
        }
    }
}
