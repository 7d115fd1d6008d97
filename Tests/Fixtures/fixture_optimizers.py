"""What PyTorch's optimizers and schedules do in float64, and where it has none the papers' equations, written in NumPy.

    .venv/bin/python Tests/Fixtures/fixture_optimizers.py

writes optimizer_trajectories.json and schedules.json: parameters after 10, 20, ... 60 steps on the problem of
optimizers.json (as a vector of six, or a matrix of two rows), the ways of L-BFGS on Rosenbrock's function, and rates
and momenta of steps. The names of options are ours.
"""

from __future__ import annotations

import json
import math
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import torch

HERE = Path(__file__).resolve().parent
PROBLEM = json.loads((HERE / "optimizers.json").read_text())["problem"]
Array = numpy.ndarray
Options = dict[str, Any]
STEPS, STORED_EVERY = 60, 10

# What PyTorch calls our options.
NAMES = {
    "learningRate": "lr", "weightDecay": "weight_decay", "epsilon": "eps", "rateDecay": "lr_decay", "rho": "rho",
    "initialAccumulator": "initial_accumulator_value", "momentum": "momentum", "dampening": "dampening",
    "nesterov": "nesterov", "centered": "centered", "alpha": "alpha", "amsgrad": "amsgrad", "maximize": "maximize",
    "decoupledWeightDecay": "decoupled_weight_decay", "momentumDecay": "momentum_decay",
    "decayExponent": "beta2_decay", "clipping": "d", "decay": "lambd", "power": "alpha", "averagingStart": "t0",
    "iterations": "ns_steps",
}

CASES: list[tuple[str, Options]] = [
    ("SGD", {"learningRate": 0.05}),
    ("SGD", {"learningRate": 0.02, "momentum": 0.9, "weightDecay": 0.05}),
    ("SGD", {"learningRate": 0.02, "momentum": 0.9, "nesterov": True, "weightDecay": 0.01}),
    ("SGD", {"learningRate": 0.01, "momentum": 0.9, "dampening": 0.3}),
    ("SGD", {"learningRate": 0.001, "momentum": 0.5, "maximize": True}),
    ("Adam", {"learningRate": 0.05}),
    ("Adam", {"learningRate": 0.05, "weightDecay": 0.1, "amsgrad": True}),
    ("Adam", {"learningRate": 0.03, "beta1": 0.8, "beta2": 0.95, "maximize": True}),
    ("AdamW", {"learningRate": 0.05}),
    ("AdamW", {"learningRate": 0.05, "weightDecay": 0.2}),
    ("AdamW", {"learningRate": 0.05, "weightDecay": 0.2, "amsgrad": True, "maximize": True}),
    ("AdaGrad", {"learningRate": 0.2}),
    ("AdaGrad", {"learningRate": 0.3, "rateDecay": 0.05, "weightDecay": 0.1, "initialAccumulator": 0.2}),
    ("AdaGrad", {"learningRate": 0.1, "epsilon": 0.1, "maximize": True}),
    ("RMSProp", {"learningRate": 0.02}),
    ("RMSProp", {"learningRate": 0.02, "centered": True, "alpha": 0.9, "weightDecay": 0.1}),
    ("RMSProp", {"learningRate": 0.01, "momentum": 0.8, "epsilon": 1e-3}),
    ("RMSProp", {"learningRate": 0.01, "momentum": 0.8, "centered": True, "maximize": True}),
    ("AdaDelta", {}),
    ("AdaDelta", {"learningRate": 3.0, "rho": 0.8, "epsilon": 1e-4, "weightDecay": 0.1}),
    ("AdaDelta", {"maximize": True}),
    ("AdaMax", {"learningRate": 0.05}),
    ("AdaMax", {"learningRate": 0.05, "beta1": 0.8, "beta2": 0.9, "weightDecay": 0.1, "maximize": True}),
    ("NAdam", {"learningRate": 0.05}),
    ("NAdam", {"learningRate": 0.05, "momentumDecay": 0.02, "weightDecay": 0.1, "beta2": 0.95}),
    ("NAdam", {"learningRate": 0.05, "weightDecay": 0.1, "decoupledWeightDecay": True, "maximize": True}),
    ("RAdam", {"learningRate": 0.05}),
    ("RAdam", {"learningRate": 0.05, "weightDecay": 0.1, "beta2": 0.95}),
    ("RAdam", {"learningRate": 0.05, "weightDecay": 0.1, "decoupledWeightDecay": True, "maximize": True}),
    ("Adafactor", {"learningRate": 0.05}),
    ("Adafactor", {"learningRate": 0.1, "weightDecay": 0.1, "clipping": 1.5, "decayExponent": -0.5}),
    ("Adafactor", {"learningRate": 0.1, "maximize": True}),
    ("Muon", {"learningRate": 0.05}),
    ("Muon", {"learningRate": 0.02, "momentum": 0.8, "nesterov": False, "weightDecay": 0.0, "iterations": 3}),
    ("Muon", {"learningRate": 0.05, "matchesAdamW": True, "weightDecay": 0.3}),
    ("Rprop", {"learningRate": 0.02}),
    ("Rprop", {"learningRate": 0.1, "maximize": True}),
    ("AveragedSGD", {"learningRate": 0.05, "decay": 0.1, "averagingStart": 20}),
    ("AveragedSGD", {"learningRate": 0.05, "decay": 0.02, "power": 0.5, "weightDecay": 0.1, "averagingStart": 0}),
]

