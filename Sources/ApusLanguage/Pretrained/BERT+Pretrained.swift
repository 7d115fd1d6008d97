import ApusFiles
import ApusModels
import ApusNN
import ApusTensor

extension BERT {
  /// A BERT of Hugging Face's: a directory with `config.json` and its weights as safetensors, in one file or several. The
  /// pooler and the head for masked tokens are there where the weights have them.
  ///
  /// - Parameter dtype: The type that weights get; nil keeps the file's.
  /// - Throws: ``FileError`` that names the file, and the field or the tensor that is wrong.
  public convenience init(directory: String, dtype: DType? = .float32) throws(FileError) {
    var configuration = try Configuration(PretrainedConfiguration(directory: directory))
    let weights = try PretrainedWeights(directory: directory)
    func has(_ name: String) -> Bool { weights.tensors["bert.\(name)"] != nil || weights.tensors[name] != nil }
    configuration.hasPooler = has("pooler.dense.weight")
    configuration.hasMaskedHead = has("cls.predictions.transform.dense.weight")
    var key = RandomKey(0)
    self.init(configuration, key: &key)
    let ignored = [
      "embeddings.position_ids", "cls.predictions.decoder.weight", "cls.predictions.decoder.bias",
      "cls.seq_relationship.weight", "cls.seq_relationship.bias",
    ]
    let map = WeightMap(
      prefix: "bert.", sources: BERT.sources, isIgnored: { ignored.contains($0) },
      modern: { name in
        // Converted from TensorFlow.
        if name.hasSuffix("LayerNorm.gamma") { return name.dropLast(5) + "weight" }
        return name.hasSuffix("LayerNorm.beta") ? name.dropLast(4) + "bias" : name
      })
    try take(weights, map, dtype: dtype)
  }

  /// What Hugging Face calls the parts of an encoder layer.
  private static func sources(_ path: String) -> [String] {
    let parts = path.split(separator: ".", maxSplits: 3).map(String.init)
    guard parts.count == 4, parts[0] == "encoder" else { return [path] }
    let (layer, rest) = ("encoder.layer.\(parts[2]).", parts[3])
    let names = [
      "self_attn.out_proj.": "attention.output.dense.", "norm1.": "attention.output.LayerNorm.",
      "linear1.": "intermediate.dense.", "linear2.": "output.dense.", "norm2.": "output.LayerNorm.",
    ]
    if rest.hasPrefix("self_attn.in_proj_") {
      let kind = rest.dropFirst("self_attn.in_proj_".count)
      return ["query", "key", "value"].map { "\(layer)attention.self.\($0).\(kind)" }
    }
    guard let name = names.first(where: { rest.hasPrefix($0.key) }) else { return [path] }
    return [layer + name.value + rest.dropFirst(name.key.count)]
  }
}

extension BERT.Configuration {
  init(_ file: PretrainedConfiguration) throws(FileError) {
    typealias Limit = PretrainedConfiguration.Limit
    let width = try file.size("hidden_size", upTo: Limit.width)
    let heads = try file.size("num_attention_heads", upTo: Limit.width)
    try file.require("num_attention_heads", width % heads == 0, "a number that divides hidden_size, \(width)")
    let activation = try file.string("hidden_act", default: "gelu")
    try file.require("hidden_act", ["gelu", "relu"].contains(activation), "\"gelu\" or \"relu\"")
    let kind = try file.string("position_embedding_type", default: "absolute")
    try file.require("position_embedding_type", kind == "absolute", "\"absolute\"")
    self.init(
      vocabulary: try file.size("vocab_size", upTo: Limit.vocabulary),
      context: try file.size("max_position_embeddings", upTo: Limit.context),
      types: try file.size("type_vocab_size", upTo: Limit.vocabulary, default: 2), width: width,
      hidden: try file.size("intermediate_size", upTo: Limit.width),
      layers: try file.size("num_hidden_layers", upTo: Limit.layers), heads: heads,
      epsilon: try file.number("layer_norm_eps", default: 1e-12), activation: activation == "relu" ? .relu : .gelu)
  }
}
