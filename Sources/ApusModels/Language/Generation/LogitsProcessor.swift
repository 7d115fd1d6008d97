#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A change of the logits before a token is chosen. What may not be chosen becomes −∞.
///
/// Definitions are those of Hugging Face's processors and warpers of the same names.
public enum LogitsProcessor: Hashable, Sendable {
  /// Makes what was there before less likely: positive logits of such tokens are divided by the penalty, negative ones
  /// multiplied with it (Keskar et al. 2019, section 4.1).
  case repetitionPenalty(Double)
  /// Divides all logits: below 1 the likely becomes likelier.
  case temperature(Double)
  /// Leaves the `count` largest logits, and those that equal the least of them (Fan, Lewis & Dauphin 2018).
  case topK(Int)
  /// Leaves the most probable tokens that together have at least this probability (nucleus sampling, Holtzman et al. 2020).
  case topP(Double)

  /// Changes the logits `[vocabulary]` of what follows `history`, prompt and all.
  public func callAsFunction(_ logits: inout [Float], history: some Collection<Int>) {
    switch self {
    case .repetitionPenalty(let penalty):
      for token in Set(history) where logits.indices.contains(token) {
        logits[token] = logits[token] < 0 ? logits[token] * Float(penalty) : logits[token] / Float(penalty)
      }
    case .temperature(let temperature):
      for place in logits.indices { logits[place] /= Float(temperature) }
    case .topK(let count):
      guard count < logits.count else { return }
      let least = largest(rank: max(1, count), of: logits)
      for place in logits.indices where logits[place] < least { logits[place] = -.infinity }
    case .topP(let share): leaveNucleus(share, of: &logits)
    }
  }

  private func leaveNucleus(_ share: Double, of logits: inout [Float]) {
    guard share < 1 else { return }
    let probabilities = softmax(logits)
    // What is less probable than this is beyond the nucleus in any case, so that only few have to be sorted.
    let least = (1 - share) / Double(max(1, logits.count))
    let candidates = probabilities.indices.filter { probabilities[$0] > least }
      .sorted { (probabilities[$0], $0) > (probabilities[$1], $1) }
    var (sum, kept) = (0.0, 0)
    while kept < candidates.count, kept == 0 || sum < share {
      sum += probabilities[candidates[kept]]
      kept += 1
    }
    let old = logits
    logits = [Float](repeating: -.infinity, count: old.count)
    for place in candidates.prefix(kept) { logits[place] = old[place] }
  }
}

/// The probabilities of logits, in double precision.
func softmax(_ logits: [Float]) -> [Double] {
  let most = Double(logits.max() ?? 0)
  var result = logits.map { $0 == -.infinity ? 0 : exp(Double($0) - most) }
  let sum = result.reduce(0, +)
  for place in result.indices { result[place] /= sum }
  return result
}

/// The logarithms of the probabilities of logits, in double precision.
func logSoftmax(_ logits: [Float]) -> [Double] {
  let shift = logSum(logits)
  return logits.map { Double($0) - shift }
}

/// The logarithm of the sum of exponentials, in double precision.
func logSum(_ logits: [Float]) -> Double {
  let most = Double(logits.max() ?? 0)
  return most + log(logits.reduce(0) { $0 + exp(Double($1) - most) })
}

/// The first place of the largest number.
func placeOfLargest(_ values: [Float]) -> Int {
  var best = 0
  for place in values.indices where values[place] > values[best] { best = place }
  return best
}

/// The number of which there are `rank - 1` larger ones (Hoare 1961). `rank` is at most the count.
private func largest<Number: FloatingPoint>(rank: Int, of values: [Number]) -> Number {
  var (rest, rank) = (values, rank)
  while true {
    let pivot = rest[rest.count / 2]
    let larger = rest.filter { $0 > pivot }
    if rank <= larger.count {
      rest = larger
      continue
    }
    let smaller = rest.filter { $0 < pivot }
    // Whatever is neither equals the pivot, or is not a number.
    if rank <= rest.count - smaller.count || smaller.isEmpty { return pivot }
    rank -= rest.count - smaller.count
    rest = smaller
  }
}

/// The places of the `count` largest numbers, the largest first; of equals the first.
func placesOfLargest<Number: FloatingPoint>(_ count: Int, in values: [Number]) -> [Int] {
  guard count > 0, !values.isEmpty else { return [] }
  let least = largest(rank: min(count, values.count), of: values)
  let candidates = values.indices.filter { values[$0] >= least }
  return Array(candidates.sorted { (values[$0], $1) > (values[$1], $0) }.prefix(count))
}