# Others take a vector.
SHAPES: dict[str, list[tuple[int, ...]]] = {"Adafactor": [(6,), (2, 3)], "Muon": [(2, 3), (3, 2)]}

# Those that PyTorch lacks, and ours beyond its options.
BY_HAND: list[tuple[str, Options]] = [
    ("Lion", {"learningRate": 0.01}),
    ("Lion", {"learningRate": 0.02, "beta1": 0.8, "beta2": 0.95, "weightDecay": 0.3}),
    ("LAMB", {"learningRate": 0.02}),
    ("LAMB", {"learningRate": 0.05, "weightDecay": 0.1, "beta2": 0.95}),
    ("NAdam", {"learningRate": 0.05, "constant": True}),
    ("AdaGrad", {"learningRate": 0.2, "epsilon": 0.1, "epsInsideSqrt": True}),
    ("RMSProp", {"learningRate": 0.02, "epsilon": 0.1, "epsInsideSqrt": True}),
    ("SGD", {"learningRate": 0.05, "weightDecay": 0.2, "decoupledWeightDecay": True}),
]


def gradient(w: Array) -> Array:
    a, b, c, k = (numpy.array(PROBLEM[letter]) for letter in "abck")
    return a * (w - c) - b * k * numpy.sin(k * w)


def torch_optimizer(name: str, options: Options, parameters: list[torch.Tensor]) -> torch.optim.Optimizer:
    given = {NAMES[key]: value for key, value in options.items() if key in NAMES}
    if "beta1" in options or "beta2" in options:
        given["betas"] = (options.get("beta1", 0.9), options.get("beta2", 0.999))
    if name == "Muon":
        if options.get("matchesAdamW"):
            given["adjust_lr_fn"] = "match_rms_adamw"
        return torch.optim.Muon(parameters, **given)
    kind = {"AdaGrad": "Adagrad", "RMSProp": "RMSprop", "AdaDelta": "Adadelta", "AdaMax": "Adamax", "AveragedSGD": "ASGD"}.get(name, name)
    return getattr(torch.optim, kind)(parameters, foreach=False, **given)


def without_rounding() -> None:
    """Lets Muon's iteration, which PyTorch has in bfloat16, be in float64."""
    wide = types.SimpleNamespace(**vars(torch))
    wide.bfloat16 = torch.float64
    sys.modules["torch.optim._muon"].torch = wide


