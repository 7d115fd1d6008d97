import ApusFiles
import ApusModels
import ApusTensor

extension GPT {
  /// A GPT-2 of Hugging Face's: a directory with `config.json` and its weights as safetensors, in one file or several.
  ///
  /// - Parameter dtype: The type that weights get; nil keeps the file's.
  /// - Throws: ``FileError`` that names the file, and the field or the tensor that is wrong.
  public convenience init(directory: String, dtype: DType? = .float32) throws(FileError) {
    let configuration = try Configuration(PretrainedConfiguration(directory: directory))
    var key = RandomKey(0)
    self.init(configuration, key: &key)
    let map = WeightMap(
      prefix: "transformer.", sources: { [$0.hasPrefix("transformer.") ? String($0.dropFirst(12)) : $0] },
      // GPT-2's linear layers were convolutions of one place, [inputs, outputs].
      isTransposed: { path in [".c_attn.weight", ".c_proj.weight", ".c_fc.weight"].contains { path.hasSuffix($0) } },
      isIgnored: { name in
        name.hasSuffix(".attn.bias") || name.hasSuffix(".attn.masked_bias")
          || configuration.tiesHead && name == "lm_head.weight"
      })
    try take(PretrainedWeights(directory: directory), map, dtype: dtype)
  }
}

extension GPT.Configuration {
  init(_ file: PretrainedConfiguration) throws(FileError) {
    typealias Limit = PretrainedConfiguration.Limit
    let width = try file.size("n_embd", upTo: Limit.width)
    let heads = try file.size("n_head", upTo: Limit.width)
    try file.require("n_head", width % heads == 0, "a number that divides n_embd, \(width)")
    let inner = try file.size("n_inner", upTo: 4 * Limit.width, default: 4 * width)
    try file.require("n_inner", inner == 4 * width, "\(4 * width)")
    let activation = try file.string("activation_function", default: "gelu_new")
    try file.require(
      "activation_function", ["gelu_new", "gelu_pytorch_tanh"].contains(activation), "\"gelu_new\"")
    for name in ["scale_attn_by_inverse_layer_idx", "add_cross_attention"] {
      try file.require(name, !file.bool(name, default: false), "false")
    }
    try file.require("scale_attn_weights", file.bool("scale_attn_weights", default: true), "true")
    self.init(
      vocabulary: try file.size("vocab_size", upTo: Limit.vocabulary),
      context: try file.size("n_positions", upTo: Limit.context), width: width,
      layers: try file.size("n_layer", upTo: Limit.layers), heads: heads,
      epsilon: try file.number("layer_norm_epsilon", default: 1e-5),
      tiesHead: try file.bool("tie_word_embeddings", default: true))
  }
}
