import ApusFiles
import ApusModels
import ApusTensor

/// A model that writes, from a directory as Hugging Face lays it out.
public struct PretrainedLanguageModel {
  public let model: any AutoregressiveModel
  /// What the model ends a text with: `eos_token_id` of `generation_config.json` or `config.json`.
  public let stopTokens: Set<Int>
  /// What a text begins with that has no other beginning: `bos_token_id`.
  public let startToken: Int?

  /// The kinds that can be read: `model_type` of `config.json`.
  public static let kinds = ["gpt2", "llama"]

  /// Reads `config.json` and the weights.
  ///
  /// - Parameter dtype: The type that weights get; nil keeps the file's.
  /// - Throws: ``FileError`` that names the file, and the field or the tensor that is wrong.
  public init(directory: String, dtype: DType? = .float32) throws(FileError) {
    let configuration = try PretrainedConfiguration(directory: directory)
    switch try configuration.string("model_type") {
    case "gpt2": model = try GPT(directory: directory, dtype: dtype)
    case "llama": model = try Llama(directory: directory, dtype: dtype)
    default: throw configuration.wrong("model_type", Self.kinds.map { "\"\($0)\"" }.joined(separator: " or "))
    }
    let generation = directory.appendingPath("generation_config.json")
    let tokens =
      File.exists(generation)
      ? try PretrainedConfiguration(contentsOf: generation).tokens("eos_token_id") : []
    startToken = try configuration.tokens("bos_token_id").first
    stopTokens = Set(tokens.isEmpty ? try configuration.tokens("eos_token_id") : tokens)
  }
}