def by_torch(name: str, options: Options, shape: tuple[int, ...]) -> Callable[[Array], Array]:
    w = torch.tensor(PROBLEM["start"], dtype=torch.float64).reshape(shape).requires_grad_()
    optimizer = torch_optimizer(name, options, [w])

    def step(g: Array) -> Array:
        w.grad = torch.tensor(g).reshape(shape)
        optimizer.step()
        return w.detach().numpy().ravel().copy()

    return step


def by_hand(name: str, options: Options) -> Callable[[Array], Array]:
    w = numpy.array(PROBLEM["start"])
    rate, decay = options["learningRate"], options.get("weightDecay", 0.0)
    beta1, beta2 = options.get("beta1", 0.9), options.get("beta2", 0.99 if name == "Lion" else 0.999)
    m, v, t = numpy.zeros(6), numpy.zeros(6), 0

    def lion(g: Array) -> Array:
        nonlocal m
        step = numpy.sign(beta1 * m + (1 - beta1) * g)
        m = beta2 * m + (1 - beta2) * g
        return rate * (step + decay * w)

    def moments(g: Array) -> tuple[Array, Array]:
        nonlocal m, v
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        return m / (1 - beta1**t), v / (1 - beta2**t)

    def lamb(g: Array) -> Array:
        first, second = moments(g)
        r = first / (numpy.sqrt(second) + 1e-6) + decay * w
        return rate * numpy.linalg.norm(w) / numpy.linalg.norm(r) * r

    def nadam(g: Array) -> Array:
        first, second = moments(g)
        return rate * (beta1 * first + (1 - beta1) * g / (1 - beta1**t)) / (numpy.sqrt(second) + 1e-8)

    def adagrad(g: Array) -> Array:
        nonlocal v
        v = v + g * g
        return rate * g / numpy.sqrt(v + options["epsilon"])

    def rmsprop(g: Array) -> Array:
        nonlocal v
        v = 0.99 * v + 0.01 * g * g
        return rate * g / numpy.sqrt(v + options["epsilon"])

    def sgd(g: Array) -> Array:
        return rate * g + rate * decay * w

    rules = {"Lion": lion, "LAMB": lamb, "NAdam": nadam, "AdaGrad": adagrad, "RMSProp": rmsprop, "SGD": sgd}

    def step(g: Array) -> Array:
        nonlocal w, t
        t += 1
        w = w - rules[name](g)
        return w

    return step


def trajectory(step: Callable[[Array], Array]) -> list[dict[str, Any]]:
    w, stored = numpy.array(PROBLEM["start"]), []
    for number in range(1, STEPS + 1):
        w = step(gradient(w))
        if number % STORED_EVERY == 0:
            stored.append({"step": number, "parameters": [float(x) for x in w]})
    return stored


def trajectories() -> list[dict[str, Any]]:
    cases = []
    for name, options in CASES:
        for shape in SHAPES.get(name, [(6,)]):
            cases.append(case(name, options, shape, "PyTorch", by_torch(name, options, shape)))
    for name, options in BY_HAND:
        cases.append(case(name, options, (6,), "NumPy", by_hand(name, options)))
    return cases


def case(name: str, options: Options, shape: tuple[int, ...], by: str, step: Callable[[Array], Array]) -> dict[str, Any]:
    """The names of options are ours."""
    return {"optimizer": name, "options": options, "shape": list(shape), "by": by, "trajectory": trajectory(step)}


