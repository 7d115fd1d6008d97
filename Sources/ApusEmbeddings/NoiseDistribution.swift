/// Words drawn as often as a power of their counts says, in a time that does not depend on how many there are (Walker
/// 1977; Vose 1991).
struct NoiseDistribution {
  /// A place that is drawn stands for itself if 32 random bits are below its limit, else for its alias.
  private(set) var limits: [UInt32]
  private(set) var aliases: [Int32]

  init(counts: [Int], exponent: Double) {
    let weights = counts.map { power(Double($0), exponent) }
    let scale = Double(counts.count) / weights.reduce(0, +)
    var shares = weights.map { $0 * scale }
    limits = [UInt32](repeating: .max, count: counts.count)
    aliases = counts.indices.map { Int32($0) }
    var small = shares.indices.filter { shares[$0] < 1 }
    var large = shares.indices.filter { shares[$0] >= 1 }
    while let less = small.popLast(), let more = large.last {
      limits[less] = UInt32(shares[less] * 4_294_967_296)
      aliases[less] = Int32(more)
      shares[more] -= 1 - shares[less]
      if shares[more] < 1 {
        large.removeLast()
        small.append(more)
      }
    }
  }
}
