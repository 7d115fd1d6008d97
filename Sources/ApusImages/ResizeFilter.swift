#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How a resized image's samples are weighed together from those near them. When an image shrinks the filter widens, so
/// that nothing aliases (what torchvision calls `antialias=True`).
public enum ResizeFilter: String, Hashable, Sendable, CaseIterable {
  /// The mean of what falls into a new sample.
  case box
  /// A triangle.
  case bilinear
  /// Keys's cubic convolution (1981) with a = −1/2.
  case bicubic
  /// A sinc under a wider one, three lobes (Duchon 1979).
  case lanczos

  /// How far from its middle the filter reaches, in samples.
  var radius: Double {
    switch self {
    case .box: 0.5
    case .bilinear: 1
    case .bicubic: 2
    case .lanczos: 3
    }
  }

  /// The weight at a distance from the middle.
  func weight(_ distance: Double) -> Double {
    let x = abs(distance)
    switch self {
    case .box: return distance > -0.5 && distance <= 0.5 ? 1 : 0
    case .bilinear: return max(0, 1 - x)
    case .bicubic:
      if x < 1 { return (1.5 * x - 2.5) * x * x + 1 }
      return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0
    case .lanczos: return x < 3 ? Self.sinc(x) * Self.sinc(x / 3) : 0
    }
  }

  private static func sinc(_ x: Double) -> Double { x == 0 ? 1 : sin(x * .pi) / (x * .pi) }
}

/// For each sample of a resized line, the samples of the old one that it is made of, and their weights.
struct ResizeTaps {
  struct Tap {
    let start: Int
    /// In units of 2⁻²²; they sum to one but for rounding.
    let weights: [Int32]
  }

  static let fractionBits: Int32 = 22
  static let half: Int32 = 1 << (fractionBits - 1)

  let taps: [Tap]

  init(from oldCount: Int, to newCount: Int, filter: ResizeFilter) {
    let scale = Double(oldCount) / Double(newCount)
    // Enlarging interpolates between neighbours; shrinking averages over all that falls into one new sample.
    let stretch = max(scale, 1)
    let radius = filter.radius * stretch
    taps = (0..<newCount).map { position in
      let center = (Double(position) + 0.5) * scale
      let start = max(0, Int(center - radius + 0.5))
      let end = min(oldCount, Int(center + radius + 0.5))
      let weights = (start..<end).map { filter.weight((Double($0) - center + 0.5) / stretch) }
      let sum = weights.reduce(0, +)
      let unit = Double(1 << Self.fractionBits)
      return Tap(start: start, weights: weights.map { Int32(($0 / sum * unit).rounded(.toNearestOrAwayFromZero)) })
    }
  }

  static func sample(_ sum: Int32) -> UInt8 { UInt8(clamping: sum >> fractionBits) }
}
