using System.Globalization;
using System.Runtime.InteropServices;

namespace Consensus.ML.Torch.Collectives;

/// <summary>
/// The functions and handles of Open MPI 4 and 5 (<see href="https://docs.open-mpi.org"/>). MPI 4 fixes no binary interface: in Open MPI a
/// handle is the address of an exported variable, in MPICH and its kin it is a number.
/// </summary>
internal sealed unsafe class OpenMpi
{
    /// <summary>The name of its library since Open MPI 2.</summary>
    public const string LibraryName = "libmpi.so.40";

    private const string OtherLibraryName = "libmpi.so.12", Probe = "ompi_mpi_comm_world";

    // MPI_THREAD_SERIALIZED, MPI_COMM_TYPE_SHARED and MPI_IN_PLACE in mpi.h of Open MPI.
    private const int Serialized = 2, SharedMemory = 0;
    private static readonly void* InPlace = (void*)1;

    private readonly nint _library;
    private readonly delegate* unmanaged[Cdecl]<void*, void*, int, nint, nint, nint, int> _allreduce;
    private readonly delegate* unmanaged[Cdecl]<void*, int, nint, int, nint, int> _broadcast;

    private OpenMpi(nint library)
    {
        _library = library;
        World = Symbol(Probe);
        Float = Symbol("ompi_mpi_float");
        Double = Symbol("ompi_mpi_double");
        Byte = Symbol("ompi_mpi_byte");
        Plus = Symbol("ompi_mpi_op_sum");
        _allreduce = (delegate* unmanaged[Cdecl]<void*, void*, int, nint, nint, nint, int>)Symbol("MPI_Allreduce");
        _broadcast = (delegate* unmanaged[Cdecl]<void*, int, nint, int, nint, int>)Symbol("MPI_Bcast");
    }

    /// <summary>The communicator of all processes.</summary>
    public nint World { get; }

    /// <summary>The type of <see cref="float"/>.</summary>
    public nint Float { get; }

    /// <summary>The type of <see cref="double"/>.</summary>
    public nint Double { get; }

    private nint Byte { get; }

    private nint Plus { get; }

