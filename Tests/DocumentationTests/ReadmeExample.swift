import Apus

/// The README's example; `ReadmeTests` checks that it is the same, letter for letter.
func readmeExample() -> Tensor {
  // README begins
  var key = RandomKey(1)
  let model = Sequential {
    Linear(2, 16, key: &key)
    Tanh()
    Linear(16, 2, key: &key)
  }
  let optimizer = Adam(model, learningRate: 0.05)

  // One training step, planned once; parameters and moments are updated in place.
  let step = compile(updating: model, optimizer) { (inputs: Tensor, labels: Tensor) -> Tensor in
    let (loss, gradients) = valueAndGrad(model) { crossEntropy(model(inputs), labels) }
    optimizer.update(gradients)
    return loss
  }

  // Exclusive or: what a single layer cannot learn.
  let inputs: Tensor = [[0, 0], [0, 1], [1, 0], [1, 1]]
  let labels = Tensor([0, 1, 1, 0])
  for _ in 0..<100 { _ = step(inputs, labels) }
  print(model(inputs).argMax())  // [0 1 1 0]
  // README ends
  return model(inputs).argMax()
}
