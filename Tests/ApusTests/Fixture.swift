import ApusCore
import ApusFiles
import ApusTensor
import Testing

/// One case of a fixture file: a call, its operands, and what PyTorch made of them.
struct Fixture: Sendable, CustomTestStringConvertible, CustomStringConvertible {
  struct Array: Sendable {
    let type: TensorType
    let values: [Double]
  }

  struct Malformed: Error, CustomStringConvertible {
    let description: String
  }

  let number: Int
  let op: String
  let attributes: JSONValue
  let inputs: [Array]
  let output: Array
  let cotangent: Array?
  let gradients: [Array?]

  var description: String { "PyTorch case \(number), \(op)" }
  var testDescription: String { description }

  /// The cases of a file; none when it is not there.
  static func load(_ name: String) -> [Fixture] {
    guard let json = document(name) else { return [] }
    do {
      return try (json["cases"]?.array ?? []).enumerated().map { try Fixture($0.offset, $0.element) }
    } catch {
      fatalError("\(name).json: \(error)")
    }
  }

  /// A fixture file as it is; nil when it is not there.
  static func document(_ name: String) -> JSONValue? {
    let path = "Tests/Fixtures/\(name).json"
    guard SourceTree.exists(path) else { return nil }
    do { return try JSONValue(parsing: SourceTree.text(path)) } catch { fatalError("\(path): \(error)") }
  }

  private init(_ number: Int, _ json: JSONValue) throws {
    self.number = number
    guard let op = json["op"]?.string, let output = json["output"] else {
      throw Malformed(description: "case \(number) has no op or no output")
    }
    self.op = op
    attributes = json["attributes"] ?? [:]
    inputs = try (json["inputs"]?.array ?? []).map { try Array($0) }
    self.output = try Array(output)
    cotangent = try json["cotangent"].flatMap { try $0 == .null ? nil : Array($0) }
    gradients = try (json["gradients"]?.array ?? []).map { try $0 == .null ? nil : Array($0) }
  }

  // MARK: Attributes

  func int(_ name: String) -> Int? { attributes[name]?.int }
  func double(_ name: String) -> Double? { attributes[name]?.double }
  func string(_ name: String) -> String? { attributes[name]?.string }
  func bool(_ name: String) -> Bool { attributes[name]?.bool ?? false }
  /// A list of integers, or one that stands for itself.
  func ints(_ name: String) -> [Int]? { attributes[name]?.array?.compactMap(\.int) ?? int(name).map { [$0] } }
  /// One number for height and width, or one for each.
  func pair(_ name: String) -> Pair? {
    ints(name).flatMap { $0.isEmpty ? nil : Pair($0[0], $0[$0.count - 1]) }
  }
}

extension Fixture.Array {
  init(_ json: JSONValue) throws {
    guard let shape = json["shape"]?.array, let values = json["values"]?.array,
      let dtype = DType.allCases.first(where: { $0.description == json["dtype"]?.string ?? "float32" })
    else { throw Fixture.Malformed(description: "an array without shape, dtype or values") }
    type = TensorType(Shape(shape.compactMap(\.int)), dtype)
    self.values = try values.map { value in
      switch value {
      case .bool(let flag): return flag ? 1 : 0
      case .string(let text):
        guard let number = Double(text) else { throw Fixture.Malformed(description: "\(text) is no number") }
        return number
      default:
        guard let number = value.double else { throw Fixture.Malformed(description: "\(value) is no number") }
        return number
      }
    }
    guard self.values.count == type.shape.elementCount else {
      throw Fixture.Malformed(description: "\(self.values.count) values for \(type)")
    }
  }

  var tensor: Tensor { Tensor(exactly: values, type) }
}
