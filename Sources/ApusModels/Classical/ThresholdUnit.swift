/// The neuron of McCulloch & Pitts (1943): it fires when no inhibitory input is on and at least `threshold` of its
/// excitatory ones are.
public struct ThresholdUnit: Hashable, Sendable {
  public let threshold: Int
  /// Which inputs keep it from firing; all others excite it.
  public let inhibitory: Set<Int>

  public init(threshold: Int, inhibitory: Set<Int> = []) {
    (self.threshold, self.inhibitory) = (threshold, inhibitory)
  }

  public func callAsFunction(_ inputs: [Bool]) -> Bool {
    if inhibitory.contains(where: { inputs.indices.contains($0) && inputs[$0] }) { return false }
    return inputs.indices.count { !inhibitory.contains($0) && inputs[$0] } >= threshold
  }

  /// True when all of so many inputs are.
  public static func and(_ inputs: Int) -> ThresholdUnit { ThresholdUnit(threshold: inputs) }
  /// True when any input is.
  public static let or = ThresholdUnit(threshold: 1)
  /// True when its only input is not.
  public static let not = ThresholdUnit(threshold: 0, inhibitory: [0])
}
