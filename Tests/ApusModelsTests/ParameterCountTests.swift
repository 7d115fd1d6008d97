import Apus
import Testing

/// Closed forms and published counts; those of vision networks are in ``ZooTests``.
struct ParameterCountTests {
  @Test func multilayerPerceptron() {
    var key = RandomKey(0)
    let model = MultilayerPerceptron([784, 512, 512, 10], key: &key)
    #expect(model.parameterCount == 784 * 512 + 512 + 512 * 512 + 512 + 512 * 10 + 10)
    #expect(
      model.parameters.map(\.path) == ["0.weight", "0.bias", "2.weight", "2.bias", "4.weight", "4.bias"])
  }

  /// GPT-2's published 124 million: 124,439,808.
  @Test func gpt() {
    var key = RandomKey(0)
    #expect(GPT(GPT.Configuration(), key: &key).parameterCount == 124_439_808)
  }

  @Test func lstmKeysArePyTorchs() {
    var key = RandomKey(0)
    let model = LSTMLanguageModel(vocabulary: 5, features: 3, hidden: 4, layers: 2, key: &key)
    #expect(
      model.parameters.map(\.path) == [
        "embedding.weight", "lstm.weight_ih_l0", "lstm.weight_hh_l0", "lstm.bias_ih_l0", "lstm.bias_hh_l0",
        "lstm.weight_ih_l1", "lstm.weight_hh_l1", "lstm.bias_ih_l1", "lstm.bias_hh_l1", "fc.weight", "fc.bias",
      ])
  }
}
