import ApusFiles
import ApusFormats
import ApusTensor

/// The tensors of a model as Hugging Face lays it out: `model.safetensors`, or several such files with
/// `model.safetensors.index.json`, which says what is in which.
public struct PretrainedWeights: Sendable {
  /// What errors call them: the file, or the index of several.
  public let path: String
  /// By the names that they have in the files.
  public let tensors: [String: Tensor]

  /// Reads the weights in a directory.
  ///
  /// Throws a ``FileError`` that names the file, and the tensor, when there are none or a file breaks a rule.
  public init(directory: String) throws(FileError) {
    let (single, index) = (
      directory.appendingPath("model.safetensors"), directory.appendingPath("model.safetensors.index.json")
    )
    if File.exists(single) || !File.exists(index) {
      path = single
      tensors = Dictionary(
        uniqueKeysWithValues: try TensorFile(contentsOf: single).tensors.map { ($0.name, $0.tensor) })
    } else {
      path = index
      tensors = try Self.shards(index, directory)
    }
  }

  private static func shards(_ index: String, _ directory: String) throws(FileError) -> [String: Tensor] {
    guard let map = try JSONValue(contentsOf: index)["weight_map"]?.object else {
      throw .malformed(index, "the field \"weight_map\" is missing or no object")
    }
    var names: [String: Set<String>] = [:]
    for (name, value) in map {
      guard let file = value.string else { throw .malformed(index, "the file of \(name.quoted) is not a string") }
      // Files lie beside the index, and nowhere else.
      guard file.hasSuffix(".safetensors"), !file.utf8.contains(UInt8(ascii: "/")), !file.hasPrefix(".") else {
        throw .malformed(
          index, "\(name.quoted) is in \(file.quoted), expected the name of a safetensors file beside the index")
      }
      names[file, default: []].insert(name)
    }
    var tensors: [String: Tensor] = [:]
    for (file, wanted) in names.sorted(by: { $0.key < $1.key }) {
      let path = directory.appendingPath(file)
      if !File.exists(path) {
        throw .malformed(index, "\(wanted.min()!.quoted) is in \(file.quoted), which is not there")
      }
      for (name, tensor) in try TensorFile(contentsOf: path).tensors {
        guard wanted.contains(name) else {
          throw .malformed(path, "has the tensor \(name.quoted), which the index places elsewhere or not at all")
        }
        tensors[name] = tensor
      }
      if let missing = wanted.filter({ tensors[$0] == nil }).min() {
        throw .malformed(path, "has no tensor \(missing.quoted), which the index places there")
      }
    }
    return tensors
  }
}