    /// <summary>Opens the library.</summary>
    /// <param name="name">Its name or path.</param>
    /// <exception cref="DllNotFoundException">It cannot be opened; the message says what to install.</exception>
    /// <exception cref="NotSupportedException">It is the library of another MPI, or this is not Linux.</exception>
    public static OpenMpi Open(string name = LibraryName)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new NotSupportedException("Training in several processes needs Linux and Open MPI.");
        }

        nint library;
        try
        {
            library = NativeLibrary.Load(name);
        }
        catch (DllNotFoundException exception)
        {
            string other = NativeLibrary.TryLoad(OtherLibraryName, out _)
                ? $" There is '{OtherLibraryName}', of MPICH or its kin, whose binary interface is another."
                : "";
            throw new DllNotFoundException(
                $"Training in several processes needs Open MPI 4 or 5, and its library '{name}' cannot be opened.{other} Install it "
                + "(Debian's package openmpi-bin), or set LD_LIBRARY_PATH to its folder.",
                exception);
        }

        return NativeLibrary.TryGetExport(library, Probe, out _)
            ? new(library)
            : throw new NotSupportedException(
                $"Training in several processes needs Open MPI 4 or 5, and '{name}' is the library of another MPI: it has no '{Probe}'.");
    }

    /// <summary>Begins MPI in this process, unless it has begun.</summary>
    /// <returns>Whether this call began it.</returns>
    /// <exception cref="InvalidOperationException">It has ended before, or does not allow its use from changing threads.</exception>
    public bool Begin()
    {
        int began, ended, level;
        Check(((delegate* unmanaged[Cdecl]<int*, int>)Symbol("MPI_Initialized"))(&began), "MPI_Initialized");
        Check(((delegate* unmanaged[Cdecl]<int*, int>)Symbol("MPI_Finalized"))(&ended), "MPI_Finalized");
        if (ended != 0)
        {
            throw new InvalidOperationException("MPI has ended in this process, and cannot begin again.");
        }

        if (began == 0)
        {
            Check(((delegate* unmanaged[Cdecl]<void*, void*, int, int*, int>)Symbol("MPI_Init_thread"))(
                null, null, Serialized, &level), "MPI_Init_thread");
        }
        else
        {
            Check(((delegate* unmanaged[Cdecl]<int*, int>)Symbol("MPI_Query_thread"))(&level), "MPI_Query_thread");
        }

        return level >= Serialized
            ? began == 0
            : throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture,
                $"MPI was begun with thread level {level}; it must be at least {Serialized} (MPI_THREAD_SERIALIZED), since a training may "
                + $"run on any thread."));
    }

    /// <summary>Ends MPI in this process.</summary>
    public void End() => Check(((delegate* unmanaged[Cdecl]<int>)Symbol("MPI_Finalize"))(), "MPI_Finalize");

    /// <summary>A communicator of the same processes, whose messages do not meet those of others.</summary>
    public nint Duplicate(nint communicator)
    {
        nint duplicate;
        Check(((delegate* unmanaged[Cdecl]<nint, nint*, int>)Symbol("MPI_Comm_dup"))(communicator, &duplicate), "MPI_Comm_dup");
        return duplicate;
    }

    /// <summary>The communicator of those processes that are on this machine, in the same order.</summary>
    public nint OnMachine(nint communicator)
    {
        nint part;
        Check(
            ((delegate* unmanaged[Cdecl]<nint, int, int, nint, nint*, int>)Symbol("MPI_Comm_split_type"))(
                communicator, SharedMemory, 0, Symbol("ompi_mpi_info_null"), &part),
            "MPI_Comm_split_type");
        return part;
    }

    /// <summary>Gives a communicator back.</summary>
    public void Free(nint communicator) =>
        Check(((delegate* unmanaged[Cdecl]<nint*, int>)Symbol("MPI_Comm_free"))(&communicator), "MPI_Comm_free");

    /// <summary>The number of this process in a communicator, from 0.</summary>
    public int Rank(nint communicator) => Ask("MPI_Comm_rank", communicator);

    /// <summary>Number of processes of a communicator.</summary>
    public int Size(nint communicator) => Ask("MPI_Comm_size", communicator);

    /// <summary>Replaces values by their sums over the processes.</summary>
    public void Sum(void* values, int count, nint type, nint communicator) =>
        Check(_allreduce(InPlace, values, count, type, Plus, communicator), "MPI_Allreduce");

    /// <summary>Replaces bytes by those of one process.</summary>
    public void Broadcast(void* bytes, int count, int from, nint communicator) =>
        Check(_broadcast(bytes, count, Byte, from, communicator), "MPI_Bcast");

    /// <summary>Waits for all processes.</summary>
    public void Barrier(nint communicator) =>
        Check(((delegate* unmanaged[Cdecl]<nint, int>)Symbol("MPI_Barrier"))(communicator), "MPI_Barrier");

    /// <summary>Ends all processes.</summary>
    public void Abort(nint communicator, int code) =>
        _ = ((delegate* unmanaged[Cdecl]<nint, int, int>)Symbol("MPI_Abort"))(communicator, code);

    // By default MPI itself ends all processes at an error, and says which; a host may have chosen that it returns.
    private static void Check(int code, string function)
    {
        if (code != 0)
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{function} failed with code {code}."));
        }
    }

    private int Ask(string function, nint communicator)
    {
        int answer;
        Check(((delegate* unmanaged[Cdecl]<nint, int*, int>)Symbol(function))(communicator, &answer), function);
        return answer;
    }

    private nint Symbol(string name) => NativeLibrary.GetExport(_library, name);
}
