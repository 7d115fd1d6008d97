import ApusNN
import ApusTensor

/// A function of one number as a sum of towers: a network with one hidden layer of sigmoid neurons whose weights are
/// written down, not trained (Cybenko 1989; the construction as in Nielsen 2015, chapter 4).
///
/// Tower i is h·σ(s(x − a)) − h·σ(s(x − b)): two sigmoid neurons with the weight s and the biases −s·a and −s·b step up
/// at a and down at b. A continuous function on a compact interval is approximated as closely as wished when there are
/// enough towers, each steep enough.
public final class TowerNetwork: Module, Layer {
  /// Two sigmoid neurons for each tower.
  public let hidden: Linear
  /// The heights, up and down.
  public let output: Linear
  public let towers: [Tower]

  /// A tower's interval and height.
  public struct Tower: Hashable, Sendable {
    public let interval: ClosedRange<Double>
    public let height: Double

    public init(_ interval: ClosedRange<Double>, height: Double) { (self.interval, self.height) = (interval, height) }
  }

  /// - Parameter steepness: The weight s of the sigmoid neurons.
  public init(_ towers: [Tower], steepness: Double) {
    precondition(!towers.isEmpty, "TowerNetwork: no towers")
    self.towers = towers
    var key = RandomKey(0)
    hidden = Linear(1, 2 * towers.count, key: &key)
    output = Linear(2 * towers.count, 1, key: &key)
    super.init()
    let edges = towers.flatMap { [$0.interval.lowerBound, $0.interval.upperBound] }
    hidden.weight = .full(steepness, [edges.count, 1], dtype: .float64)
    hidden.bias = Tensor(edges.map { -steepness * $0 }, dtype: .float64)
    output.weight = Tensor(towers.flatMap { [$0.height, -$0.height] }, shape: [1, edges.count], dtype: .float64)
    output.bias = Tensor([0], dtype: .float64)
  }

  /// Towers side by side over an interval, each as high as the function at its middle.
  ///
  /// The outermost reach half an interval further, where nothing is approximated, so that their slopes lie outside.
  /// - Parameters:
  ///   - f: Elementwise, on `float64`.
  ///   - steepness: By default 40 / the towers' width: each step takes about a tenth of a tower.
  public convenience init(
    approximating f: (Tensor) -> Tensor, over interval: ClosedRange<Double>, count: Int, steepness: Double? = nil
  ) {
    precondition(count > 0, "TowerNetwork: \(count) towers, expected at least 1")
    let length = interval.upperBound - interval.lowerBound
    let width = length / Double(count)
    func edge(_ index: Int) -> Double {
      let outside = index == 0 ? -length / 2 : index == count ? length / 2 : 0
      return interval.lowerBound + Double(index) * width + outside
    }
    let middles = (Tensor.range(count, dtype: .float64) + 0.5) * width + interval.lowerBound
    let towers = f(middles).doubles().enumerated().map { index, height in
      Tower(edge(index)...edge(index + 1), height: height)
    }
    self.init(towers, steepness: steepness ?? 40 / width)
  }

  /// `[…, 1]` to `[…, 1]`, `float64`.
  public func callAsFunction(_ x: Tensor) -> Tensor { output(hidden(x).sigmoid()) }

  /// The values at these places, `[places]`.
  public func values(at places: Tensor) -> Tensor { self(places.expandingAxis(1)).squeezed([1]) }

  /// The largest distance from a function, at `samples` evenly spaced places of an interval.
  public func supError(
    from f: (Tensor) -> Tensor, over interval: ClosedRange<Double>, samples: Int = 2001
  ) -> Double {
    let places = Tensor.linspace(interval.lowerBound, interval.upperBound, steps: samples, dtype: .float64)
    return (f(places) - values(at: places)).abs().max().item()
  }
}

/// A function of two numbers as a sum of closed towers: four sigmoid neurons make a cross of height 2 over a rectangle,
/// 1 over its arms and 0 elsewhere, and one more sigmoid neuron, with a threshold of 3/2, leaves the rectangle alone.
public final class PlaneTowerNetwork: Module, Layer {
  /// Four sigmoid neurons for each tower: up and down along x, up and down along y.
  public let edges: Linear
  /// One sigmoid neuron for each tower.
  public let thresholds: Linear
  /// The heights.
  public let output: Linear

  /// A tower's rectangle and height.
  public struct Tower: Hashable, Sendable {
    public let x: ClosedRange<Double>
    public let y: ClosedRange<Double>
    public let height: Double

    public init(x: ClosedRange<Double>, y: ClosedRange<Double>, height: Double) {
      (self.x, self.y, self.height) = (x, y, height)
    }
  }

