import ApusCPU

/// Values of a decision process that go on by one sweep after another, in the kernels' memory.
public final class ValueSweeps {
  private let kernels: DecisionKernels
  /// What a sweep reads and writes at least, in bytes.
  public var bytes: Int { kernels.bytes }

  /// - Parameters:
  ///   - values: To begin with; 0 unless given.
  ///   - isSingle: Whether all is kept and computed in single precision.
  public init(_ process: MarkovDecisionProcess, discount: Double, values: [Double]? = nil, isSingle: Bool = false) {
    kernels = process.kernels(discount: discount, values: values, isSingle: isSingle)
  }

  /// One sweep over all states, by all threads; returns the largest change of a value.
  public func sweep() -> Double { kernels.sweep() }

  /// `[states]`
  public var values: [Double] { kernels.values }
}
