import Apus
import Testing

/// An average that forgets its first parameters soon, by its recurrence in plain arithmetic.
@Suite struct WarmingAverageTests {
  @Test func theFirstParametersAreForgotten() {
    let model = Vectors([5])
    let average = WeightAverage(model, .warming(decay: 0.5))
    var expected = 5.0
    for step in 0..<20 {
      let value = Double(step * step)
      model.first = Tensor([value], dtype: .float64)
      average.update()
      let decay = min(0.5, Double(1 + step) / Double(10 + step))
      expected = decay * expected + (1 - decay) * value
      #expect(abs(average.values[0].item() - expected) < 1e-12)
    }
  }
}