  /// - Parameters:
  ///   - steepness: The weight of the first sigmoid neurons.
  ///   - thresholdSteepness: The weight of those that leave the rectangle alone.
  public init(_ towers: [Tower], steepness: Double, thresholdSteepness: Double = 40) {
    precondition(!towers.isEmpty, "PlaneTowerNetwork: no towers")
    let count = towers.count
    var key = RandomKey(0)
    edges = Linear(2, 4 * count, key: &key)
    thresholds = Linear(4 * count, count, key: &key)
    output = Linear(count, 1, key: &key)
    super.init()
    let directions = towers.flatMap { _ -> [Double] in [steepness, 0, steepness, 0, 0, steepness, 0, steepness] }
    let places = towers.flatMap { tower -> [Double] in
      [tower.x.lowerBound, tower.x.upperBound, tower.y.lowerBound, tower.y.upperBound]
    }
    edges.weight = Tensor(directions, shape: [4 * count, 2], dtype: .float64)
    edges.bias = Tensor(places.map { -steepness * $0 }, dtype: .float64)
    var sums = [Double](repeating: 0, count: 4 * count * count)
    for tower in 0..<count {
      for (number, sign) in [1.0, -1, 1, -1].enumerated() {
        sums[tower * 4 * count + 4 * tower + number] = sign * thresholdSteepness
      }
    }
    thresholds.weight = Tensor(sums, shape: [count, 4 * count], dtype: .float64)
    thresholds.bias = Tensor([Double](repeating: -1.5 * thresholdSteepness, count: count), dtype: .float64)
    output.weight = Tensor(towers.map(\.height), shape: [1, count], dtype: .float64)
    output.bias = Tensor([0], dtype: .float64)
  }

  /// Towers over a grid of `count` × `count` equal rectangles, each as high as the function at its middle; the
  /// outermost reach further, so that their slopes lie outside.
  public convenience init(
    approximating f: (Tensor, Tensor) -> Tensor, x: ClosedRange<Double>, y: ClosedRange<Double>, count: Int
  ) {
    precondition(count > 0, "PlaneTowerNetwork: \(count) towers a side, expected at least 1")
    func interval(_ index: Int, _ range: ClosedRange<Double>) -> (interval: ClosedRange<Double>, middle: Double) {
      let length = range.upperBound - range.lowerBound
      let (low, high) = (Double(index) / Double(count), Double(index + 1) / Double(count))
      let first = range.lowerBound + length * (index == 0 ? -0.5 : low)
      let last = range.lowerBound + length * (index == count - 1 ? 1.5 : high)
      return (first...last, range.lowerBound + length * (low + high) / 2)
    }
    let columns = (0..<count).map { interval($0, x) }
    let rows = (0..<count).map { interval($0, y) }
    let middles = meshGrid(
      [Tensor(columns.map(\.middle), dtype: .float64), Tensor(rows.map(\.middle), dtype: .float64)], indexing: .xy)
    let heights = f(middles[0], middles[1]).doubles()
    let towers = heights.indices.map { index in
      Tower(x: columns[index % count].interval, y: rows[index / count].interval, height: heights[index])
    }
    let width = min(x.upperBound - x.lowerBound, y.upperBound - y.lowerBound) / Double(count)
    self.init(towers, steepness: 200 / width)
  }

  /// The sum of the four edges of each tower: 2 over its rectangle, `[…, 2]` to `[…, towers]`.
  public func crosses(_ x: Tensor) -> Tensor {
    let steps = edges(x).sigmoid()
    let parts = steps.reshaped(to: Shape(steps.shape.dropLast() + [steps.shape[steps.rank - 1] / 4, 4]))
    return (parts * Tensor([1, -1, 1, -1], dtype: .float64)).sum(axis: -1)
  }

  /// `[…, 2]` to `[…, 1]`, `float64`.
  public func callAsFunction(_ x: Tensor) -> Tensor { output(thresholds(edges(x).sigmoid()).sigmoid()) }

  /// The values at these places, tensors of one shape, in that shape.
  public func values(_ x: Tensor, _ y: Tensor) -> Tensor { self(stack([x, y], axis: x.rank)).squeezed([x.rank]) }

  /// The mean distance from a function at `samples` × `samples` places inside a rectangle.
  public func meanError(
    from f: (Tensor, Tensor) -> Tensor, x: ClosedRange<Double>, y: ClosedRange<Double>, samples: Int = 37
  ) -> Double {
    func places(_ range: ClosedRange<Double>) -> Tensor {
      let step = (range.upperBound - range.lowerBound) / Double(samples)
      return (Tensor.range(samples, dtype: .float64) + 0.5) * step + range.lowerBound
    }
    let grid = meshGrid([places(x), places(y)], indexing: .xy)
    return (f(grid[0], grid[1]) - values(grid[0], grid[1])).abs().mean().item()
  }
}
