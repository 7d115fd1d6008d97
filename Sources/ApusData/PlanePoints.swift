import ApusTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Distributions over the plane that are easy to see and not easy to learn.
public enum PlaneDistribution: String, Hashable, Sendable, CaseIterable {
  /// Eight narrow Gaussians on a circle of radius 2, each as likely (Metz et al. 2017): whoever draws from some of them
  /// alone has lost modes.
  case eightGaussians = "eight-gaussians"
  /// A spiral: t (cos t, sin t) for t from 1.5π to 4.5π, made smaller.
  case swissRoll = "swiss-roll"
  /// Two half circles that reach into each other.
  case twoMoons = "two-moons"

  /// The deviation of the noise about each place.
  public var deviation: Double { self == .eightGaussians ? 0.1 : 0.05 }

  /// The means of the Gaussians it is made of; none where it is of other things.
  public var modes: [(x: Double, y: Double)] {
    guard self == .eightGaussians else { return [] }
    return (0..<8).map { number in
      let angle = Double(number) * .pi / 4
      return (2 * cos(angle), 2 * sin(angle))
    }
  }

  /// A point of it.
  public func point(_ generator: inout SplitMix64) -> (x: Double, y: Double) {
    let place: (x: Double, y: Double)
    switch self {
    case .eightGaussians: place = modes[generator.next(below: 8)]
    case .swissRoll:
      let angle = 1.5 * .pi * (1 + 2 * generator.nextUnit())
      // The outer end is 2 from the middle.
      let scale = 2 / (4.5 * .pi)
      place = (scale * angle * cos(angle), scale * angle * sin(angle))
    case .twoMoons:
      let (isUpper, angle) = (generator.next(below: 2) == 0, Double.pi * generator.nextUnit())
      place =
        isUpper
        ? (1.5 * cos(angle) - 0.75, 1.5 * sin(angle) - 0.375) : (0.75 - 1.5 * cos(angle), 0.375 - 1.5 * sin(angle))
    }
    // Box & Muller: 1 − u lies in (0, 1].
    let radius = deviation * (-2 * log(1 - generator.nextUnit())).squareRoot()
    let angle = 2 * Double.pi * generator.nextUnit()
    return (place.x + radius * cos(angle), place.y + radius * sin(angle))
  }

  /// So many points, `[count, 2]`.
  public func points(_ count: Int, seed: UInt64) -> Tensor {
    var generator = SplitMix64(seed: seed)
    var values: [Float] = []
    values.reserveCapacity(2 * count)
    for _ in 0..<count {
      let place = point(&generator)
      values += [Float(place.x), Float(place.y)]
    }
    return Tensor(values, shape: [count, 2])
  }
}

/// Batches `[batch, 2]` of points of the plane, each drawn anew from the seed, the epoch and its number.
public struct PlanePoints: BatchLoader {
  public let distribution: PlaneDistribution
  public let batchSize: Int
  public let batchCount: Int
  public let seed: UInt64

  public init(_ distribution: PlaneDistribution, batchSize: Int, batchCount: Int, seed: UInt64) {
    guard batchSize > 0, batchCount >= 0 else {
      fatalError("PlanePoints: \(batchCount) batches of \(batchSize), expected no fewer than 0 and 1")
    }
    (self.distribution, self.batchSize) = (distribution, batchSize)
    (self.batchCount, self.seed) = (batchCount, seed)
  }

  public var exampleCount: Int { batchCount * batchSize }

  public func epoch(_ epoch: Int, startingAt first: Int = 0) -> Prefetched<Batch> {
    Prefetched(min(first, batchCount)..<batchCount) { [self] number in
      var mixer = SplitMix64(seed: seed, epoch: epoch)
      let own = mixer.next() &+ UInt64(number) &* 0x9E6C_63D0_876A_9A47
      return Batch([distribution.points(batchSize, seed: own)], count: batchSize)
    }
  }
}
