import Apus
import ApusFilesTestSupport
import ApusLanguage
import Foundation
import Testing

/// Files that are damaged, or meant to do damage, are refused in one line that names the file and what is wrong.
@Suite struct HostilePretrainedTests {
  private typealias Edit = (_ directory: String) throws -> Void

  /// What loading the copy of a model says after something was done to its files.
  private func message(_ name: String, _ edit: Edit) throws -> String {
    try withTemporaryDirectory { temporary in
      let directory = temporary + "/model"
      try FileManager.default.copyItem(atPath: PretrainedFixture.directory(name), toPath: directory)
      try edit(directory)
      do {
        _ = name.hasPrefix("bert") ? try BERT(directory: directory) as Module : try load(directory)
        return "loaded"
      } catch {
        #expect(isSingleLine("\(error)"))
        return "\(error)".replacingOccurrences(of: directory + "/", with: "")
      }
    }
  }

  private func load(_ directory: String) throws(FileError) -> Module {
    try PretrainedLanguageModel(directory: directory).model
  }

  private func rewrite(_ file: String, _ change: @escaping (inout [(name: String, tensor: Tensor)]) -> Void) -> Edit {
    { directory in
      var tensors = try TensorFile(contentsOf: "\(directory)/\(file)")
      change(&tensors.tensors)
      try tensors.write(to: "\(directory)/\(file)")
    }
  }

  private func replace(_ file: String, _ old: String, _ new: String) -> Edit {
    { directory in
      let text = try String(contentsOfFile: "\(directory)/\(file)", encoding: .utf8)
      #expect(text.contains(old))
      try text.replacingOccurrences(of: old, with: new).write(
        toFile: "\(directory)/\(file)", atomically: true, encoding: .utf8)
    }
  }

  /// Changes the header of a safetensors file, whose length stays.
  private func header(_ change: @escaping (String) -> String) -> Edit {
    { directory in
      let path = "\(directory)/model.safetensors"
      var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
      let size = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
      var text = Array(change(String(decoding: bytes[8..<8 + size], as: UTF8.self)).utf8)
      text += [UInt8](repeating: 0x20, count: max(0, size - text.count))
      bytes.replaceSubrange(8..<8 + size, with: text)
      withUnsafeBytes(of: UInt64(text.count).littleEndian) { bytes.replaceSubrange(..<8, with: $0) }
      try Data(bytes).write(to: URL(fileURLWithPath: path))
    }
  }

