import Apus
import Testing

/// What is said when a loss is no longer a number: which tensor went bad first.
@Suite struct DivergenceTests {
  private static func origin(
    _ model: any Layer, learningRate: Double = 0.01, data: FormulaBatches = FormulaBatches()
  ) -> String? {
    let task = TrainingTask.classification(model, SGD(model, learningRate: learningRate))
    let trainer = Trainer(task, data: data, validation: data, options: TrainerOptions(epochs: 40))
    do {
      try trainer.run()
      return nil
    } catch let error as Divergence {
      return error.origin
    } catch {
      return "\(error)"
    }
  }

  private static func net(_ middle: any Layer) -> Sequential {
    var key = RandomKey(1)
    return Sequential {
      Linear(3, 4, key: &key)
      middle
      Linear(4, 2, key: &key)
    }
  }

  /// √x of a number below 0 is none.
  private final class Root: Module, Layer {
    func callAsFunction(_ x: Tensor) -> Tensor { traced(x.sqrt()) }
  }

  /// x^⅓ · 0: the value is a number everywhere, the gradient at 0 is not.
  private final class Cusp: Module, Layer {
    func callAsFunction(_ x: Tensor) -> Tensor { traced((x - x).abs().sqrt() + x) }
  }

  @Test func theExamples() {
    var data = FormulaBatches()
    data.spoiled = 7
    #expect(Self.origin(Self.net(Tanh()), data: data) == "tensor 0 of the batch (3 of 48 elements)")
  }

  @Test func aParameter() {
    let model = Self.net(Tanh())
    model.parameters[2].slot.tensor![1, 0] = Tensor(Double.infinity)
    #expect(Self.origin(model) == "model.2.weight (1 of 8 elements), before the step")
  }

  @Test func anActivation() throws {
    let text = try #require(Self.origin(Self.net(Root())))
    #expect(text.hasPrefix("the activation of 1 (Root) ("))
  }

  @Test func aGradient() throws {
    let text = try #require(Self.origin(Self.net(Cusp())))
    #expect(text.hasPrefix("the gradient of 0.bias ("), "\(text)")
  }

  /// A rate that is much too high spoils the parameters first.
  @Test func aStep() throws {
    let text = try #require(Self.origin(Self.net(Identity()), learningRate: 1e38))
    #expect(text.contains("model.") || text.contains("activation"), "\(text)")
  }
}
