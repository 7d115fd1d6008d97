import Apus

extension Workload {
  /// Single operations; `Benchmarks/operations_torch.py` says what each computes.
  static let operations: [Maker] = [
    Maker(name: "matmul", size: [1024, 1024, 1024]) { _, size in
      let operands = HashedValues.operands([size[0], size[1]], [size[1], size[2]])
      let flops = 2 * Double(size[0]) * Double(size[1]) * Double(size[2])
      return operation(operands, flops: flops) { [$0[0].matmul($0[1])] }
    },
    convolution("convolution") { image, kernel in
      (HashedValues.operands(image, kernel), { [convolved($0[0], $0[1])] })
    },
    // Convolution is linear in each operand: where its gradient is taken doesn't matter.
    convolution("convolution-data-gradient") { image, kernel in
      let operands = HashedValues.operands(image, kernel)
      return (operands, { o in vjp(at: [.zeros(image)], cotangent: o[0]) { convolved($0[0], o[1]) }.gradients })
    },
    convolution("convolution-weight-gradient") { image, kernel in
      let operands = HashedValues.operands(image, image)
      return (operands, { o in vjp(at: [.zeros(kernel)], cotangent: o[1]) { convolved(o[0], $0[0]) }.gradients })
    },
    Maker(name: "attention", size: [8, 6, 256, 64]) { _, size in
      let shape: Shape = [size[0], size[2], size[1], size[3]]
      return withGradients(HashedValues.operands(shape, shape, shape, shape)) {
        scaledDotProductAttention($0[0], $0[1], $0[2], isCausal: true)
      }
    },
    Maker(name: "layer-norm", size: [2048, 384]) { _, size in
      let operands = HashedValues.operands(Shape(size), Shape(size))
      let affine = [Tensor.ones([size[1]]).evaluated(), Tensor.zeros([size[1]]).evaluated()]
      return withGradients([operands[0]] + affine + [operands[1]]) { $0[0].layerNorm(weight: $0[1], bias: $0[2]) }
    },
    Maker(name: "cross-entropy", size: [2048, 10_000]) { _, size in
      let logits = HashedValues.operands(Shape(size), scale: 4)[0]
      return operation([logits, HashedValues.labels(size[0], classes: size[1])]) { o in
        let (loss, gradients) = valueAndGradient(at: [o[0]]) { crossEntropy($0[0], o[1]) }
        return [loss] + gradients
      }
    },
    Maker(name: "elementwise", size: [1 << 24]) { _, size in
      let operands = HashedValues.operands(Shape(size), Shape(size), Shape(size))
      return operation([(operands[0] * 4).evaluated(), operands[1], operands[2]]) {
        [$0[0].gelu(approximate: true) * $0[1] + $0[2]]
      }
    },
    Maker(name: "elementwise-reduction", size: [32768, 512]) { _, size in
      let operands = HashedValues.operands(Shape(size), Shape(size))
      return operation([(operands[0] * 4).evaluated(), operands[1]]) { o in
        let difference = o[0] - o[1]
        return [(o[0].gelu(approximate: true) * o[1]).sum(axis: 1), (difference * difference).sum(axis: 0)]
      }
    },
    Maker(name: "adam") { _, _ in adam() },
  ]

  private static func convolution(
    _ name: String,
    _ make: @escaping @Sendable (_ image: Shape, _ kernel: Shape) -> ([Tensor], @Sendable ([Tensor]) -> [Tensor])
  ) -> Maker {
    Maker(name: name, size: [32, 32, 64]) { _, size in
      let (batch, side, channels) = (size[0], size[1], size[2])
      let (operands, body) = make([batch, side, side, channels], [3, 3, channels, channels])
      return operation(operands, flops: 18 * Double(batch * side * side * channels * channels), body)
    }
  }

  private static func convolved(_ x: Tensor, _ kernel: Tensor) -> Tensor { x.conv2D(kernel, padding: 1) }

  /// The value of `body`, and the gradients of all operands but the last, which is the cotangent.
  private static func withGradients(
    _ operands: [Tensor], _ body: @escaping @Sendable ([Tensor]) -> Tensor
  ) -> Workload {
    operation(operands) { operands in
      let (value, gradients) = vjp(at: operands.dropLast(), cotangent: operands.last!, body)
      return [value] + gradients
    }
  }

  private static func operation(
    _ operands: [Tensor], flops: Double? = nil, _ body: @escaping ([Tensor]) -> [Tensor]
  ) -> Workload {
    let call = compile(body)
    return Workload(
      flops: flops,
      warmUp: { steps in
        let results = call(operands)
        for _ in 1..<max(2, steps) { _ = call(operands) }
        return results.map { $0.abs().mean().item() }
      },
      step: { call(operands)[0] })
  }

  /// Adam's step for the 161 parameters of ResNet-50, flattened.
  private static func adam() -> Workload {
    let sizes = resNet50Sizes()
    let model = FlatParameters(sizes.enumerated().map { HashedValues.tensor([$1], stream: $0, scale: 1) })
    let gradients = sizes.enumerated().map { HashedValues.tensor([$1], stream: 200 + $0, scale: 0.01) }
    let optimizer = Adam(model, learningRate: 1e-3)
    let update = compile(updating: [model, optimizer]) { gradients in
      optimizer.update(gradients)
      return []
    }
    let done = Tensor(0).evaluated()
    return Workload(
      warmUp: { _ in
        _ = update(gradients)
        let losses = model.parts.prefix(4).map { $0.value.abs().mean().item() }
        _ = update(gradients)
        return losses
      },
      step: {
        _ = update(gradients)
        return done
      })
  }

  private static func resNet50Sizes() -> [Int] {
    var sizes = [64 * 3 * 49, 64, 64]
    var inputs = 64
    for (width, blocks) in [(64, 3), (128, 4), (256, 6), (512, 3)] {
      for block in 0..<blocks {
        sizes += [inputs * width, width, width, width * width * 9, width, width, width * width * 4]
        sizes += [4 * width, 4 * width]
        if block == 0 { sizes += [inputs * width * 4, 4 * width, 4 * width] }
        inputs = 4 * width
      }
    }
    return sizes + [2048 * 1000, 1000]
  }
}

/// Parameters and nothing that uses them.
private final class FlatParameters: Module {
  final class Part: Module {
    @Parameter var value: Tensor

    init(_ value: Tensor) { self.value = value }
  }

  let parts: [Part]

  init(_ values: [Tensor]) { parts = values.map(Part.init) }
}
