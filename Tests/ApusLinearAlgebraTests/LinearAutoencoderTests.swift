import Apus
import ApusLinearAlgebra
import Testing

/// Linear autoencoders and principal components find the same plane (Baldi & Hornik 1989).
@Suite struct LinearAutoencoderTests {
  /// Examples that vary by 3, 2, 0.6, 0.4, 0.2 along directions which are turned at random.
  private static func examples() -> Tensor {
    var key = RandomKey(12)
    let (directions, _) = Tensor.normal([5, 5], key: &key).qr()
    let spread = Tensor.normal([300, 5], key: &key) * Tensor([3, 2, 0.6, 0.4, 0.2] as [Float])
    return (spread.matmul(directions) + Tensor([1, -2, 0.5, 3, 0] as [Float])).evaluated()
  }

  @Test func linearAutoencodersSpanThePrincipalComponents() {
    let examples = Self.examples()
    var key = RandomKey(3)
    let model = Autoencoder(
      imageShape: [5], hidden: [], code: 2, activation: .identity, output: .identity, key: &key)
    let optimizer = Adam(model, learningRate: 0.02)
    let step = compile(updating: [model, optimizer]) { batch in
      let (loss, gradients) = valueAndGrad(model) { model.objectives[0].loss(batch).loss }
      optimizer.update(gradients)
      return [loss]
    }
    for count in [1500, 1500] {
      for _ in 0..<count { _ = step([examples]) }
      optimizer.learningRate = 0.001
    }
    let components = PrincipalComponents(examples, count: 2)
    let closed = (components.reconstructed(components.transformed(examples)) - examples).squared().mean().item()
    let ours = (model(examples) - examples).squared().mean().item()
    #expect(abs(ours / closed - 1) < 0.002, "\(ours), \(closed)")
    // The decoder's columns lie in the plane of the components: what is left of them beside it is nothing.
    let columns = model.decoder[0].weight.transposed()
    let projected = columns.matmul(components.components.transposed()).matmul(components.components)
    #expect(((columns - projected).norm() / columns.norm()).item() < 0.01)
    #expect(closed > 0.05)
  }

  /// Added up batch by batch they are those of the whole.
  @Test func componentsOfBatchesAreThoseOfTheWhole() throws {
    let examples = Self.examples()
    let whole = PrincipalComponents(examples, count: 3)
    let parts = PrincipalComponents(
      ofBatches: [examples[0..<7], examples[7..<107], examples[107..<107], examples[107...]], count: 3)
    func difference(_ a: Tensor, _ b: Tensor) -> Double { (a - b).abs().max().item() }
    #expect(difference(parts.mean, whole.mean) < 1e-5)
    #expect(difference(parts.components, whole.components) < 1e-4)
    #expect(difference(parts.variances, whole.variances) < 1e-4)
    #expect(difference(parts.varianceShares, whole.varianceShares) < 1e-6)
    #expect(throws: OpError.self) { try checked { PrincipalComponents(ofBatches: [examples], count: 6).mean } }
    #expect(throws: OpError.self) { try checked { PrincipalComponents(ofBatches: [Tensor](), count: 1).mean } }
  }
}