  @Test func missingAndUnexpectedTensorsAreNamed() throws {
    let missing = try message("gpt2", rewrite("model.safetensors") { $0.removeAll { $0.name.hasSuffix("ln_f.bias") } })
    #expect(
      missing == "model.safetensors: not the weights of this GPT: it lacks \"ln_f.bias\"")
    let extra = try message(
      "gpt2", rewrite("model.safetensors") { $0.append(("transformer.h.2.ln_1.bias", .zeros([16]))) })
    #expect(
      extra == "model.safetensors: not the weights of this GPT: it has \"h.2.ln_1.bias\", which the model has not")
    let part = try message(
      "bert", rewrite("model.safetensors") { $0.removeAll { $0.name.hasSuffix("0.attention.self.key.bias") } })
    #expect(
      part
        == "model.safetensors: not the weights of this BERT: it lacks \"encoder.layer.0.attention.self.key.bias\"")
  }

  @Test func wrongShapesAndTypesAreNamed() throws {
    let shape = try message(
      "gpt2",
      rewrite("model.safetensors") { tensors in
        for place in tensors.indices where tensors[place].name.hasSuffix("h.0.attn.c_attn.weight") {
          tensors[place].tensor = .zeros([48, 16])
        }
      })
    #expect(
      shape
        == "model.safetensors: tensor \"h.0.attn.c_attn.weight\" is [48, 16], expected [16, 48] by the configuration")
    let type = try message(
      "llama-scaled",
      rewrite("model.safetensors") { tensors in
        for place in tensors.indices where tensors[place].name == "model.norm.weight" {
          tensors[place].tensor = .zeros([16], dtype: .int32)
        }
      })
    #expect(type == "model.safetensors: tensor \"model.norm.weight\" is of int32, expected a floating-point type")
  }

  @Test func damagedFilesAreRefused() throws {
    let short = try message("gpt2") { directory in
      let path = URL(fileURLWithPath: "\(directory)/model.safetensors")
      try Data(try Data(contentsOf: path).dropLast(100)).write(to: path)
    }
    #expect(short.hasPrefix("model.safetensors: cut short"))
    let long = try message("gpt2") { directory in
      let path = URL(fileURLWithPath: "\(directory)/model.safetensors")
      var bytes = try Data(contentsOf: path)
      bytes.replaceSubrange(0..<8, with: [255, 255, 255, 255, 255, 255, 255, 127])
      try bytes.write(to: path)
    }
    #expect(long.hasPrefix("model.safetensors: at byte 0: not a safetensors file (its header would have"))
    let overlapping = try message(
      "llama-scaled",
      header { text in
        // The second tensor begins before the first one's end.
        text.replacingOccurrences(of: "[3072,3104]", with: "[3040,3072]")
      })
    #expect(overlapping.contains("overlaps the tensor before it"), "\(overlapping)")
    let huge = try message("gpt2", header { $0.replacingOccurrences(of: "[700,16]", with: "[9223372036854775807,16]") })
    #expect(huge.contains("impossibly large") && huge.contains("wte.weight"), "\(huge)")
    let type = try message("gpt2", header { $0.replacingOccurrences(of: "\"F32\"", with: "\"F31\"") })
    #expect(type.contains("unsupported dtype \"F31\""), "\(type)")
    let absent = try message("gpt2") { try FileManager.default.removeItem(atPath: "\($0)/model.safetensors") }
    #expect(absent.hasPrefix("model.safetensors: cannot"), "\(absent)")
  }

  @Test func indicesNameFilesBesideThem() throws {
    let index = "model.safetensors.index.json"
    let absent = try message("llama", replace(index, "model-00002-of-00003", "model-00004-of-00003"))
    #expect(absent.hasPrefix("model.safetensors.index.json: \"") && absent.hasSuffix("which is not there"), "\(absent)")
    for path in ["../model-00002-of-00003", "/etc/model-00002-of-00003", "a/../../model-00002-of-00003"] {
      let outside = try message("llama", replace(index, "\"model-00002-of-00003", "\"\(path)"))
      #expect(outside.hasSuffix("expected the name of a safetensors file beside the index"), "\(outside)")
    }
    let wrong = try message("llama", replace(index, "\"model.norm.weight\"", "\"model.norm.bias\""))
    #expect(wrong.contains("model.norm."), "\(wrong)")
    #expect(try message("llama", replace(index, "weight_map", "weights")).contains("\"weight_map\" is missing"))
  }

  @Test func configurationsAreChecked() throws {
    for (name, old, new, expected) in [
      (
        "gpt2", "\"n_embd\": 16", "\"n_embd\": 18",
        "config.json: n_head is 4, expected a number that divides n_embd, 18"
      ),
      (
        "gpt2", "\"n_layer\": 2", "\"n_layer\": 1000000000",
        "config.json: n_layer is 1000000000, expected a whole number from 1 to 1000"
      ),
      (
        "gpt2", "\"n_layer\": 2", "\"n_layer\": \"two\"",
        "config.json: n_layer is \"two\", expected a whole number from 1 to 1000"
      ),
      ("gpt2", "gelu_new", "swish", "config.json: activation_function is \"swish\", expected \"gelu_new\""),
      (
        "gpt2", "\"model_type\": \"gpt2\"", "\"model_type\": \"gpt9\"",
        "config.json: model_type is \"gpt9\", expected \"gpt2\" or \"llama\""
      ),
      (
        "llama-scaled", "\"llama3\"", "\"yarn\"",
        "config.json: rope_type is \"yarn\", expected \"default\", \"linear\" or \"llama3\""
      ),
      (
        "llama", "\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3",
        "config.json: num_key_value_heads is 3, expected a number that divides num_attention_heads, 4"
      ),
      (
        "bert", "\"hidden_act\": \"gelu\"", "\"hidden_act\": \"tanh\"",
        "config.json: hidden_act is \"tanh\", expected \"gelu\" or \"relu\""
      ),
      (
        "bert", "\"vocab_size\": 600", "\"vocab_size\": 0",
        "config.json: vocab_size is 0, expected a whole number from 1 to 16777216"
      ),
    ] {
      #expect(try message(name, replace("config.json", old, new)) == expected)
    }
    #expect(
      try message("bert", replace("config.json", "\"vocab_size\": 600", "\"vocab\": 600"))
        == "config.json: vocab_size is missing, expected a whole number from 1 to 16777216")
  }

  /// Files of the hub as they are: without the prefix, with tables of masks, with names of TensorFlow's.
  @Test func filesOfOtherWritersAreRead() throws {
    let bare = try message(
      "gpt2",
      rewrite("model.safetensors") { tensors in
        for place in tensors.indices {
          tensors[place].name = String(tensors[place].name.dropFirst("transformer.".count))
        }
        tensors.append(("h.0.attn.bias", .ones([1, 1, 48, 48])))
        tensors.append(("h.0.attn.masked_bias", Tensor(-1e4)))
      })
    #expect(bare == "loaded")
    let old = try message(
      "bert",
      rewrite("model.safetensors") { tensors in
        for place in tensors.indices {
          tensors[place].name =
            "bert."
            + tensors[place].name.replacingOccurrences(of: "LayerNorm.weight", with: "LayerNorm.gamma")
            .replacingOccurrences(of: "LayerNorm.bias", with: "LayerNorm.beta")
        }
        tensors.append(("bert.embeddings.position_ids", .zeros([1, 32], dtype: .int64)))
        tensors.append(("cls.seq_relationship.weight", .zeros([2, 16])))
      })
    #expect(old == "loaded")
  }
}
