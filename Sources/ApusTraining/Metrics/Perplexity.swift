import ApusTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// e to the mean cross-entropy: how many choices a language model hesitates between. Predictions are logits
/// `[…, vocabulary]`, targets token numbers `[…]`.
public struct Perplexity: Metric {
  public let name: String
  /// Targets that count for nothing.
  public let ignoredLabel: Int
  private var sum = 0.0
  private var count = 0
  /// Whether the losses of the task are the cross-entropies, so that they are not computed again.
  public let isOfLoss: Bool

  public init(name: String = "perplexity", ignoredLabel: Int = -100, isOfLoss: Bool = false) {
    (self.name, self.ignoredLabel, self.isOfLoss) = (name, ignoredLabel, isOfLoss)
  }

  public mutating func addLoss(_ sum: Double, count: Double) -> Bool {
    guard isOfLoss else { return false }
    self.sum += sum
    self.count += Int(count)
    return true
  }

  public mutating func add(_ predictions: Tensor, _ targets: Tensor) {
    sum += crossEntropy(predictions, targets, ignoredLabel: ignoredLabel, reduction: .sum).item()
    count += Int((targets.cast(to: .int64) .!= Double(ignoredLabel)).cast(to: .int64).sum().item())
  }

  /// The mean cross-entropy, in nats.
  public var crossEntropyPerToken: Double { count == 0 ? .nan : sum / Double(count) }

  /// The same in bits: of a model of characters, bits per character.
  public var bitsPerToken: Double { crossEntropyPerToken * 1.442695040888963407 }

  public var value: Double { exp(crossEntropyPerToken) }
}
