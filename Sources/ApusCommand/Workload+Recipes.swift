import Apus

extension Workload {
  /// A training step of a recipe, or with `-inference` behind its name what its model makes of a batch, on inputs that are all
  /// alike; nil where there is no recipe of that name.
  static func recipe(_ name: String, batch: Int?) -> Workload? {
    let isInference = name.hasSuffix("-inference")
    guard let recipe = Recipe.named(isInference ? String(name.dropLast("-inference".count)) : name) else { return nil }
    var key = RandomKey(0)
    let example = recipe.work.makeExample(batch: batch ?? recipe.batchSize, key: &key)
    let inputs = example.inputs
    if isInference {
      let forward = compile(updating: [example.model]) { [example($0)] }
      return Workload(
        warmUp: { _ in [forward(inputs)[0].abs().mean().item()] }, step: { forward(inputs)[0] })
    }
    let optimizer = Recipe.makeOptimizer(recipe.optimizer, example.model, learningRate: 1e-6)!
    let compiled = compile(updating: [example.model, optimizer]) { (inputs: [Tensor]) in
      let (loss, gradients) = valueAndGrad(example.model) { recipe.work.loss(example(inputs)) }
      optimizer.update(gradients)
      return [loss]
    }
    let step = { Phase.with(.training) { compiled(inputs)[0] } }
    return Workload(warmUp: { steps in (0..<steps).map { _ in step().item() } }, step: step)
  }
}

extension Recipe.Work {
  /// A loss of the kind that the recipe has, for targets that are all 0.
  fileprivate func loss(_ outputs: Tensor) -> Tensor {
    switch self {
    case .classification, .segmentation, .table, .languageModel, .translation, .punctuation, .textClassification:
      crossEntropy(outputs, .zeros(Shape(Array(outputs.shape).dropLast()), dtype: .int32))
    case .forecast: outputs.squared().mean()
    }
  }
}
