import ApusFiles
import ApusModels
import ApusNN
import ApusTensor

extension Llama {
  /// A Llama of Hugging Face's: a directory with `config.json` and its weights as safetensors, in one file or several.
  ///
  /// - Parameter dtype: The type that weights get; nil keeps the file's.
  /// - Throws: ``FileError`` that names the file, and the field or the tensor that is wrong.
  public convenience init(directory: String, dtype: DType? = .float32) throws(FileError) {
    let configuration = try Configuration(PretrainedConfiguration(directory: directory))
    var key = RandomKey(0)
    self.init(configuration, key: &key)
    let map = WeightMap(
      isIgnored: { $0.hasSuffix(".rotary_emb.inv_freq") || configuration.tiesHead && $0 == "lm_head.weight" })
    try take(PretrainedWeights(directory: directory), map, dtype: dtype)
  }
}

extension Llama.Configuration {
  init(_ file: PretrainedConfiguration) throws(FileError) {
    typealias Limit = PretrainedConfiguration.Limit
    let width = try file.size("hidden_size", upTo: Limit.width)
    let heads = try file.size("num_attention_heads", upTo: Limit.width)
    let keyHeads = try file.size("num_key_value_heads", upTo: Limit.width, default: heads)
    try file.require(
      "num_key_value_heads", heads % keyHeads == 0, "a number that divides num_attention_heads, \(heads)")
    try file.require(
      "num_attention_heads", file.has("head_dim") || width % heads == 0, "a number that divides hidden_size, \(width)")
    let headDim = try file.size("head_dim", upTo: Limit.width, default: width / heads)
    try file.require("head_dim", headDim % 2 == 0, "an even number")
    try file.require("hidden_act", file.string("hidden_act", default: "silu") == "silu", "\"silu\"")
    // Since version 5 of Transformers the base is among the parameters of the scaling.
    let isModern = file.has("rope_parameters")
    let rotary = try file.inner(isModern ? "rope_parameters" : "rope_scaling")
    let base = try (isModern ? rotary! : file).number("rope_theta", default: 10_000)
    var scaling: RotaryScaling?
    if let rotary { scaling = try RotaryScaling(file: rotary) }
    self.init(
      vocabulary: try file.size("vocab_size", upTo: Limit.vocabulary),
      context: try file.size("max_position_embeddings", upTo: Limit.context), width: width,
      hidden: try file.size("intermediate_size", upTo: Limit.width),
      layers: try file.size("num_hidden_layers", upTo: Limit.layers), heads: heads, keyHeads: keyHeads,
      headDim: headDim, ropeBase: base, ropeScaling: scaling,
      epsilon: try file.number("rms_norm_eps", default: 1e-6),
      attentionBias: try file.bool("attention_bias", default: false),
      perceptronBias: try file.bool("mlp_bias", default: false),
      tiesHead: try file.bool("tie_word_embeddings", default: false))
  }
}

extension RotaryScaling {
  /// Nil where the places are not stretched.
  init?(file: PretrainedConfiguration) throws(FileError) {
    let name = file.has("rope_type") ? "rope_type" : "type"
    switch try file.string(name, default: "default") {
    case "default": return nil
    case "linear": self = .linear(factor: try file.number("factor"))
    case "llama3":
      let (low, high) = (try file.number("low_freq_factor"), try file.number("high_freq_factor"))
      try file.require("high_freq_factor", high > low, "more than low_freq_factor, \(low)")
      self = .llama3(
        factor: try file.number("factor"), low: low, high: high,
        context: try file.number("original_max_position_embeddings"))
    default: throw file.wrong(name, "\"default\", \"linear\" or \"llama3\"")
    }
  }
}
