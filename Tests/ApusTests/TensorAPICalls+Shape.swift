import ApusCore
import ApusTensor

extension TensorAPICalls {
  static func joining(_ f: Fixture, _ x: [Tensor]) -> Tensor? {
    let axis = f.int("axis")
    let part = f.int("part") ?? 0
    switch f.op {
    case "tiled": return x[0].tiled(f.ints("counts")!)
    case "repeated": return x[0].repeated(f.int("count")!, axis: axis!)
    case "rolled": return x[0].rolled(f.int("distance")!, axis: axis!)
    case "flipped": return x[0].flipped(axis: axis)
    case "splitSizes": return x[0].split(sizes: f.ints("sizes")!, axis: axis!)[part]
    case "chunked": return x[0].chunked(f.int("size")!, axis: axis!)[part]
    case "unstacked": return x[0].unstacked(axis: axis!)[part]
    case "paddedMode":
      let modes: [String: PaddingMode] = [
        "reflect": .reflect, "symmetric": .symmetric, "replicate": .replicate, "circular": .circular,
      ]
      let widths = f.ints("widths")!
      return x[0].padded([(widths[0], widths[1]), (widths[2], widths[3])], mode: modes[f.string("mode")!]!)
    case "meshGrid": return meshGrid(x, indexing: f.string("indexing") == "ij" ? .ij : .xy)[part]
    default: return nil
    }
  }

  static func matrices(_ f: Fixture, _ x: [Tensor]) -> Tensor? {
    let offset = f.int("offset") ?? 0
    switch f.op {
    case "upperTriangle": return x[0].upperTriangle(offset)
    case "lowerTriangle": return x[0].lowerTriangle(offset)
    case "diagonal": return x[0].diagonal(offset)
    case "diagonalAxes": return x[0].diagonal(offset, axes: (2, 0))
    case "diagonalMatrix": return x[0].diagonalMatrix(offset)
    case "trace": return x[0].trace(offset)
    case "kron": return x[0].kron(x[1])
    case "outer": return x[0].outer(x[1])
    case "dot": return x[0].dot(x[1])
    case "tensorDot": return x[0].tensorDot(x[1], axes: f.int("axes")!)
    case "tensorDotAxes": return x[0].tensorDot(x[1], axes: (f.ints("left")!, f.ints("right")!))
    case "einsum": return einsum(f.string("equation")!, x)
    default: return nil
    }
  }

  static func statistics(_ f: Fixture, _ x: [Tensor]) -> Tensor? {
    let axis = f.int("axis") ?? 0
    let correction = f.int("correction") ?? 0
    switch f.op {
    case "standardDeviation": return x[0].standardDeviation(axis: axis, correction: correction)
    case "covariance": return x[0].covariance(correction: correction)
    case "correlation": return x[0].correlation()
    case "norm": return x[0].norm(Double(f.string("order")!)!, axis: axis)
    case "nanSum": return x[0].nanSum(axes: [axis])
    case "nanMean": return x[0].nanMean(axes: [axis])
    case "isNaN": return x[0].isNaN()
    case "isInfinite": return x[0].isInfinite()
    case "isFinite": return x[0].isFinite()
    case "replacingNaN": return x[0].replacingNaN(with: 2, positive: 9, negative: -9)
    case "isClose": return x[0].isClose(to: x[1])
    case "isCloseNaN": return x[0].isClose(to: x[1], equalNaN: true)
    case "countNonZero": return x[0].countNonZero(axis: axis)
    case "all": return x[0].all(axis: axis)
    case "any": return x[0].any(axis: axis)
    default: return nil
    }
  }

  static func functions(_ f: Fixture, _ x: [Tensor]) -> Tensor? {
    switch f.op {
    case "modulo": return x[0].modulo(x[1])
    case "fmod": return x[0].fmod(x[1])
    case "floorDivide": return x[0].floorDivide(x[1])
    case "lerp": return x[0].lerp(to: x[1], f.double("weight")!)
    case "clamped": return x[0].clamped(x[1], x[2])
    case "atan2": return x[0].atan2(x[1])
    case "hypot": return hypot(x[0], x[1])
    case "logAddExp": return logAddExp(x[0], x[1])
    case "copyingSign": return x[0].copyingSign(of: x[1])
    case "cbrt": return x[0].cbrt()
    case "tan": return x[0].tan()
    case "sinh": return x[0].sinh()
    case "cosh": return x[0].cosh()
    case "asinh": return x[0].asinh()
    case "atan": return x[0].atan()
    case "exp2": return x[0].exp2()
    case "truncated": return x[0].truncated()
    case "reciprocal": return x[0].reciprocal()
    case "asin": return x[0].asin()
    case "acos": return x[0].acos()
    case "atanh": return x[0].atanh()
    case "erfInverse": return x[0].erfInverse()
    case "erf": return x[0].erf()
    case "erfc": return x[0].erfc()
    case "acosh": return x[0].acosh()
    case "log2": return x[0].log2()
    case "log10": return x[0].log10()
    case "lgamma": return x[0].lgamma()
    case "digamma": return x[0].digamma()
    case "logit": return x[0].logit()
    case "popCount": return x[0].popCount()
    default: return nil
    }
  }

  static func creation(_ f: Fixture) -> Tensor? {
    let (start, end) = (f.double("start") ?? 0, f.double("end") ?? 0)
    switch f.op {
    case "range": return .range(from: f.int("start")!, to: f.int("end")!, by: f.int("step")!)
    case "fractionRange": return .range(from: start, to: end, by: f.double("step")!)
    case "logspace": return .logspace(start, end, steps: f.int("steps")!, base: f.double("base")!)
    case "geomspace": return .geomspace(start, end, steps: f.int("steps")!)
    case "upperTriangularMask":
      return .upperTriangularMask(f.int("rows")!, f.int("columns")!, offset: f.int("offset")!)
    case "lowerTriangularMask":
      return .lowerTriangularMask(f.int("rows")!, f.int("columns")!, offset: f.int("offset")!)
    case "window":
      let (count, periodic) = (f.int("count")!, f.bool("periodic"))
      switch f.string("kind") {
      case "hann": return .hannWindow(count, periodic: periodic)
      case "hamming": return .hammingWindow(count, periodic: periodic)
      default: return .blackmanWindow(count, periodic: periodic)
      }
    default: return nil
    }
  }
}
