/// A quick generator of 64-bit numbers for host-side decisions such as the order of examples (SplitMix64, Steele et
/// al. 2014). The same seed gives the same numbers everywhere.
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  /// What another generator goes on with as this one does.
  public var seed: UInt64 { state }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

extension SplitMix64 {
  /// The generator of an epoch.
  init(seed: UInt64, epoch: Int) {
    var mixer = SplitMix64(seed: seed)
    self.init(seed: mixer.next() &+ UInt64(epoch) &* 0xD1B5_4A32_D192_ED03)
  }

  /// A number from 0 up to 1, without it.
  public mutating func nextUnit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number between two others.
  public mutating func next(in range: ClosedRange<Double>) -> Double {
    range.lowerBound + nextUnit() * (range.upperBound - range.lowerBound)
  }

  /// A whole number below `bound`, each as often as the others but for 2⁻⁶⁴ of `bound`.
  public mutating func next(below bound: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }
}

/// The order in which an epoch visits the examples: a permutation that depends on the seed and the epoch only.
public func shuffledOrder(_ count: Int, seed: UInt64, epoch: Int) -> [Int] {
  var generator = SplitMix64(seed: seed, epoch: epoch)
  var order = Array(0..<count)
  // Fisher–Yates, written out: the standard library does not promise that its shuffle stays the same.
  for place in stride(from: count - 1, to: 0, by: -1) {
    order.swapAt(place, generator.next(below: place + 1))
  }
  return order
}