def rosenbrock() -> list[dict[str, Any]]:
    """L-BFGS from (-1.2, 1): places after each step, and how often the loss was asked for."""
    cases = []
    for options in ({"search": "strongWolfe", "maxIterations": 4}, {"search": "strongWolfe", "maxIterations": 20},
                    {"search": "strongWolfe", "maxIterations": 3, "historySize": 2, "learningRate": 0.7},
                    {"search": "fixed", "maxIterations": 5, "learningRate": 0.1},
                    {"search": "fixed", "maxIterations": 1, "historySize": 6, "learningRate": 0.05}):
        w = torch.tensor([-1.2, 1.0], dtype=torch.float64, requires_grad=True)
        wolfe = {"line_search_fn": "strong_wolfe"} if options["search"] == "strongWolfe" else {}
        optimizer = torch.optim.LBFGS([w], lr=options.get("learningRate", 1), max_iter=options["maxIterations"],
                                      history_size=options.get("historySize", 100), **wolfe)

        def closure() -> torch.Tensor:
            optimizer.zero_grad()
            loss = 100 * (w[1] - w[0] ** 2) ** 2 + (1 - w[0]) ** 2
            loss.backward()
            return loss

        steps = []
        # The slow one is followed for as long as the other optimizers; the rest are at the bottom sooner.
        for _ in range(STEPS if options["maxIterations"] == 1 else 8):
            loss = float(optimizer.step(closure).detach())
            steps.append({"loss": loss, "parameters": w.detach().tolist(),
                          "evaluations": optimizer.state[w]["func_evals"]})
        cases.append({"options": options, "steps": steps})
    return cases


def line_searches() -> list[dict[str, Any]]:
    """Steepest descent on the valley 50 x^2 + y^2 / 2 from (1, 1), its rate searched for: by Armijo's rule or in a grid."""
    scale = numpy.array([100.0, 1.0])

    def loss(w: Array) -> float:
        return float((scale * w * w).sum() / 2)

    cases = []
    for options in ({"first": 1.0, "shrink": 0.5, "slope": 1e-4}, {"first": 0.3, "shrink": 0.7, "slope": 0.4},
                    {"grid": [0.3, 0.1, 0.017, 0.004, 0.0003]}):
        w, steps = numpy.array([1.0, 1.0]), []
        for _ in range(STEPS):
            g, before, rate = scale * w, loss(w), 0.0
            if "grid" in options:
                best, rate = min((loss(w - t * g), t) for t in options["grid"])
                rate = rate if best < before else 0.0
            else:
                rate = options["first"]
                while loss(w - rate * g) > before - options["slope"] * rate * float(g @ g):
                    rate *= options["shrink"]
            w = w - rate * g
            steps.append({"loss": before, "rate": rate, "parameters": [float(x) for x in w]})
        cases.append({"options": options, "steps": steps})
    return cases


