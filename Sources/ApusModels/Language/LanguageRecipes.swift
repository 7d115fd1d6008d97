import ApusNN
import ApusTensor

extension Recipe {
  /// Simple, gated and long short-term nets, and transformers, on the King James Bible or any text.
  static let language: [Recipe] = [
    .elmanLM, .jordanLM, .characterRNN, .lstmLM, .gruLM, .gptCharacters, .gptBytePairs, .music,
  ]

  static let elmanLM = text(
    "elman-lm", "Elman's net of 256 units on characters", .characters, time: 32, batchSize: 32, learningRate: 1e-3,
    .recurrent { vocabulary, key in
      RecurrentLanguageModel(.elman, vocabulary: vocabulary, features: 64, hidden: 256, key: &key)
    })

  static let jordanLM = text(
    "jordan-lm", "Jordan's net of 256 units on characters", .characters, time: 32, batchSize: 32, learningRate: 1e-3,
    .recurrent { vocabulary, key in
      RecurrentLanguageModel(.jordan, vocabulary: vocabulary, features: 64, hidden: 256, key: &key)
    })

  static let characterRNN = text(
    "char-rnn", "LSTM of two layers of 256 units on characters", .characters, time: 64, batchSize: 32,
    learningRate: 2e-3,
    .recurrent { vocabulary, key in
      RecurrentLanguageModel(
        .lstm, vocabulary: vocabulary, features: 64, hidden: 256, layers: 2, dropout: 0.1, key: &key)
    })

  static let lstmLM = text(
    "lstm-lm", "LSTM of two layers of 200 units on words (Zaremba et al. 2014, the small one)",
    .words(vocabulary: 10_000), time: 35, batchSize: 20, learningRate: 2e-3, steps: 3000,
    .recurrent { vocabulary, key in
      RecurrentLanguageModel(
        .lstm, vocabulary: vocabulary, features: 200, hidden: 200, layers: 2, dropout: 0.2, key: &key)
    })

  static let gruLM = text(
    "gru-lm", "GRU of two layers of 200 units on words", .words(vocabulary: 10_000), time: 35, batchSize: 20,
    learningRate: 2e-3, steps: 3000,
    .recurrent { vocabulary, key in
      RecurrentLanguageModel(
        .gru, vocabulary: vocabulary, features: 200, hidden: 200, layers: 2, dropout: 0.2, key: &key)
    })

  static let gptCharacters = text(
    "gpt-char", "GPT of 4 layers, 128 wide, on characters", .characters, time: 64, batchSize: 12, learningRate: 1e-3,
    .transformer { vocabulary, context, key in
      GPT(.init(vocabulary: vocabulary, context: context, width: 128, layers: 4, heads: 4, bias: false), key: &key)
    })

  static let gptBytePairs = text(
    "gpt-bpe", "GPT of 4 layers, 256 wide, on byte pairs", .bytePairs(vocabulary: 4096), time: 128, batchSize: 16,
    learningRate: 1e-3, steps: 1500,
    .transformer { vocabulary, context, key in
      GPT(.init(vocabulary: vocabulary, context: context, width: 256, layers: 4, heads: 8, dropout: 0.1), key: &key)
    })

  static let music: Recipe = {
    var recipe = Recipe(
      name: "music", summary: "LSTM of two layers of 256 units on tunes in ABC notation, which writes others",
      dataset: "",
      work: .languageModel(
        LanguageModelWork(
          .notes, time: 64,
          .recurrent { vocabulary, key in
            RecurrentLanguageModel(
              .lstm, vocabulary: vocabulary, features: 128, hidden: 256, layers: 2, dropout: 0.3, key: &key)
          })), epochs: 1, batchSize: 32, learningRate: 2e-3, optimizer: "adamw", schedule: .cosine, weightDecay: 0.01)
    recipe.steps = 1500
    recipe.clipNorm = 1
    return recipe
  }()

  /// What recipes for texts have in common: AdamW, a rate that falls along a cosine, gradients clipped at norm 1.
  private static func text(
    _ name: String, _ summary: String, _ unit: LanguageModelWork.Unit, time: Int, batchSize: Int, learningRate: Double,
    steps: Int = 2000, _ model: LanguageModelWork.Model
  ) -> Recipe {
    var recipe = Recipe(
      name: name, summary: "\(summary), on the King James Bible or any text", dataset: "king-james-bible",
      work: .languageModel(LanguageModelWork(unit, time: time, model)), epochs: 1, batchSize: batchSize,
      learningRate: learningRate, optimizer: "adamw", schedule: .cosine, weightDecay: 0.01)
    recipe.steps = steps
    recipe.clipNorm = 1
    return recipe
  }
}
