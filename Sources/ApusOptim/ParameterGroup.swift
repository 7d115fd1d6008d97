/// Parameters that an optimizer updates with numbers of their own.
///
/// ```swift
/// AdamW(model, learningRate: 1e-3, groups: [
///   ParameterGroup(weightDecay: 0) { $0.hasSuffix("bias") },
///   ParameterGroup(["embedding.weight"], learningRate: 1e-4),
/// ])
/// ```
public struct ParameterGroup: Sendable {
  /// Nil: the optimizer's.
  public let learningRate: Double?
  /// Nil: the optimizer's.
  public let weightDecay: Double?
  /// Whether the parameters stay as they are.
  public let isFrozen: Bool
  private let paths: [String]
  private let predicate: @Sendable (String) -> Bool

  /// The parameters whose paths, `fc1.weight`, a predicate holds for.
  public init(
    learningRate: Double? = nil, weightDecay: Double? = nil, isFrozen: Bool = false,
    where predicate: @escaping @Sendable (String) -> Bool
  ) {
    (self.learningRate, self.weightDecay, self.isFrozen) = (learningRate, weightDecay, isFrozen)
    paths = []
    self.predicate = predicate
  }

  /// The parameters with the given paths, all of which the model must have.
  public init(
    _ paths: [String], learningRate: Double? = nil, weightDecay: Double? = nil, isFrozen: Bool = false
  ) {
    (self.learningRate, self.weightDecay, self.isFrozen) = (learningRate, weightDecay, isFrozen)
    self.paths = paths
    predicate = { paths.contains($0) }
  }

  func contains(_ path: String) -> Bool { predicate(path) }

  func requirePaths(among all: [String]) {
    guard let missing = paths.first(where: { !all.contains($0) }) else { return }
    fatalError("ParameterGroup: no parameter \"\(missing)\", the model has \(all.prefix(8).joined(separator: ", "))")
  }
}
