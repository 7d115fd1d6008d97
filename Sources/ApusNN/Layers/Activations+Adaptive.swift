import ApusTensor

/// The adaptive softmax (Grave et al. 2017) for many classes of very unequal frequency, in the order of frequency:
/// `[…, inputs]` to log-probabilities `[…, classes]`. Frequent classes have weights of full width in the head; the rest is
/// in clusters, each behind a narrower projection than the one before. PyTorch's keys.
public final class AdaptiveLogSoftmax: Module, Layer {
  /// Scores of the frequent classes, then one for each cluster.
  public let head: Linear
  /// Projection and scores of each cluster.
  public let tail: [Sequential]
  /// The first class of each cluster, and the number of classes.
  public let cutoffs: [Int]

  /// - Parameters:
  ///   - cutoffs: The first class of each cluster, rising.
  ///   - divisor: By how much a cluster's projection is narrower than the one before.
  public init(
    _ inputs: Int, _ classes: Int, cutoffs: [Int], divisor: Int = 4, headBias: Bool = false, key: inout RandomKey
  ) {
    let isRising = zip([0] + cutoffs, cutoffs + [classes]).allSatisfy(<) && !cutoffs.isEmpty
    isPossible(
      isRising && divisor > 0,
      "AdaptiveLogSoftmax: cutoffs \(cutoffs) of \(classes) classes and divisor \(divisor), expected rising numbers "
        + "between, and 1 or more")
    let cutoffs = isRising ? cutoffs : [1]
    let classes = isRising ? classes : 2
    let shortlist = cutoffs[0]
    self.cutoffs = cutoffs + [classes]
    head = Linear(inputs, shortlist + cutoffs.count, bias: headBias, key: &key)
    var (width, clusters): (Int, [Sequential]) = (inputs, [])
    for (first, end) in zip(cutoffs, self.cutoffs.dropFirst()) {
      width /= max(1, divisor)
      isPossible(
        width > 0,
        "AdaptiveLogSoftmax: \(inputs) inputs are too few for \(cutoffs.count) clusters with the divisor \(divisor). Take "
          + "a smaller divisor")
      width = max(1, width)
      clusters.append(
        Sequential([
          Linear(inputs, width, bias: false, key: &key), Linear(width, end - first, bias: false, key: &key),
        ]))
    }
    tail = clusters
  }

  /// The logarithm of each class's probability: of its cluster's times its own within that.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    let shortlist = cutoffs[0]
    let front = head(x).logSoftmax()
    let parts = tail.enumerated().map { place, cluster in
      cluster(x).logSoftmax() + front[TensorIndex.ellipsis, shortlist + place..<shortlist + place + 1]
    }
    return traced(concatenate([front[TensorIndex.ellipsis, ..<shortlist]] + parts, axis: -1))
  }

  /// The negative log-likelihood of class numbers `[…]`.
  public func loss(_ x: Tensor, _ labels: Tensor, reduction: LossReduction = .mean) -> Tensor {
    negativeLogLikelihood(self(x), labels, reduction: reduction)
  }
}
