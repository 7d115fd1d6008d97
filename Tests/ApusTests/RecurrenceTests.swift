import ApusCore
import ApusTensor
import Testing

/// Recurrences are loops: however long a sequence is, the program for it and its gradient is the same.
@Suite struct RecurrenceTests {
  private static let kinds = ["rnn", "lstm", "projected", "gru", "original", "lengths"]

  private func outputs(_ kind: String, _ x: Tensor, _ weights: [Tensor]) -> Tensor {
    let lengths = Tensor([2, 1] as [Int32])
    switch kind {
    case "rnn": return rnn(x, weightInput: weights[0][..<4], weightHidden: weights[1][..<4]).outputs
    case "gru": return gru(x, weightInput: weights[0][..<12], weightHidden: weights[1][..<12]).outputs
    case "original":
      return gru(x, weightInput: weights[0][..<12], weightHidden: weights[1][..<12], resetsAfterProduct: false).outputs
    case "projected":
      let small = weights[1][TensorIndex.all, ..<2]
      return lstm(x, weightInput: weights[0], weightHidden: small, weightProjection: weights[1][..<2]).outputs
    case "lengths":
      return lstm(x, weightInput: weights[0], weightHidden: weights[1], lengths: lengths, reversed: true).outputs
    default: return lstm(x, weightInput: weights[0], weightHidden: weights[1]).outputs
    }
  }

  @Test(arguments: kinds)
  func theProgramDoesNotGrowWithTheSteps(_ kind: String) {
    var key = RandomKey(1)
    let weights = [Tensor.normal([16, 3], key: &key), .normal([16, 4], key: &key)].map { $0.evaluated() }
    func size(_ time: Int) -> Int {
      let x = Tensor.full(0.5, [2, time, 3])
      let (value, gradients) = valueAndGradient(at: weights) { outputs(kind, x, $0).squared().sum() }
      return Graph.capture(([value] + gradients).map(\.node)).graph.instructions.count
    }
    #expect(size(3) == size(40))
  }
}
