import ApusFiles
import ApusTensor

/// Named tensors in a safetensors file.
public struct TensorFile: Sendable {
  public var tensors: [(name: String, tensor: Tensor)]
  public var metadata: [String: String]

  public init(_ tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:]) {
    self.tensors = tensors
    self.metadata = metadata
  }

  /// Reads all tensors of a file. Throws a ``FileError`` that names the file and what is wrong with it.
  public init(contentsOf path: String) throws(FileError) {
    let file = try SafetensorsFile(contentsOf: path)
    metadata = file.metadata
    tensors = []
    for entry in file.entries {
      guard let dtype = entry.type.dtype else {
        throw .malformed(
          path, "tensor \(entry.name) has elements of type \(entry.type.rawValue), which is not supported")
      }
      tensors.append((entry.name, Tensor(bytes: Array(file.bytes(of: entry)), shape: Shape(entry.shape), dtype: dtype)))
    }
  }

  public subscript(name: String) -> Tensor? { tensors.first { $0.name == name }?.tensor }

  /// The bytes of the file. The same tensors give the same bytes.
  public func encoded() throws -> [UInt8] {
    Tensor.evaluate(tensors.map(\.tensor))
    let entries = tensors.map { name, tensor in
      SafetensorsFile.NewEntry(
        name: name, type: SafetensorsFile.ElementType(tensor.dtype), shape: Array(tensor.shape), bytes: tensor.bytes)
    }
    return try SafetensorsFile.encode(entries, metadata: metadata)
  }

  /// Writes the file whole or not at all.
  public func write(to path: String) throws { try AtomicFile.write(try encoded(), to: path) }
}

extension SafetensorsFile.ElementType {
  init(_ dtype: DType) {
    self =
      switch dtype {
      case .bool: .bool
      case .uint8: .uint8
      case .int32: .int32
      case .uint32: .uint32
      case .int64: .int64
      case .float32: .float32
      case .float64: .float64
      case .int8: .int8
      case .int16: .int16
      case .uint16: .uint16
      case .uint64: .uint64
      case .float16: .float16
      case .bfloat16: .bfloat16
      }
  }

  var dtype: DType? { DType.allCases.first { Self($0) == self } }
}
