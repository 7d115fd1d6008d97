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
    let model = RecurrentLanguageModel(.lstm, vocabulary: 5, features: 3, hidden: 4, layers: 2, key: &key)
    #expect(
      model.parameters.map(\.path) == [
        "embedding.weight", "lstm.weight_ih_l0", "lstm.weight_hh_l0", "lstm.bias_ih_l0", "lstm.bias_hh_l0",
        "lstm.weight_ih_l1", "lstm.weight_hh_l1", "lstm.bias_ih_l1", "lstm.bias_hh_l1", "fc.weight", "fc.bias",
      ])
  }

  /// What was published with the weights.
  @Test(arguments: [
    ("gpt2", 124_439_808), ("gpt2-medium", 354_823_168), ("gpt2-large", 774_030_080), ("gpt2-xl", 1_557_611_200),
    ("llama-7b", 6_738_415_616), ("llama-3.2-1b", 1_235_814_400), ("llama-3.1-8b", 8_030_261_248),
    ("bert-base", 109_482_240), ("bert-large", 335_141_888), ("minilm-l6", 22_713_216),
  ])
  func languageModelsHaveTheirPublishedSizes(_ name: String, _ expected: Int) throws {
    var key = RandomKey(0)
    let architecture = try #require(Architecture.named(name))
    #expect(architecture.makeModel(architecture.classes, &key).parameterCount == expected)
  }
}
