import ApusFiles
import ApusNN
import ApusTensor

/// From which tensors of a file those of a model are made.
struct WeightMap {
  /// What all names in the file may begin with, or not: files of a bare model lack it.
  var prefix = ""
  /// The names in the file, without the prefix, of the tensors that one of the model is made of, one under the other; its
  /// own unless told.
  var sources: (_ path: String) -> [String] = { [$0] }
  /// Whether a tensor lies the other way round in the file.
  var isTransposed: (_ path: String) -> Bool = { _ in false }
  /// What else may be in a file, and is not used: tables that follow from the configuration, heads for other purposes.
  var isIgnored: (_ name: String) -> Bool = { _ in false }
  /// An old name for what is now called otherwise.
  var modern: (_ name: String) -> String = { $0 }
}

extension Module {
  /// Takes over the tensors of a file. Nothing is changed when it throws.
  ///
  /// - Parameter dtype: The type that weights get; nil keeps the file's.
  /// - Throws: ``FileError``, with the names that are missing or unexpected, or the first of a wrong shape or type.
  func take(_ weights: PretrainedWeights, _ map: WeightMap, dtype: DType?) throws(FileError) {
    var named: [String: Tensor] = [:]
    for (name, tensor) in weights.tensors {
      let bare = name.hasPrefix(map.prefix) ? String(name.dropFirst(map.prefix.count)) : name
      let modern = map.modern(bare)
      if map.isIgnored(modern) { continue }
      guard named.updateValue(tensor, forKey: modern) == nil else {
        throw .malformed(weights.path, "two tensors are called \(modern.quoted), with and without \(map.prefix.quoted)")
      }
    }
    let entries = self.entries.filter(\.slot.isParameter)
    let wanted = entries.map { map.sources($0.path) }
    let known = Set(wanted.joined())
    let missing = wanted.joined().filter { named[$0] == nil }
    let unexpected = named.keys.filter { !known.contains($0) }.sorted()
    func list(_ names: [String]) -> String {
      names.prefix(4).map(\.quoted).joined(separator: ", ") + (names.count > 4 ? " and \(names.count - 4) more" : "")
    }
    var problems: [String] = []
    if !missing.isEmpty { problems.append("it lacks \(list(missing))") }
    if !unexpected.isEmpty { problems.append("it has \(list(unexpected)), which the model has not") }
    guard problems.isEmpty else {
      throw .malformed(weights.path, "not the weights of this \(type(of: self)): \(problems.joined(separator: "; "))")
    }
    var new: [Tensor] = []
    for (entry, names) in zip(entries, wanted) {
      new.append(try made(entry, of: names.map { ($0, named[$0]!) }, map, weights.path, dtype))
    }
    Tensor.evaluate(new)
    for (entry, tensor) in zip(entries, new) { entry.slot.tensor = tensor }
  }

  private func made(
    _ entry: Entry, of parts: [(name: String, tensor: Tensor)], _ map: WeightMap, _ path: String, _ dtype: DType?
  ) throws(FileError) -> Tensor {
    let isTransposed = map.isTransposed(entry.path)
    var expected = Array(entry.slot.tensor!.shape)
    expected[0] /= parts.count
    if isTransposed { expected.reverse() }
    for (name, tensor) in parts {
      guard tensor.dtype.isFloat else {
        throw .malformed(path, "tensor \(name.quoted) is of \(tensor.dtype), expected a floating-point type")
      }
      guard Array(tensor.shape) == expected else {
        throw .malformed(
          path, "tensor \(name.quoted) is \(tensor.shape), expected \(Shape(expected)) by the configuration")
      }
    }
    let whole = parts.count == 1 ? parts[0].tensor : concatenate(parts.map(\.tensor))
    return (isTransposed ? whole.transposed() : whole).cast(to: dtype ?? whole.dtype)
  }
}
