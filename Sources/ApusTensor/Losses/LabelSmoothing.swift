import ApusCore

/// Which classes share the probability ε that label smoothing takes from the true one.
public enum SmoothedClasses: Hashable, Sendable {
  /// All of them: (1 − ε) y + ε/K (Szegedy et al. 2016, and PyTorch).
  case all
  /// All but the true one: 1 − ε for it and ε/(K − 1) for each other (Goodfellow et al. 2016, section 7.5.1).
  case others
}

extension Tensor {
  /// Class probabilities `[…, classes]` made less certain by ε, from 0 to 1; they still add up to one. Noise on the
  /// labels, on average.
  public func smoothingLabels(_ epsilon: Double, over smoothed: SmoothedClasses = .all) -> Tensor {
    guard let classes = shape.last, dtype.isFloat, classes > (smoothed == .others ? 1 : 0) else {
      return Mistakes.report(
        OpError("smoothingLabels: of \(node.type), expected probabilities [..., classes] of more than one class"))
    }
    guard 0 <= epsilon, epsilon <= 1 else {
      return Mistakes.report(OpError("smoothingLabels: by \(epsilon), expected 0 to 1"))
    }
    switch smoothed {
    case .all: return self * (1 - epsilon) + epsilon / Double(classes)
    case .others: return self * (1 - epsilon) + (1 - self) * (epsilon / Double(classes - 1))
    }
  }
}
