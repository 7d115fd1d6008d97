"""What PyTorch makes of linear algebra and Fourier transforms in float64: `python fixture_linear_algebra.py`.

Each case has a call, its inputs, the outputs (of factorizations those parts that do not depend on a choice of signs) and
the gradients of the inputs for the cotangents given. Complex numbers are a last axis of size two.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import torch

Tensor = torch.Tensor
L = torch.linalg
random = numpy.random.default_rng(20261121)


def normal(*shape: int) -> Tensor:
    return torch.tensor(random.standard_normal(shape), dtype=torch.float64).round(decimals=3)


def definite(*shape: int) -> Tensor:
    a = normal(*shape)
    return a @ a.mT + torch.eye(shape[-1], dtype=torch.float64)


def regular(*shape: int) -> Tensor:
    return normal(*shape) + 3 * torch.eye(shape[-1], dtype=torch.float64)


def symmetric(a: Tensor) -> Tensor:
    return (a + a.mT) / 2


def from_eigen(a: Tensor) -> list[Tensor]:
    """The values, and a function of the vectors that their signs do not change."""
    w, v = L.eigh(symmetric(a))
    return [w, v**2]


def from_svd(a: Tensor) -> list[Tensor]:
    u, s, vt = L.svd(a, full_matrices=False)
    return [s, u**2, vt**2, u @ vt]


def complexes(f: Callable[..., Tensor], **options: Any) -> Callable[[Tensor], list[Tensor]]:
    """A function of complex numbers as one of pairs."""
    def body(x: Tensor) -> list[Tensor]:
        y = f(torch.view_as_complex(x.contiguous()), **options)
        return [torch.view_as_real(y) if y.is_complex() else y]
    return body


def reals(f: Callable[..., Tensor], **options: Any) -> Callable[[Tensor], list[Tensor]]:
    return lambda x: [torch.view_as_real(f(x, **options))]


def array(x: Tensor) -> dict[str, Any]:
    x = x.detach()
    dtype = "float64" if x.dtype == torch.float64 else "int32"
    return {"shape": list(x.shape), "dtype": dtype, "values": x.reshape(-1).tolist()}


def case(op: str, body: Callable[..., list[Tensor]], inputs: list[Tensor], **attributes: Any) -> dict[str, Any]:
    variables = [x.clone().requires_grad_() for x in inputs]
    outputs = body(*variables)
    seeds = [normal(*y.shape) if y.dtype == torch.float64 and y.requires_grad else None for y in outputs]
    pairs = [(y, seed) for y, seed in zip(outputs, seeds) if seed is not None]
    gradients: list[Tensor | None] = [None] * len(inputs)
    if pairs:
        gradients = list(torch.autograd.grad([y for y, _ in pairs], variables, [s for _, s in pairs], allow_unused=True))
    return {
        "op": op,
        "attributes": attributes,
        "inputs": [array(x) for x in inputs],
        "outputs": [array(y) for y in outputs],
        "cotangents": [None if s is None else array(s) for s in seeds],
        "gradients": [None if g is None else array(g) for g in gradients],
    }


def factorizations() -> list[dict[str, Any]]:
    cases = []
    for shape in [(1, 1), (4, 4), (2, 3, 3)]:
        cases.append(case("choleskyFactor", lambda a: [L.cholesky(symmetric(a))], [definite(*shape)]))
    for shape in [(1, 1), (5, 3), (4, 4), (3, 5), (2, 4, 3)]:
        cases.append(case("qr", lambda a: list(L.qr(a)), [normal(*shape)]))
    for shape in [(5, 3), (4, 4), (3, 5), (2, 4, 3)]:
        cases.append(case("svd", from_svd, [normal(*shape)]))
        cases.append(case("singularValues", lambda a: [L.svdvals(a)], [normal(*shape)]))
    for shape in [(1, 1), (4, 4), (2, 3, 3)]:
        cases.append(case("symmetricEigen", from_eigen, [normal(*shape)]))
        cases.append(case("symmetricEigenvalues", lambda a: [L.eigvalsh(symmetric(a))], [normal(*shape)]))
    return cases


def solutions() -> list[dict[str, Any]]:
    cases = []
    for a, b in [((3, 3), (3,)), ((3, 3), (3, 2)), ((2, 3, 3), (2, 3, 2)), ((3, 3), (2, 3, 2)), ((2, 3, 3), (3, 1))]:
        cases.append(case("solve", lambda a, b: [L.solve(a, b)], [regular(*a), normal(*b)]))
    for upper in (False, True):
        for transposed in (False, True):
            for unit in (False, True):
                def triangular(a: Tensor, b: Tensor) -> list[Tensor]:
                    a = torch.triu(a) if upper else torch.tril(a)
                    return [L.solve_triangular(a.mT if transposed else a, b, upper=upper != transposed, unitriangular=unit)]
                cases.append(case("solveTriangular", triangular, [regular(2, 3, 3), normal(2, 3, 2)],
                                  upper=upper, transposed=transposed, unitDiagonal=unit))
    for shape in [(1, 1), (4, 4), (2, 3, 3)]:
        cases.append(case("inverse", lambda a: [L.inv(a)], [regular(*shape)]))
        cases.append(case("determinant", lambda a: [L.det(a)], [normal(*shape)]))
        cases.append(case("logDeterminant", lambda a: list(L.slogdet(a)), [normal(*shape)]))
        cases.append(case("matrixExponential", lambda a: [L.matrix_exp(a)], [normal(*shape)]))
    cases.append(case("matrixExponential", lambda a: [L.matrix_exp(a)], [0.01 * normal(3, 3)]))
    cases.append(case("matrixExponential", lambda a: [L.matrix_exp(a)], [4 * normal(3, 3)]))
    for power in (0, 1, 2, 5, -1, -3):
        cases.append(case("matrixPower", lambda a: [L.matrix_power(a, power)], [regular(2, 3, 3)], exponent=power))
    low = normal(5, 2) @ normal(2, 4)
    for a in [normal(5, 3), normal(3, 3), normal(3, 5), normal(2, 4, 3)]:
        cases.append(case("pseudoInverse", lambda a: [L.pinv(a)], [a]))
        b = normal(*a.shape[:-1], 2)
        cases.append(case("leastSquares", lambda a, b: [L.pinv(a) @ b], [a, b]))
        cases.append(case("conditionNumber", lambda a: [L.cond(a)], [a]))
        cases.append(case("matrixRank", lambda a: [L.matrix_rank(a)], [a]))
    cases.append(case("pseudoInverse", lambda a: [L.pinv(a, rtol=1e-10)], [low], tolerance=1e-10))
    cases.append(case("matrixRank", lambda a: [L.matrix_rank(a)], [low]))
    return cases


NORMS = ("backward", "ortho", "forward")


def transforms() -> list[dict[str, Any]]:
    f, cases = torch.fft, []
    for n in (1, 2, 3, 4, 5, 7, 8, 12, 16, 17, 19, 22, 23, 24, 45):
        norm = NORMS[n % 3]
        cases.append(case("fft", complexes(f.fft, norm=norm), [normal(n, 2)], norm=norm, axes=[-1]))
        cases.append(case("inverseFFT", complexes(f.ifft, norm=norm), [normal(2, n, 2)], norm=norm, axes=[-1]))
        cases.append(case("realFFT", reals(f.rfft, norm=norm), [normal(2, n)], norm=norm, axes=[-1]))
        cases.append(case("inverseRealFFT", complexes(f.irfft, n=n, norm=norm), [normal(n // 2 + 1, 2)],
                          norm=norm, axes=[-1], counts=[n]))
    for norm in NORMS:
        cases.append(case("fft", complexes(f.fft, dim=0, norm=norm), [normal(6, 3, 2)], norm=norm, axes=[0]))
        cases.append(case("fft", complexes(f.fft2, norm=norm), [normal(2, 3, 4, 2)], norm=norm, axes=[-2, -1]))
        cases.append(case("inverseFFT", complexes(f.ifftn, norm=norm), [normal(2, 3, 4, 2)], norm=norm, axes=[0, 1, 2]))
        cases.append(case("realFFT", reals(f.rfft2, norm=norm), [normal(2, 4, 5)], norm=norm, axes=[-2, -1]))
        cases.append(case("realFFT", reals(f.rfftn, norm=norm, dim=(2, 0)), [normal(3, 2, 4)], norm=norm, axes=[2, 0]))
        cases.append(case("inverseRealFFT", complexes(f.irfft2, s=(4, 5), norm=norm), [normal(2, 4, 3, 2)],
                          norm=norm, axes=[-2, -1], counts=[4, 5]))
    cases.append(case("fft", complexes(f.fft, n=5), [normal(3, 2)], norm="backward", axes=[-1], counts=[5]))
    cases.append(case("fft", complexes(f.fft, n=3), [normal(5, 2)], norm="backward", axes=[-1], counts=[3]))
    cases.append(case("realFFT", reals(f.rfft, n=8), [normal(5)], norm="backward", axes=[-1], counts=[8]))
    for n in (1, 4, 5):
        cases.append(case("fftShift", lambda x: [f.fftshift(x)], [normal(n, 3)]))
        cases.append(case("inverseFFTShift", lambda x: [f.ifftshift(x)], [normal(3, n)]))
        for name, body in (("fftFrequencies", f.fftfreq), ("realFFTFrequencies", f.rfftfreq)):
            cases.append(case(name, lambda: [body(n, 0.5, dtype=torch.float64)], [], count=n, spacing=0.5))
    return cases


if __name__ == "__main__":
    rows = [json.dumps(row, separators=(",", ":")) for row in factorizations() + solutions() + transforms()]
    header = f'"writtenBy": "fixture_linear_algebra.py, PyTorch {torch.__version__.split("+")[0]}"'
    path = Path(__file__).parent / "linear_algebra.json"
    path.write_text("{\n" + header + ',\n"cases": [\n' + ",\n".join(rows) + "\n]}\n")
    print(len(rows), "cases")
