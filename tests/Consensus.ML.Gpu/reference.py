"""Times the published network as the machine's PyTorch runs it. Holds no code of its authors: it calls theirs in the folder REF.

    reference.py REF NETWORK DEVICE SECONDS OUT.json

Writes after each measurement, so that a time limit loses nothing. A pass draws the map of every level of one image, whose encoding is
kept, as the published sampler does. A training step is the forward and backward pass of a batch, AdamW, and the moving average of the
weights; its loss is a mean of squares, since the real loss costs next to nothing.
"""

import json
import os
import statistics
import sys
import time

import torch

NETWORKS = {
    "s64-l64": dict(size=64, channels=64, blocks=2, rrdb=2, levels=7, batch=4),
    "paper": dict(size=256, channels=128, blocks=3, rrdb=8, levels=7, batch=4),
    "toy": dict(size=32, channels=32, blocks=1, rrdb=1, levels=2, batch=1),
}


def create(ref, shape, device):
    """The published model, made by the published code."""
    sys.path.insert(0, ref)
    from improved_diffusion.script_util import create_model_and_diffusion, model_and_diffusion_defaults

    settings = model_and_diffusion_defaults()
    settings.update(
        image_size=shape["size"], num_channels=shape["channels"], num_res_blocks=shape["blocks"], rrdb_blocks=shape["rrdb"],
        deeper_net=True, learn_sigma=True, number_of_annotators=shape["levels"], consensus_training=True, annotators_training=False)
    return create_model_and_diffusion(**settings)[0].to(device)


def wait(device):
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)


def median_ms(work, device, seconds):
    """The median time after a first call, of at least three calls."""
    work()
    wait(device)
    times, begin = [], time.perf_counter()
    while len(times) < 3 or (time.perf_counter() - begin < seconds and len(times) < 100):
        before = time.perf_counter()
        work()
        wait(device)
        times.append(1000 * (time.perf_counter() - before))
    return statistics.median(times)


def measure(model, forward, shape, device, autocast, seconds):
    """Times of a pass and of a training step in one way of running."""
    size, levels, batch = shape["size"], shape["levels"], shape["batch"]
    kind = device.split(":")[0]

    def cast():
        return torch.autocast(kind, dtype=torch.bfloat16, enabled=autocast)

    def inputs(count):
        draw = lambda: torch.randn(count, 1, size, size, device=device)
        return draw(), draw(), torch.full((count,), 50, device=device), torch.arange(count, device=device) % levels + 1

    found = {}
    noisy, image, times, wanted = inputs(levels)
    with torch.no_grad(), cast():
        model.cache_rrdb_result = model.rrdb(image[:1])
        found["encoderMs"] = median_ms(lambda: model.rrdb(image[:1]), device, seconds / 4)
        found["passMs"] = median_ms(
            lambda: forward(noisy, times, wanted, conditioned_image=image, inference=True), device, seconds)
    model.cache_rrdb_result = None

    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, weight_decay=0)
    average = [value.detach().clone() for value in model.parameters()]
    noisy, image, times, wanted = inputs(batch)

    def step():
        optimizer.zero_grad()
        with cast():
            output = forward(noisy, times, wanted, conditioned_image=image)
        output.float().square().mean().backward()
        optimizer.step()
        with torch.no_grad():
            torch._foreach_mul_(average, 0.9999)
            torch._foreach_add_(average, [value.detach() for value in model.parameters()], alpha=0.0001)

    if kind == "cuda":
        torch.cuda.reset_peak_memory_stats()
    torch.backends.cudnn.benchmark = True  # as in our training, whose shapes stay the same
    found["trainingStepMs"] = median_ms(step, device, seconds)
    torch.backends.cudnn.benchmark = False
    if kind == "cuda":
        found["peakDeviceMemoryMb"] = torch.cuda.max_memory_allocated() / 2**20
    return found


def main():
    ref, network, device, limit, out = sys.argv[1:6]
    begin, limit, shape = time.perf_counter(), float(limit), NETWORKS[network]
    found = dict(shape, torch=torch.__version__, device=torch.cuda.get_device_name() if device.startswith("cuda") else device)
    each = limit / 12

    def write():
        with open(out + ".part", "w", encoding="utf-8") as file:
            json.dump(found, file, indent=1)
        os.replace(out + ".part", out)

    write()
    model = create(ref, shape, device)
    ways = [("eager", False, False, False), ("bfloat16 autocast", True, False, False), ("eager, TF32", False, True, False),
            ("compiled", True, False, True)]
    for name, autocast, tf32, compiled in ways:
        if time.perf_counter() - begin > limit * 0.85:
            found[name] = "no time was left"
            continue
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
        try:
            forward = torch.compile(model) if compiled else model
            found[name] = measure(model, forward, shape, device, autocast, each)
        except Exception as problem:  # what does not work here is said, and the rest goes on
            found[name] = f"{type(problem).__name__}: {problem}".splitlines()[0]
            model.cache_rrdb_result = None
        write()
    write()


main()