def schedules() -> list[dict[str, Any]]:
    s = torch.optim.lr_scheduler
    made: list[tuple[str, Options, Callable[[Any], Any], bool]] = [
        ("base", {}, lambda o: s.ConstantLR(o, 1, 1), False),
        ("factor", {}, lambda o: s.LambdaLR(o, lambda t: 0.97**t * (1 + t % 3)), False),
        ("constant", {"factor": 0.25, "totalSteps": 7}, lambda o: s.ConstantLR(o, 0.25, 7), False),
        ("linear", {"startFactor": 0.1, "endFactor": 0.8, "totalSteps": 12},
         lambda o: s.LinearLR(o, 0.1, 0.8, 12), False),
        ("step", {"size": 6, "gamma": 0.5}, lambda o: s.StepLR(o, 6, 0.5), False),
        ("multiStep", {"milestones": [3, 4, 20], "gamma": 0.3}, lambda o: s.MultiStepLR(o, [3, 4, 20], 0.3), False),
        ("exponential", {"gamma": 0.93}, lambda o: s.ExponentialLR(o, 0.93), False),
        ("polynomial", {"totalSteps": 25, "power": 1.7}, lambda o: s.PolynomialLR(o, 25, 1.7), False),
        ("cosine", {"steps": 20, "minimumRate": 0.01}, lambda o: s.CosineAnnealingLR(o, 20, 0.01), False),
        ("cosineWithRestarts", {"firstSteps": 5, "multiplier": 2, "minimumRate": 0.01},
         lambda o: s.CosineAnnealingWarmRestarts(o, 5, 2, 0.01), False),
        ("cosineWithRestarts", {"firstSteps": 9, "multiplier": 1, "minimumRate": 0.0},
         lambda o: s.CosineAnnealingWarmRestarts(o, 9), False),
        ("cyclic", {"maxRate": 0.8, "stepsUp": 7, "stepsDown": 4, "momentum": [0.8, 0.9]},
         lambda o: s.CyclicLR(o, 0.1, 0.8, 7, 4), True),
        ("cyclic", {"maxRate": 0.8, "stepsUp": 6, "cycles": "triangular2", "momentum": [0.7, 0.95]},
         lambda o: s.CyclicLR(o, 0.1, 0.8, 6, mode="triangular2", base_momentum=0.7, max_momentum=0.95), True),
        ("cyclic", {"maxRate": 0.8, "stepsUp": 6, "stepsDown": 9, "cycles": "exponentialRange", "gamma": 0.97},
         lambda o: s.CyclicLR(o, 0.1, 0.8, 6, 9, mode="exp_range", gamma=0.97, cycle_momentum=False), False),
        ("oneCycle", {"maxRate": 0.9, "totalSteps": 60, "momentum": [0.85, 0.95]},
         lambda o: s.OneCycleLR(o, 0.9, 60), True),
        ("oneCycle", {"maxRate": 0.9, "totalSteps": 60, "momentum": [0.8, 0.9], "annealing": "linear",
                      "risingShare": 0.4, "divisor": 10, "finalDivisor": 50, "threePhases": True},
         lambda o: s.OneCycleLR(o, 0.9, 60, pct_start=0.4, anneal_strategy="linear", base_momentum=0.8,
                                max_momentum=0.9, div_factor=10, final_div_factor=50, three_phase=True), True),
        ("inverseTime", {"decay": 0.2}, lambda o: s.LambdaLR(o, lambda t: 1 / (1 + 0.2 * t)), False),
        ("inverseSquareRoot", {"warmupSteps": 10, "features": 16},
         lambda o: s.LambdaLR(o, lambda t: 16**-0.5 * min((t + 1) ** -0.5, (t + 1) * 10**-1.5)), False),
        ("sequence", {}, lambda o: s.SequentialLR(
            o, [s.LinearLR(o, 0.1, 1, 5), s.ExponentialLR(o, 0.9), s.StepLR(o, 4, 0.5)], [5, 20]), False),
        ("chain", {}, lambda o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 4), s.ExponentialLR(o, 0.9)]), False),
        ("risingMomentum", {"most": 0.9}, None, True),
    ]
    return [{"schedule": name, "options": options} | table(make, has_momentum) for name, options, make, has_momentum in made]


