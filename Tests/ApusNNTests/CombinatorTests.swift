import Apus
import Testing

/// Two layers with one table, as language models have it.
private final class TiedModel: Module, Layer {
  let tokens: Embedding
  let head: Linear

  init(key: inout RandomKey) {
    tokens = Embedding(5, 3, key: &key)
    head = Linear(3, 5, bias: false, key: &key)
    head.$weight.tie(to: tokens.$weight)
  }

  func callAsFunction(_ x: Tensor) -> Tensor { head(tokens(x)) }
}

@Suite struct CombinatorTests {
  private let x = Tensor([1, -2, 3, 0.5, 4, -1] as [Float], shape: [2, 3])

  /// A linear layer with the weight k·I, and its bias.
  private func scaling(_ k: Double, _ bias: Double = 0) -> Linear {
    var key = RandomKey(0)
    let layer = Linear(3, 3, key: &key)
    layer.weight = Tensor.eye(3) * k
    layer.bias = .full(bias, [3])
    return layer
  }

  private func isClose(_ a: Tensor, _ b: Tensor) -> Bool {
    a.shape == b.shape && (a - b).abs().max().item() < 1e-5 * (1 + b.abs().max().item())
  }

  /// d/dx of the sum of squares, against the closed form.
  private func slope(_ layer: any Layer) -> Tensor { grad { layer($0).squared().sum() }(x) }

