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
    return training(recipe, recipe.work.losses(of: example), updating: example.model, inputs)
  }

  /// A step of each of the losses, by the recipe's optimizer.
  private static func training(
    _ recipe: Recipe, _ losses: [PartialLoss], updating model: Module, _ inputs: [Tensor]
  ) -> Workload {
    let optimizers = losses.map { Recipe.makeOptimizer(recipe.optimizer, $0.part, learningRate: 1e-6)! }
    let compiled = compile(updating: [model] + optimizers) { (inputs: [Tensor]) in
      zip(losses, optimizers).map { loss, optimizer in
        let (value, gradients) = valueAndGrad(loss.part) { loss.value(inputs) }
        optimizer.update(gradients)
        return value
      }
    }
    let step = { Phase.with(.training) { compiled(inputs)[0] } }
    return Workload(warmUp: { steps in (0..<steps).map { _ in step().item() } }, step: step)
  }
}

/// What is lowered by changing a part of a model.
private struct PartialLoss {
  let part: Module
  let value: ([Tensor]) -> Tensor
}

extension Recipe.Work {
  /// What training lowers: a model's own losses, or one of the kind that the recipe has for targets that are all 0.
  fileprivate func losses(of example: ModelExample) -> [PartialLoss] {
    if let model = example.model as? any ImageModel {
      return model.objectives.map { objective in
        PartialLoss(part: objective.part) { inputs in
          objective.loss(inputs + [.zeros([inputs[0].shape[0]], dtype: .int32)]).loss
        }
      }
    }
    return [PartialLoss(part: example.model) { loss(example($0)) }]
  }

  private func loss(_ outputs: Tensor) -> Tensor {
    if case .forecast = self { return outputs.squared().mean() }
    return crossEntropy(outputs, .zeros(Shape(Array(outputs.shape).dropLast()), dtype: .int32))
  }
}
