import ApusNN
import ApusTensor

extension Architecture {
  /// Networks that read texts, in the sizes in which they were published.
  static let language: [Architecture] = [
    gpt2("gpt2", "124M", .init()),
    gpt2("gpt2-medium", "355M", .init(width: 1024, layers: 24, heads: 16)),
    gpt2("gpt2-large", "774M", .init(width: 1280, layers: 36, heads: 20)),
    gpt2("gpt2-xl", "1.5B", .init(width: 1600, layers: 48, heads: 25)),
    llama("llama-7b", "Llama of 7B (Touvron et al. 2023)", .init()),
    llama(
      "llama-3.2-1b", "Llama 3.2 of 1B (Grattafiori et al. 2024)",
      llama3(width: 2048, hidden: 8192, layers: 16, heads: 32, factor: 32, tiesHead: true)),
    llama(
      "llama-3.1-8b", "Llama 3.1 of 8B (Grattafiori et al. 2024)",
      llama3(width: 4096, hidden: 14_336, layers: 32, heads: 32, factor: 8, tiesHead: false)),
    bert("bert-base", "BERT, base (Devlin et al. 2019)", .init()),
    bert("bert-large", "BERT, large (Devlin et al. 2019)", .init(width: 1024, hidden: 4096, layers: 24, heads: 16)),
    bert(
      "minilm-l6", "MiniLM of 6 layers, which makes vectors of sentences (Wang et al. 2020)",
      .init(width: 384, hidden: 1536, layers: 6, heads: 12)),
  ]

  private static func gpt2(_ name: String, _ size: String, _ configuration: GPT.Configuration) -> Architecture {
    Architecture(
      name, "GPT-2 of \(size) (Radford et al. 2019)", context: configuration.context,
      vocabulary: configuration.vocabulary
    ) { vocabulary, key in
      var configuration = configuration
      configuration.vocabulary = vocabulary
      return GPT(configuration, key: &key)
    }
  }

  private static func llama(_ name: String, _ summary: String, _ configuration: Llama.Configuration) -> Architecture {
    Architecture(name, summary, context: configuration.context, vocabulary: configuration.vocabulary) {
      vocabulary, key in
      var configuration = configuration
      configuration.vocabulary = vocabulary
      return Llama(configuration, key: &key)
    }
  }

  private static func llama3(
    width: Int, hidden: Int, layers: Int, heads: Int, factor: Double, tiesHead: Bool
  ) -> Llama.Configuration {
    Llama.Configuration(
      vocabulary: 128_256, context: 131_072, width: width, hidden: hidden, layers: layers, heads: heads, keyHeads: 8,
      ropeBase: 500_000, ropeScaling: .llama3(factor: factor, low: 1, high: 4, context: 8192), epsilon: 1e-5,
      tiesHead: tiesHead)
  }

  private static func bert(_ name: String, _ summary: String, _ configuration: BERT.Configuration) -> Architecture {
    Architecture(name, summary, context: configuration.context, vocabulary: configuration.vocabulary) {
      vocabulary, key in
      var configuration = configuration
      configuration.vocabulary = vocabulary
      return BERT(configuration, key: &key)
    }
  }
}
