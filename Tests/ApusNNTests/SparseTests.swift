import Apus
import Foundation
import Testing

/// Gradients of embeddings that are rows, and optimizers that update no others.
@Suite(.serialized) struct SparseTests {
  static func cases() throws -> [JSONValue] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try JSONValue(contentsOf: folder.appendingPathComponent("Fixtures/sparse.json").path)["cases"]?.array ?? []
  }

  private static func numbers(_ json: JSONValue?) -> [Double] { (json?.array ?? []).compactMap(\.double) }

  private static func table(_ json: JSONValue?) -> Tensor {
    let sizes = (json?["shape"]?.array ?? []).compactMap(\.int)
    return Tensor(numbers(json?["values"]).map(Float.init), shape: Shape(sizes))
  }

  private static func optimizer(_ expected: JSONValue, _ model: Module) throws -> Optimizer {
    let attributes = try #require(expected["attributes"])
    let rate = try #require(attributes["learningRate"]?.double)
    if expected["optimizer"]?.string == "SGD" { return SparseSGD(model, learningRate: rate) }
    return SparseAdam(
      model, learningRate: rate, beta1: attributes["beta1"]?.double ?? 0.9, beta2: attributes["beta2"]?.double ?? 0.999,
      epsilon: attributes["epsilon"]?.double ?? 1e-8, maximize: attributes["maximize"]?.bool ?? false)
  }

  /// A table that is looked up twice, with duplicates, rows that rest, and a step without any.
  private static func loss(_ model: Embedding, _ targets: Tensor, _ batch: Tensor) -> Tensor {
    let ahead = (model(batch) - targets.take(batch, axis: 0)).squared().sum()
    let weights = (Tensor.range(batch.count, dtype: .float32) + 1).expandingAxis(1)
    return ahead + (model(batch.flipped()).sin() * weights).sum() * 0.5
  }

  private func expectClose(_ tensor: Tensor, _ expected: [Double], _ what: String, _ unit: Double = 1e-5) {
    let values = tensor.scalars(Float.self)
    #expect(values.count == expected.count, "\(what)")
    for (ours, theirs) in zip(values, expected) {
      #expect(abs(Double(ours) - theirs) <= unit * max(1, abs(theirs)), "\(what): \(ours), PyTorch \(theirs)")
    }
  }

  @Test(arguments: try! cases(), [false, true])
  func sparseTrajectoriesMatchPyTorch(_ expected: JSONValue, isCompiled: Bool) throws {
    var key = RandomKey(0)
    let targets = Self.table(expected["targets"])
    let model = Embedding(9, 3, paddingIndex: expected["paddingIndex"]?.int, sparse: true, key: &key)
    model.weight = Self.table(expected["start"])
    let optimizer = try Self.optimizer(expected, model)
    let body = { (batch: Tensor) -> Tensor in
      let (loss, gradients) = valueAndSparseGrad(model) { Self.loss(model, targets, batch) }
      optimizer.update(gradients)
      return loss
    }
    let step = isCompiled ? compile(updating: model, optimizer, body: body) : body
    let steps = try #require(expected["steps"]?.array)
    #expect(steps.count == 6)
    for (number, point) in steps.enumerated() {
      let batch = Tensor(Self.numbers(point["batch"]).map { Int32($0) })
      let (_, gradients) = valueAndSparseGrad(model) { Self.loss(model, targets, batch) }
      guard case .rows(let rows) = gradients.entries[0].gradient else {
        Issue.record("the gradient of a sparse embedding is dense")
        return
      }
      #expect(rows.indices.shape == [2 * batch.count] && rows.values.shape == [2 * batch.count, 3])
      expectClose(rows.dense(), Self.numbers(point["gradient"]), "gradient of step \(number)")
      expectClose(rows.coalesced().dense(), Self.numbers(point["gradient"]), "coalesced gradient of step \(number)")
      expectClose(rows.norm(), [try #require(point["gradientNorm"]?.double)], "norm at step \(number)")
      let (_, dense) = valueAndGrad(model) { Self.loss(model, targets, batch) }
      expectClose(dense[0], Self.numbers(point["gradient"]), "dense gradient of step \(number)")
      expectClose(step(batch), [try #require(point["loss"]?.double)], "loss of step \(number)")
      expectClose(model.weight, Self.numbers(point["weight"]), "weight after step \(number)")
    }
    // Fifty steps in all.
    let tail = try #require(expected["tail"]?["batches"]?.array)
    #expect(tail.count == 44)
    for batch in tail { Tensor.evaluate([step(Tensor(Self.numbers(batch).map { Int32($0) })), model.weight]) }
    expectClose(model.weight, Self.numbers(expected["tail"]?["weight"]), "weight after fifty steps", 3e-5)
  }

  @Test func coalescingAddsUpDuplicates() {
    let rows = RowSparse(
      indices: Tensor([4, 1, 4, 4, 0]), values: Tensor.range(10, dtype: .float32).reshaped(to: [5, 2]), rows: 6)
    let unique = rows.coalesced()
    #expect(unique.indices.scalars(Int32.self) == [0, 1, 4, 6, 6])
    #expect(unique.values.scalars(Float.self) == [8, 9, 2, 3, 10, 13, 0, 0, 0, 0])
    #expect(unique.isCoalesced && !rows.isCoalesced)
    #expect(unique.dense().scalars(Float.self) == [8, 9, 2, 3, 0, 0, 0, 0, 10, 13, 0, 0])
    let table = unique.replacingRows(of: .ones([6, 2]), by: unique.values * 10)
    #expect(table.scalars(Float.self) == [80, 90, 20, 30, 1, 1, 1, 1, 100, 130, 1, 1])
    #expect(abs(rows.norm().item() - (64.0 + 81 + 4 + 9 + 100 + 169).squareRoot()) < 1e-5)
  }

  @Test func noRowsAreNoTrouble() {
    let none = RowSparse(indices: .zeros([0], dtype: .int32), values: .zeros([0, 3]), rows: 2)
    #expect(none.coalesced().dense().scalars(Float.self) == [0, 0, 0, 0, 0, 0])
    #expect(none.norm().item() == 0)
    var key = RandomKey(0)
    let model = Embedding(4, 3, sparse: true, key: &key)
    let (loss, gradients) = valueAndSparseGrad(model) { Tensor(2.0, dtype: .float32) }
    #expect(loss.item() == 2)
    #expect(gradients[model.parameters[0].slot]?.tensor.scalars(Float.self) == [Float](repeating: 0, count: 12))
  }

  /// A model of sparse and dense parameters: each optimizer takes what is its own, and one may take all.
  @Test func optimizersShareAModel() {
    final class Model: Module {
      let table: Embedding
      let head: Linear
      init(key: inout RandomKey) {
        table = Embedding(6, 4, sparse: true, key: &key)
        head = Linear(4, 2, key: &key)
      }
    }
    func train(_ make: (Model) -> [Optimizer]) -> [[Float]] {
      var key = RandomKey(3)
      let model = Model(key: &key)
      let optimizers = make(model)
      for _ in 0..<3 {
        let (_, gradients) = valueAndSparseGrad(model) {
          crossEntropy(model.head(model.table(Tensor([1, 5, 1]))), Tensor([0, 1, 1]))
        }
        for optimizer in optimizers { optimizer.update(gradients) }
      }
      return model.parameters.map { $0.slot.tensor!.scalars(Float.self) }
    }
    let dense = train { [SGD($0, learningRate: 0.1)] }
    for other in [
      train { [SparseSGD($0, learningRate: 0.1)] },
      train { [SparseSGD($0.table, learningRate: 0.1), SGD($0.head, learningRate: 0.1)] },
    ] {
      for (ours, theirs) in zip(other.joined(), dense.joined()) { #expect(abs(ours - theirs) < 1e-6) }
    }
  }

  @Test func indicesOutsideOfTheTableAreNamed() {
    var key = RandomKey(0)
    let model = Embedding(5, 2, sparse: true, key: &key)
    func error(_ body: () -> Tensor) -> String? {
      #expect(throws: OpError.self) { try checked { body().evaluated() } }?.description
    }
    let message = "embedding: index 5 at [1, 0], expected 0..<5"
    let places = Tensor([0, 4, 5, 1], shape: [2, 2])
    #expect(error { valueAndSparseGrad(model) { model(places).sum() }.value } == message)
    let compiled = compile { (x: Tensor) -> Tensor in
      guard case .rows(let rows) = valueAndSparseGrad(model, { model(x).sum() }).gradients.entries[0].gradient else {
        return x
      }
      return rows.dense()
    }
    #expect(
      error { compiled(Tensor([0, 4, -1, 1], shape: [2, 2])) } == "embedding: index -1 at [1, 0], expected 0..<5")
    #expect(
      error { RowSparse(indices: Tensor([9]), values: .ones([1, 2]), rows: 9).dense() }
        == "RowSparse: index 9 at [0], expected 0..<9")
    #expect(
      error { RowSparse(indices: Tensor([1, 2]), values: .ones([3, 2]), rows: 9).dense() }
        == "RowSparse: indices int64[2] and values float32[3, 2], expected integers [entries] and [entries, features]")
    #expect(
      error {
        let rows = RowSparse(indices: Tensor([1, 2]), values: .ones([2, 2]), rows: 9)
        return rows.replacingRows(of: .ones([9, 2]), by: rows.values)
      }?.hasSuffix("may name a row twice. Use `coalesced()`") ?? false)
  }

  /// A table that is used as a whole, or in a loop, has no gradient of few rows.
  @Test func otherUsesOfATableAreMistakes() {
    var key = RandomKey(0)
    let model = Embedding(5, 2, sparse: true, key: &key)
    let expected = "gradient: a table [5, 2] is used in other ways than by lookups, or inside of a loop"
    for use in [
      { model(Tensor([1])).sum() + model.weight.sum() },
      { checkpoint(Tensor.ones([1, 2])) { $0 * model(Tensor([1])) }.sum() },
    ] {
      let error = #expect(throws: OpError.self) { try checked { valueAndSparseGrad(model, use).value } }
      #expect(error?.description.hasPrefix(expected) ?? false, "\(String(describing: error))")
    }
  }

  /// A step on 32 rows of a table of 256 MB (and two moments) needs no second one.
  @Test func aStepCopiesNoTable() {
    var key = RandomKey(0)
    let model = Embedding(1_000_000, 64, sparse: true, initializer: .constant(0.5), key: &key)
    model.evaluate()
    for optimizer in [SparseSGD(model, learningRate: 0.1), SparseAdam(model)] {
      let step = compile(updating: model, optimizer) { (batch: Tensor) -> Tensor in
        let (loss, gradients) = valueAndSparseGrad(model) { model(batch).squared().sum() }
        optimizer.update(gradients)
        return loss
      }
      let batch = Tensor((0..<32).map { Int32($0 * 31_007) })
      for _ in 0..<2 { _ = step(batch).item() }
      Device.current.resetPeakMemory()
      let before = Device.current.memory.bytesInUse
      for _ in 0..<10 { _ = step(batch).item() }
      let grown = Device.current.memory.peakBytes - before
      // Other tests run beside this one; a table is 256 MB.
      #expect(grown < 128 << 20, "\(type(of: optimizer)) takes \(grown) bytes more")
      #expect(model.weight[1].sum().item() == 32 && model.weight[31_007].sum().item() < 32)
    }
  }
}
