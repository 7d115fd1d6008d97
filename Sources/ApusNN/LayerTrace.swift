import ApusTensor
import Synchronization

/// Watches a model work, layer by layer.
public final class LayerTrace: Sendable {
  /// One layer that was called.
  public struct Call: Sendable {
    public let layer: ObjectIdentifier
    public let kind: String
    /// What it returned.
    public let value: Tensor
    public var output: Shape { value.shape }
    /// What the output takes in memory.
    public let byteCount: Int
    /// Multiplications with addition that the call takes, for all examples.
    public let multiplyAdds: Int
  }

  @TaskLocal static var current: LayerTrace?

  private let calls = Mutex<[Call]>([])

  /// The calls of layers in `body`, in the order in which they end: what is inside of a layer comes before it.
  public static func record(_ body: () -> Void) -> [Call] {
    let trace = LayerTrace()
    $current.withValue(trace, operation: body)
    return trace.calls.withLock { $0 }
  }

  func note(_ call: Call) { calls.withLock { $0.append(call) } }
}

extension Module {
  /// `output`, noted if somebody watches and changed if somebody does: what a layer returns.
  public final func traced(_ output: Tensor, multiplyAdds: Int = 0) -> Tensor {
    LayerTrace.current?.note(
      LayerTrace.Call(
        layer: ObjectIdentifier(self), kind: "\(type(of: self))", value: output,
        byteCount: output.count * output.dtype.byteCount, multiplyAdds: multiplyAdds))
    return LayerProbe.current?.passed(self, output) ?? output
  }
}
