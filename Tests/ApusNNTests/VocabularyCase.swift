import Apus
import Foundation

/// One case of `Tests/Fixtures/vocabulary.json`: a call, its operands, and what PyTorch made of them.
struct VocabularyCase: Sendable, CustomStringConvertible {
  struct Array: Sendable {
    let shape: Shape
    let isInteger: Bool
    let values: [Double]

    init(_ json: JSONValue) throws {
      guard let shape = json["shape"]?.array, let values = json["values"]?.array else {
        throw Malformed(description: "an array without shape or values")
      }
      self.shape = Shape(shape.compactMap(\.int))
      isInteger = json["dtype"]?.string == "int32"
      self.values = try values.map { value in
        guard let number = value.double ?? value.string.flatMap(Double.init) else {
          throw Malformed(description: "\(value) is no number")
        }
        // The decimals stand for the float32 that PyTorch had.
        return Double(Float(number))
      }
    }

    func tensor(_ dtype: DType) -> Tensor { Tensor(values, shape: shape, dtype: isInteger ? .int32 : dtype) }
  }

  struct Malformed: Error { let description: String }

  let number: Int
  let op: String
  let attributes: JSONValue
  let inputs: [Array]
  let output: Array
  let cotangent: Array
  let gradients: [Array?]

  var description: String { "case \(number), \(op) \(attributes)" }

  private init(_ number: Int, _ json: JSONValue) throws {
    guard let op = json["op"]?.string, let output = json["output"], let cotangent = json["cotangent"] else {
      throw Malformed(description: "case \(number) has no op, output or cotangent")
    }
    (self.number, self.op, attributes) = (number, op, json["attributes"] ?? [:])
    inputs = try (json["inputs"]?.array ?? []).map { try Array($0) }
    self.output = try Array(output)
    self.cotangent = try Array(cotangent)
    gradients = try (json["gradients"]?.array ?? []).map { try $0 == .null ? nil : Array($0) }
  }

  static let all: [VocabularyCase] = {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let path = folder.appendingPathComponent("Fixtures/vocabulary.json").path
    do {
      let cases = try JSONValue(contentsOf: path)["cases"]?.array ?? []
      return try cases.enumerated().map { try VocabularyCase($0.offset, $0.element) }
    } catch {
      fatalError("\(path): \(error)")
    }
  }()

  func arguments(_ inputs: [Tensor]) -> VocabularyArguments {
    VocabularyArguments(inputs: inputs, attributes: attributes)
  }
}

/// Operands and options of a call.
struct VocabularyArguments {
  let inputs: [Tensor]
  let attributes: JSONValue

  var x: Tensor { inputs[0] }
  var y: Tensor { inputs[1] }
  /// An operand that may be missing.
  func optional(_ place: Int) -> Tensor? { place < inputs.count ? inputs[place] : nil }

  func number(_ name: String, _ value: Double) -> Double { attributes[name]?.double ?? value }
  func integer(_ name: String, _ value: Int) -> Int { attributes[name]?.int ?? value }
  func flag(_ name: String) -> Bool { attributes[name]?.bool ?? false }
  var axis: Int { integer("axis", -1) }
  var reduction: LossReduction {
    switch attributes["reduction"]?.string {
    case "none": .none
    case "sum": .sum
    case "batchMean": .batchMean
    default: .mean
    }
  }
}

/// A call by each of the ways in which Apus has it: a function, a layer.
typealias VocabularyCall = @Sendable (VocabularyArguments) -> Tensor
