import Apus
import Testing

private final class Tied: Module {
  let first: Linear
  let again: Linear
  let optional: Linear?
  let list: [Linear]
  let table: [String: Linear]

  init(key: inout RandomKey) {
    first = Linear(2, 2, key: &key)
    again = first
    optional = Linear(2, 2, bias: false, key: &key)
    list = [Linear(2, 3, bias: false, key: &key)]
    table = ["b": Linear(1, 1, bias: false, key: &key), "a": Linear(1, 1, bias: false, key: &key)]
  }
}

private class Base: Module {
  @Parameter var scale: Tensor
  @Buffer var count: Tensor

  override init() {
    scale = Tensor(1)
    count = Tensor(0)
  }
}

private final class Derived: Base {
  @Parameter var shift: Tensor

  override init() {
    shift = Tensor(2)
    super.init()
  }
}

private final class Forgetful: Module {
  var weight = Tensor(1)
}

@Suite struct ModuleTests {
  @Test func pathsFollowTheDeclarations() {
    var key = RandomKey(0)
    #expect(
      Tied(key: &key).entries.map(\.path) == [
        "first.weight", "first.bias", "optional.weight", "list.0.weight", "table.a.weight", "table.b.weight",
      ])
    let model = Sequential {
      Linear(3, 4, key: &key)
      ReLU()
      Linear(4, 2, bias: false, key: &key)
    }
    #expect(model.entries.map(\.path) == ["0.weight", "0.bias", "2.weight"])
    #expect(model.parameterCount == 3 * 4 + 4 + 4 * 2)
  }

  @Test func superclassesComeFirstAndBuffersAreNotTrained() {
    let model = Derived()
    #expect(model.entries.map(\.path) == ["scale", "count", "shift"])
    #expect(model.parameters.map(\.path) == ["scale", "shift"])
    #expect(model.buffers.map(\.path) == ["count"])
  }

  @Test func freezingKeepsParametersFromTraining() {
    var key = RandomKey(0)
    let model = Linear(2, 2, key: &key)
    model.freeze()
    #expect(model.parameters.isEmpty && model.entries.count == 2)
  }

  @Test func lenet5HasThePaperTraineeCount() {
    var key = RandomKey(0)
    let model = LeNet5(key: &key)
    #expect(model.parameterCount == 61_706)
    #expect(model(.zeros([2, 28, 28, 1])).shape == [2, 10])
  }

  @Test func aBareTensorIsExplained() async throws {
    let result = try await #require(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Forgetful().entries
    }
    let message = String(decoding: result.standardErrorContent, as: UTF8.self)
    #expect(message.contains("Forgetful.weight is a bare Tensor"))
    #expect(message.contains("@Parameter var weight: Tensor"))
  }

  @Test func aShapeMistakeStopsTheProgramWithAHint() async throws {
    let result = try await #require(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Tensor.zeros([32, 784]).matmul(.zeros([10, 784]))
    }
    let message = String(decoding: result.standardErrorContent, as: UTF8.self)
    #expect(
      message.contains(
        "matmul: [32, 784] × [10, 784]: inner sizes 784 and 10 differ. Transpose the second operand?"))
  }

  /// Gradients come in the order of the parameters and leave the model as it was.
  @Test func valueAndGradRestoresTheModel() {
    var key = RandomKey(3)
    let model = Linear(2, 1, key: &key)
    let before = model.weight.scalars()
    let x: Tensor = [[1, 2], [3, 4]]
    let (value, gradients) = valueAndGrad(model) { model(x).sum() }
    #expect(model.weight.scalars() == before)
    #expect(gradients.map(\.shape) == [[1, 2], [1]])
    #expect(gradients[0].scalars() == [4, 6])
    #expect(gradients[1].scalars() == [2])
    #expect(abs(value.item() - model(x).sum().item()) < 1e-6)
  }
}
