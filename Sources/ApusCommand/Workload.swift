import Apus

/// Something to be timed, on data that any program can make: see `HashedValues`.
struct Workload {
  let name: String
  /// Floating-point operations in a step, where that is the point.
  var flops: Double?
  /// The losses of the first steps, for a comparison to check.
  let warmUp: () -> [Double]
  /// One step; returns its loss, which is read once after all steps of a run.
  let step: () -> Tensor

  static let names = ["lenet5", "lenet5-inference", "matmul"]

  /// Runs so many steps: the time they take, and the last loss.
  func run(_ count: Int) -> (seconds: Double, loss: Double) {
    var last = Tensor(0)
    let duration = ContinuousClock().measure {
      for _ in 0..<count { last = step() }
      Tensor.evaluate([last])
    }
    return (duration.inSeconds, last.count == 1 ? last.item() : 0)
  }

  static func make(_ name: String, batch: Int, size: Int) -> Workload {
    switch name {
    case "lenet5": lenet5(batch: batch)
    case "lenet5-inference": lenet5Inference(batch: batch)
    default: matmul(size: size)
    }
  }

  private static func lenet5(batch: Int) -> Workload {
    let model = HashedValues.lenet5()
    let (images, labels) = HashedValues.batch(batch)
    let optimizer = Adam(model, learningRate: 1e-3)
    let step = compile(updating: model, optimizer) { (images: Tensor, labels: Tensor) -> Tensor in
      let (loss, gradients) = valueAndGrad(model) { crossEntropy(model(images), labels) }
      optimizer.update(gradients)
      return loss
    }
    return Workload(
      name: "lenet5", warmUp: { (0..<5).map { _ in Phase.with(.training) { step(images, labels).item() } } },
      step: { Phase.with(.training) { step(images, labels) } })
  }

  private static func lenet5Inference(batch: Int) -> Workload {
    let model = HashedValues.lenet5()
    let (images, labels) = HashedValues.batch(batch)
    let forward = compile(updating: model) { model($0) }
    return Workload(
      name: "lenet5-inference", warmUp: { (0..<5).map { _ in crossEntropy(forward(images), labels).item() } },
      step: { forward(images) })
  }

  private static func matmul(size: Int) -> Workload {
    let a = HashedValues.tensor([size, size], stream: 1, scale: 1)
    let b = HashedValues.tensor([size, size], stream: 2, scale: 1)
    let product = compile { $0.matmul($1) }
    return Workload(
      name: "matmul", flops: 2 * Double(size) * Double(size) * Double(size),
      warmUp: { (0..<3).map { _ in product(a, b).abs().mean().item() } }, step: { product(a, b) })
  }
}
