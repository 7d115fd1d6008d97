import ApusTensor

/// What a transformer's decoder keeps of an encoder's outputs and of the targets before, so that each further target costs
/// one step: keys and values. ``TransformerDecoder/makeCache(_:capacity:memoryKeyPadding:)`` makes one.
///
/// It is a value: what a step gives back is what the next one takes.
public struct DecoderCache {
  struct Layer {
    /// `[batch, memoryTime, heads, headDim]`
    var memoryKeys: Tensor
    /// `[batch, memoryTime, heads, headDim]`
    var memoryValues: Tensor
    /// `[batch, capacity, heads, headDim]`
    var keys: Tensor
    /// `[batch, capacity, heads, headDim]`
    var values: Tensor

    /// Writes keys and values `[batch, time, heads, headDim]` behind those of the places before.
    mutating func append(_ keys: Tensor, _ values: Tensor, at position: Tensor) {
      let zero = Tensor(0, dtype: .int32)
      self.keys = self.keys.updating(with: keys, at: [zero, position, zero, zero])
      self.values = self.values.updating(with: values, at: [zero, position, zero, zero])
    }
  }

  var layers: [Layer]
  /// `bool`, true where an output of the encoder is seen, `[batch, 1, 1, memoryTime]`.
  var memoryMask: Tensor

  init(layers: [Layer], memoryMask: Tensor) { (self.layers, self.memoryMask) = (layers, memoryMask) }

  /// As tensors whose first axis is the batch; ``init(tensors:)`` makes a cache of them again.
  public var tensors: [Tensor] {
    [memoryMask] + layers.flatMap { [$0.memoryKeys, $0.memoryValues, $0.keys, $0.values] }
  }

  /// - Parameter tensors: What ``tensors`` gave.
  public init(tensors: [Tensor]) {
    guard tensors.count % 4 == 1 else {
      fatalError("DecoderCache: \(tensors.count) tensors, expected one and four for each layer")
    }
    memoryMask = tensors[0]
    layers = stride(from: 1, to: tensors.count, by: 4).map {
      Layer(memoryKeys: tensors[$0], memoryValues: tensors[$0 + 1], keys: tensors[$0 + 2], values: tensors[$0 + 3])
    }
  }
}

extension TransformerDecoder {
  /// What is kept before the first target.
  ///
  /// - Parameters:
  ///   - memory: What the encoder gave, `[batch, memoryTime, features]`.
  ///   - capacity: How many targets there may come to be.
  ///   - memoryKeyPadding: `[batch, memoryTime]`, `bool`, true where an output of the encoder is padding.
  public func makeCache(_ memory: Tensor, capacity: Int, memoryKeyPadding: Tensor? = nil) -> DecoderCache {
    let (batch, time) = (memory.shape[0], memory.shape[1])
    let isPadding = memoryKeyPadding ?? (Tensor.zeros([batch, time], dtype: .int32) .> 0)
    return DecoderCache(
      layers: layers.map { $0.makeCache(memory, capacity: capacity) },
      memoryMask: (!isPadding).reshaped(to: [batch, 1, 1, time]))
  }

  /// The outputs of the targets that come next, each of which sees those before it: what the whole sequence would give for
  /// them.
  ///
  /// - Parameters:
  ///   - target: `[batch, time, features]`.
  ///   - cache: Gets the targets' keys and values.
  ///   - position: How many targets came before, `int32`, a scalar.
  /// - Returns: The outputs `[batch, time, features]`, and how much of each output of the encoder the last layer takes, the
  ///   mean over the heads, `[batch, time, memoryTime]`.
  public func callAsFunction(
    _ target: Tensor, cache: inout DecoderCache, position: Tensor
  ) -> (output: Tensor, weights: Tensor) {
    guard !layers.isEmpty, layers.count == cache.layers.count else {
      return (.mistake("TransformerDecoder: a cache of \(cache.layers.count) layers, expected \(layers.count)"), target)
    }
    var (h, weights) = (target, target)
    for (number, layer) in layers.enumerated() {
      (h, weights) = layer(h, cache: &cache.layers[number], position: position, memoryMask: cache.memoryMask)
    }
    return (norm.map { $0(h) } ?? h, weights.mean(axis: 1))
  }
}