  @Test func residualAddsTheInput() throws {
    let plain = Residual {
      scaling(2, 1)
      scaling(3)
    }
    #expect(isClose(plain(x), x * 7 + 3))
    #expect(isClose(slope(plain), (x * 7 + 3) * 14))
    #expect(plain.entries.map(\.path) == ["0.weight", "0.bias", "1.weight", "1.bias"])
    let projected = Residual(projection: scaling(-1)) { scaling(2) }
    #expect(isClose(projected(x), x))
    #expect(isClose(slope(projected), x * 2))
    #expect(projected.entries.map(\.path) == ["0.weight", "0.bias", "projection.weight", "projection.bias"])
    let empty = Residual {}
    #expect(isClose(empty(x), x * 2))
    var key = RandomKey(0)
    let wide = Residual { Linear(3, 4, key: &key) }
    let error = #expect(throws: OpError.self) { try checked { wide(x) } }
    #expect(
      error?.description
        == "Residual: layers make [2, 4] of [2, 3], beside [2, 3]. Give a projection that makes the same of the input")
  }

  @Test func parallelLayersSeeTheSameInput() throws {
    func pair(_ merge: Parallel.Merge) -> Parallel {
      Parallel(merge) {
        scaling(2)
        scaling(5, 1)
      }
    }
    #expect(isClose(pair(.sum)(x), x * 7 + 1))
    #expect(isClose(slope(pair(.sum)), (x * 7 + 1) * 14))
    #expect(isClose(pair(.mean)(x), x * 3.5 + 0.5))
    #expect(isClose(pair(.product)(x), x * 2 * (x * 5 + 1)))
    #expect(isClose(slope(pair(.product)), x * 8 * (x * 5 + 1) * (x * 10 + 1)))
    #expect(isClose(pair(.concatenate())(x), concatenate([x * 2, x * 5 + 1], axis: 1)))
    #expect(isClose(pair(.concatenate(axis: 0))(x), concatenate([x * 2, x * 5 + 1])))
    #expect(isClose(slope(pair(.concatenate())), x * 8 + (x * 5 + 1) * 10))
    #expect(pair(.sum).entries.map(\.path) == ["0.weight", "0.bias", "1.weight", "1.bias"])
    let branches = Branches {
      scaling(2)
      Lambda { $0.sum(axis: 1) }
    }
    let results = branches(x)
    #expect(results.count == 2 && isClose(results[0], x * 2) && isClose(results[1], x.sum(axis: 1)))
    let unequal = Parallel(.sum) {
      scaling(2)
      Lambda { $0[TensorIndex.all, ..<2] }
    }
    let error = #expect(throws: OpError.self) { try checked { unequal(x) } }
    #expect(error?.description.contains("layers make [2, 3] and [2, 2] of [2, 3], which have no sum") ?? false)
  }

  @Test func repeatedLayersAreMadeOrShared() {
    let made = Repeat(3) { scaling(Double($0 + 1)) }
    #expect(isClose(made(x), x * 6))
    #expect(made.parameters.count == 6 && made.entries.last?.path == "2.bias")
    let shared = Repeat(3, sharing: scaling(2))
    #expect(isClose(shared(x), x * 8))
    #expect(shared.parameters.map(\.path) == ["0.weight", "0.bias"])
    #expect(shared.stateDictionary().map(\.name).last == "2.bias")
    // The gradient of a shared weight adds up its uses.
    let (_, gradients) = valueAndGrad(shared) { shared(x).sum() }
    let expected = x.sum(axis: 0).expandingAxis(0).broadcast(to: [3, 3]) * 12
    #expect(isClose(gradients[0], expected))
  }

  @Test func tiedParametersAreOne() throws {
    var key = RandomKey(2)
    let model = TiedModel(key: &key)
    #expect(model.entries.map(\.path) == ["tokens.weight"])
    #expect(model.parameterCount == 15)
    #expect(model.stateDictionary().map(\.name) == ["tokens.weight", "head.weight"])
    let tokens = Tensor([1, 4, 1] as [Int32])
    let (_, gradients) = valueAndGrad(model) { model(tokens).sum() }
    #expect(gradients.count == 1)
    // Row r gets the sum of all inputs to the head, and as often as r was looked up the sum of the table.
    let table = model.tokens.weight
    let inputs = table[1] * 2 + table[4]
    let uses = Tensor([0, 2, 0, 0, 1] as [Float], shape: [5, 1])
    #expect(isClose(gradients[0], inputs.expandingAxis(0) + uses * table.sum(axis: 0)))
    let optimizer = SGD(model, learningRate: 0.5)
    optimizer.update(gradients)
    #expect(isClose(model.head.weight, table - gradients[0] * 0.5))
    #expect(isClose(model.tokens.weight, model.head.weight))
    let other = Linear(4, 5, key: &key)
    let error = #expect(throws: OpError.self) { try checked { other.$weight.tie(to: model.tokens.$weight) } }
    #expect(
      error?.description
        == "tie: a parameter float32[5, 4] to float32[5, 3], expected the same type and shape")
  }

  /// Tying after the model was looked at counts; compiled training moves both names.
  @Test func tyingCountsAtAnyTime() {
    var key = RandomKey(2)
    let model = Sequential {
      Linear(3, 3, bias: false, key: &key)
      Linear(3, 3, bias: false, key: &key)
    }
    #expect(model.parameters.count == 2)
    let (first, second) = (model.layers[0] as! Linear, model.layers[1] as! Linear)
    second.$weight.tie(to: first.$weight)
    #expect(model.parameters.count == 1)
    let optimizer = SGD(model, learningRate: 0.1)
    let step = compile(updating: model, optimizer) { (x: Tensor) -> Tensor in
      let (loss, gradients) = valueAndGrad(model) { model(x).squared().sum() }
      optimizer.update(gradients)
      return loss
    }
    let losses = (0..<5).map { _ in step(x * 0.1).item() }
    #expect(losses.last! < losses[0])
    #expect(isClose(first.weight, second.weight))
  }

  @Test func someParametersAreFrozenAndFreedAgain() {
    var key = RandomKey(2)
    let model = Sequential {
      Linear(3, 3, key: &key)
      BatchNorm(3)
      Linear(3, 3, key: &key)
    }
    model.freeze { !$0.path.hasPrefix("2.") }
    #expect(model.parameters.map(\.path) == ["2.weight", "2.bias"])
    model.unfreeze { $0.path.hasSuffix("bias") }
    #expect(model.parameters.map(\.path) == ["0.bias", "1.bias", "2.weight", "2.bias"])
    model.unfreeze()
    #expect(model.parameters.count == 6, "running statistics are not trained")
    model.freeze()
    #expect(model.parameters.isEmpty)
  }
}
