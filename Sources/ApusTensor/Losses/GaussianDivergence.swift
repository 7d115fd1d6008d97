import ApusCore

/// KL(N(μ, σ²) ‖ N(0, 1)) = ½ Σ (μ² + σ² − log σ² − 1), added up over the last axis: what a variational autoencoder's codes
/// cost (Kingma & Welling 2014, appendix B).
///
/// - Parameters:
///   - means: μ, `[…, features]`.
///   - logVariances: log σ², of the same shape.
///   - reduction: Of the divergences `[…]`; the mean is that over them.
public func gaussianKLDivergence(
  means: Tensor, logVariances: Tensor, reduction: LossReduction = .mean
) -> Tensor {
  guard haveSameShape("gaussianKLDivergence", ("means", means), ("log variances", logVariances)) else {
    return Mistakes.standIn
  }
  guard means.rank > 0 else {
    return Mistakes.report(OpError("gaussianKLDivergence: means \(means.shape), expected [..., features]"))
  }
  // e^x − 1 − x without loss of digits where σ is near 1.
  return reduction((means.squared() + logVariances.expm1() - logVariances).sum(axis: -1) * 0.5)
}
