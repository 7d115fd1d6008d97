import Apus
import Foundation
import Testing

@Suite struct ReadmeTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  /// The example in the README is the code that is compiled here.
  @Test func exampleIsCompiled() throws {
    let readme = try Self.text("README.md")
    let start = try #require(readme.range(of: "```swift\nimport Apus\n\n"))
    let end = try #require(readme.range(of: "\n```", range: start.upperBound..<readme.endIndex))
    let shown = readme[start.upperBound..<end.lowerBound].split(separator: "\n", omittingEmptySubsequences: false)

    let source = try Self.text("Tests/DocumentationTests/ReadmeExample.swift")
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
    let first = try #require(lines.firstIndex { $0.contains("// README begins") })
    let last = try #require(lines.firstIndex { $0.contains("// README ends") })
    let compiled = lines[(first + 1)..<last].map { $0.hasPrefix("  ") ? $0.dropFirst(2) : $0 }
    #expect(shown.map(String.init) == compiled.map(String.init))
  }

  @Test func exampleLearnsExclusiveOr() {
    #expect(readmeExample().scalars(Int32.self) == [0, 1, 1, 0])
  }

  /// Every `make` target that the documents name is there.
  @Test(arguments: ["README.md", "CONTRIBUTING.md"]) func targetsExist(_ document: String) throws {
    let makefile = try Self.text("Makefile")
    let text = try Self.text(document)
    let mentions = ["`make ", "\nmake "].flatMap { text.components(separatedBy: $0).dropFirst() }
    let named = mentions.map { String($0.prefix { $0.isLetter || $0.isNumber || $0 == "-" }) }
    #expect(!named.isEmpty)
    for target in named { #expect(makefile.contains("\n\(target):"), "\(document) names make \(target)") }
  }
}
