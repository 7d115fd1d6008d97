import ApusFiles
import ApusFormats
import ApusNN
import ApusTensor

/// A file whose tensors are not those of the model it is loaded into.
public struct ModelMismatch: Error, CustomStringConvertible {
  public let description: String
}

extension Module {
  /// Parameters and buffers by their paths, with PyTorch's spelling of the keys.
  public var namedTensors: [(name: String, tensor: Tensor)] { entries.map { ($0.path, $0.slot.tensor!) } }

  /// Writes parameters and buffers to a safetensors file, whole or not at all.
  public func save(to path: String, metadata: [String: String] = [:]) throws {
    try TensorFile(namedTensors, metadata: metadata).write(to: path)
  }

  /// Loads parameters and buffers from a safetensors file whose keys, shapes and types must be the model's. Nothing is
  /// changed when they are not.
  public func load(from path: String) throws {
    try load(try TensorFile(contentsOf: path), prefix: "", path: path)
  }

  /// Loads the tensors whose names start with `prefix`.
  func load(_ file: TensorFile, prefix: String, path: String) throws {
    try assign(entries.map { ($0.path, $0.slot) }, from: file, prefix: prefix, path: path, what: "\(type(of: self))")
  }
}

/// Sets each slot to the tensor of its name; all or none. A tensor in the file that no slot asks for is a mistake too.
func assign(
  _ slots: [(path: String, slot: Slot)], from file: TensorFile, prefix: String, path: String, what: String
) throws {
  let found = Dictionary(
    uniqueKeysWithValues: file.tensors.filter { $0.name.hasPrefix(prefix) }.map {
      (String($0.name.dropFirst(prefix.count)), $0.tensor)
    })
  let missing = slots.map(\.path).filter { found[$0] == nil }
  let unknown = found.keys.filter { key in !slots.contains { $0.path == key } }.sorted()
  if !missing.isEmpty || !unknown.isEmpty {
    func list(_ names: [String]) -> String {
      names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " and \(names.count - 3) more" : "")
    }
    var problems: [String] = []
    if !missing.isEmpty { problems.append("it lacks \(list(missing))") }
    if !unknown.isEmpty { problems.append("it has \(list(unknown)), which \(what) has not") }
    throw ModelMismatch(description: "\(path): not a file of \(what): \(problems.joined(separator: "; "))")
  }
  for (name, slot) in slots {
    let (expected, tensor) = (slot.tensor!, found[name]!)
    guard expected.shape == tensor.shape, expected.dtype == tensor.dtype else {
      throw ModelMismatch(
        description:
          "\(path): \(name) is \(tensor.dtype)\(tensor.shape), \(what) expects \(expected.dtype)\(expected.shape)")
    }
  }
  for (name, slot) in slots { slot.tensor = found[name]! }
}
