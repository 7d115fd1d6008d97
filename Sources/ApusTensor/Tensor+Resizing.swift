import ApusCore

/// How values between the elements of a tensor are made when it is resized.
public enum Interpolation: String, Hashable, Sendable, CaseIterable {
  /// The element at ⌊place⌋, as PyTorch's `nearest`.
  case nearest
  /// The element whose middle is nearest, as PyTorch's `nearest-exact`.
  case nearestExact
  /// Between the two neighbours on each axis: PyTorch's linear, bilinear and trilinear.
  case linear
  /// Between four neighbours on each axis, by Keys' kernel (1981) with a = −0.75: PyTorch's bicubic.
  case cubic
}

extension Tensor {
  /// The spatial axes of `[batch, spatial…, channels]` resized to `sizes`, PyTorch's `interpolate`.
  ///
  /// - Parameters:
  ///   - alignCorners: Whether the middles of the outermost elements stay where they are, rather than the outer edges;
  ///     for linear and cubic interpolation.
  ///   - scale: The factor of each axis that places are computed by; output size over input size unless given.
  public func resized(
    to sizes: [Int], _ interpolation: Interpolation = .linear, alignCorners: Bool = false, scale: [Double]? = nil
  ) -> Tensor {
    guard rank >= 3, sizes.count == rank - 2, scale.map({ $0.count == sizes.count }) ?? true else {
      return Mistakes.report(
        OpError("resized: \(shape) to \(sizes), expected [batch, spatial…, channels] and a size of each spatial axis"))
    }
    guard sizes.allSatisfy({ $0 >= 1 }), shape[1...sizes.count].allSatisfy({ $0 >= 1 }) else {
      return Mistakes.report(OpError("resized: \(shape) to \(sizes), expected sizes of at least 1"))
    }
    guard !alignCorners || interpolation == .linear || interpolation == .cubic else {
      return Mistakes.report(
        OpError("resized: alignCorners means nothing to \(interpolation) interpolation. Leave it out, or use .linear"))
    }
    return sizes.enumerated().reduce(floating) { x, entry in
      let axis = ResizedAxis(
        x.shape[entry.offset + 1], entry.element, alignCorners: alignCorners, scale: scale?[entry.offset])
      return x.resized(axis: entry.offset + 1, axis, interpolation)
    }
  }

  /// The spatial axes made so many times as large, PyTorch's `interpolate` with a `scale_factor`: size ⌊size · scale⌋.
  public func resized(by scale: [Double], _ interpolation: Interpolation = .linear, alignCorners: Bool = false)
    -> Tensor
  {
    guard rank >= 3, scale.count == rank - 2, scale.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      return Mistakes.report(
        OpError(
          "resized: \(shape) by \(scale), expected [batch, spatial…, channels] and a factor above 0 of each spatial axis"
        ))
    }
    let sizes = zip(shape.dropFirst(), scale).map { Int((Double($0) * $1).rounded(.down)) }
    return resized(to: sizes, interpolation, alignCorners: alignCorners, scale: scale)
  }

  private func resized(axis: Int, _ resizing: ResizedAxis, _ interpolation: Interpolation) -> Tensor {
    if interpolation == .nearest || interpolation == .nearestExact {
      let places = resizing.nearest(isExact: interpolation == .nearestExact)
      return gathered(Tensor(places.map(Int32.init)), axis: axis)
    }
    if resizing.input == resizing.output, resizing.isIdentity { return self }
    var column = [Int](repeating: 1, count: rank)
    column[axis] = resizing.output
    let taps = interpolation == .linear ? resizing.linear : resizing.cubic
    return taps.dropFirst().reduce(weighted(taps[0], axis, column)) { $0 + weighted($1, axis, column) }
  }

  private func weighted(_ tap: ResizedAxis.Tap, _ axis: Int, _ column: [Int]) -> Tensor {
    let weights = Tensor(tap.weights.map(Float.init)).cast(to: dtype).reshaped(to: Shape(column))
    return gathered(Tensor(tap.places.map(Int32.init)), axis: axis) * weights
  }
}

/// Which elements of an axis make each element of the resized one.
private struct ResizedAxis {
  /// One neighbour of each result: where it is and how much of it counts.
  struct Tap {
    var places: [Int] = []
    var weights: [Double] = []
  }

  let input: Int
  let output: Int
  private let alignCorners: Bool
  /// How far it is in the input from one result to the next.
  private let step: Double

  init(_ input: Int, _ output: Int, alignCorners: Bool, scale: Double?) {
    (self.input, self.output, self.alignCorners) = (input, output, alignCorners)
    if alignCorners {
      step = output > 1 ? Double(input - 1) / Double(output - 1) : 0
    } else {
      step = scale.map { 1 / $0 } ?? Double(input) / Double(output)
    }
  }

  var isIdentity: Bool { input == output && (step == 1 || input == 1) }

  func nearest(isExact: Bool) -> [Int] {
    (0..<output).map { place in
      Swift.min(Int(((Double(place) + (isExact ? 0.5 : 0)) * step).rounded(.down)), input - 1)
    }
  }

  private func source(_ place: Int) -> Double {
    alignCorners ? Double(place) * step : (Double(place) + 0.5) * step - 0.5
  }

  var linear: [Tap] {
    var (low, high) = (Tap(), Tap())
    for place in 0..<output {
      let source = Swift.max(0, source(place))
      let first = Swift.min(Int(source), input - 1)
      let share = Swift.min(1, source - Double(first))
      low.places.append(first)
      low.weights.append(1 - share)
      high.places.append(Swift.min(first + 1, input - 1))
      high.weights.append(share)
    }
    return [low, high]
  }

  var cubic: [Tap] {
    var taps = [Tap](repeating: Tap(), count: 4)
    for place in 0..<output {
      let source = source(place)
      let first = source.rounded(.down)
      for (number, weight) in ResizedAxis.cubicWeights(source - first).enumerated() {
        taps[number].places.append(Swift.min(Swift.max(Int(first) - 1 + number, 0), input - 1))
        taps[number].weights.append(weight)
      }
    }
    return taps
  }

  /// Of the four neighbours of a place that is so far behind the second.
  private static func cubicWeights(_ t: Double) -> [Double] {
    let a = -0.75
    func near(_ x: Double) -> Double { ((a + 2) * x - (a + 3)) * x * x + 1 }
    func far(_ x: Double) -> Double { ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
    return [far(t + 1), near(t), near(1 - t), far(2 - t)]
  }
}
