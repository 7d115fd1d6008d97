import Apus
import ApusCore
import Foundation
import Testing

/// "Adding an operation": the code that it shows is compiled, and does what it says.
@Suite struct ContributingTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  /// Each block of code with the file that it says it is from.
  private static func quotations() throws -> [(file: String, code: [String])] {
    let document = try text("Documentation/Contributing/AddingAnOperation.md")
    return document.components(separatedBy: "```swift\n").dropFirst().map { part in
      let code = part.components(separatedBy: "```")[0].split(separator: "\n").map(String.init)
      return (String(code[0].dropFirst("// ".count)), Array(code.dropFirst()))
    }
  }

  @Test func codeIsFromTheSources() throws {
    let quotations = try Self.quotations()
    #expect(quotations.count > 10)
    for (file, code) in quotations {
      let lines = Set(try Self.text(file).split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) })
      for line in code.map({ $0.trimmingCharacters(in: .whitespaces) }) where line != "…" && !line.isEmpty {
        #expect(lines.contains(line), "\(file) has no line \"\(line)\"")
      }
    }
  }

  @Test func examplesWork() throws {
    let x = Tensor([-4, -1, 0, 2, 5] as [Float])
    #expect(x.hardSwish().scalars() == [0, -1 / 3, 0, 5 / 3, 5])
    #expect(cube(x).scalars() == [-64, -1, 0, 8, 125])
    #expect(grad { cube($0).sum() }(x).scalars() == [48, 3, 0, 12, 75])
    #expect(throws: OpError.self) { try checked { cube(Tensor([1, 2])) } }
    let graph = Graph.capture(
      [Node.build(.block(AnyBlock(SoftplusBlock())), .filled(0, TensorType([], .float64)))]
    ).graph
    try graph.verify()
    #expect(graph.description.contains("documented_softplus"))
  }
}