def table(make: Callable[[Any], Any] | None, has_momentum: bool) -> dict[str, Any]:
    """Rates of two groups, whose base rates are 0.1 and 0.4 where the schedule counts them, and momenta."""
    if make is None:
        # Sutskever et al. 2013, section 3, every hundred steps.
        steps = list(range(0, 3000, 100))
        return {"steps": steps, "momenta": [min(1 - 2 ** (-1 - math.log2(t // 250 + 1)), 0.9) for t in steps]}
    w = [torch.zeros(1, requires_grad=True) for _ in range(2)]
    optimizer = torch.optim.SGD([{"params": [w[0]]}, {"params": [w[1]], "lr": 0.4}], lr=0.1, momentum=0.9)
    scheduler = make(optimizer)
    rates, momenta = [], []
    for _ in range(55):
        rates.append([group["lr"] for group in optimizer.param_groups])
        momenta.append(optimizer.param_groups[0]["momentum"])
        optimizer.step()
        scheduler.step()
    return {"rates": rates} | ({"momenta": momenta} if has_momentum else {})


def plateaus() -> list[dict[str, Any]]:
    measured = [1.0, 0.8, 0.7, 0.7, 0.71, 0.7, 0.69, 0.9, 0.9, 0.9, 0.9, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6]
    measured += [round(0.6 - 0.004 * k + 0.02 * (7 * k % 5), 4) for k in range(35)]
    cases = []
    for options, given in [
        ({"factor": 0.5, "patience": 0}, {"factor": 0.5, "patience": 0}),
        ({"factor": 0.1, "patience": 2, "cooldown": 2, "minimumRate": 0.002},
         {"factor": 0.1, "patience": 2, "cooldown": 2, "min_lr": 0.002}),
        ({"mode": "max", "factor": 0.3, "patience": 1, "absolute": 0.05},
         {"mode": "max", "factor": 0.3, "patience": 1, "threshold": 0.05, "threshold_mode": "abs"}),
        ({"factor": 0.5, "patience": 1, "relative": 0.1}, {"factor": 0.5, "patience": 1, "threshold": 0.1}),
    ]:
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **given)
        rates = []
        for value in measured:
            scheduler.step(value)
            rates.append(optimizer.param_groups[0]["lr"])
        cases.append({"options": options, "measured": measured, "rates": rates})
    return cases


def averages() -> list[dict[str, Any]]:
    """PyTorch's averaged models over the values 1, 4, 2, 8, 5, 7."""
    from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, get_swa_multi_avg_fn

    cases = []
    for rule, function in (("exponential", get_ema_multi_avg_fn(0.9)), ("equal", get_swa_multi_avg_fn())):
        model = torch.nn.Linear(1, 1, bias=False, dtype=torch.float64)
        averaged, values = AveragedModel(model, multi_avg_fn=function), []
        for value in (1.0, 4.0, 2.0, 8.0, 5.0, 7.0):
            torch.nn.init.constant_(model.weight, value)
            averaged.update_parameters(model)
            values.append(float(next(averaged.module.parameters()).detach()))
        cases.append({"rule": rule, "values": values})
    return cases


def clipping() -> list[dict[str, Any]]:
    cases = []
    for order, limit in ((2.0, 1.0), (2.0, 100.0), (1.0, 3.0), (math.inf, 0.5)):
        w = [torch.zeros(3, dtype=torch.float64), torch.zeros((2, 2), dtype=torch.float64)]
        gradients = [[3.0, -4.0, 1.0], [[0.5, 2.0], [-1.0, 6.0]]]
        for parameter, values in zip(w, gradients):
            parameter.grad = torch.tensor(values, dtype=torch.float64)
        norm = float(torch.nn.utils.clip_grad_norm_(w, limit, order))
        cases.append({"order": "inf" if order == math.inf else order, "limit": limit, "norm": norm,
                      "clipped": [x.grad.ravel().tolist() for x in w]})
    return cases


def write(name: str, parts: dict[str, list[dict[str, Any]]], header: dict[str, Any]) -> None:
    version = f"fixture_optimizers.py, PyTorch {torch.__version__.split('+')[0]}, NumPy {numpy.__version__}"
    lines = [f'"writtenBy": {json.dumps(version)}'] + [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in header.items()]
    for part, cases in parts.items():
        rows = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
        lines.append(f"{json.dumps(part)}: [\n{rows}\n]")
    (HERE / f"{name}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"{name}.json:", ", ".join(f"{len(cases)} {part}" for part, cases in parts.items()))


if __name__ == "__main__":
    without_rounding()
    write("optimizer_trajectories", {"trajectories": trajectories(), "rosenbrock": rosenbrock(), "lineSearches": line_searches()}, {"problem": PROBLEM})
    write("schedules", {"schedules": schedules(), "plateaus": plateaus(), "averages": averages(),
                        "clipping": clipping()}, {})
