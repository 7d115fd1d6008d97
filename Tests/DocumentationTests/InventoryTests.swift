import Foundation
import Testing

/// The table of what is built: each symbol is declared in the sources, each test is in the tests.
@Suite struct InventoryTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private static func text(under directory: String) throws -> String {
    let folder = root.appendingPathComponent(directory)
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    let paths = (files?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "swift" }
    return try paths.map { try String(contentsOf: $0, encoding: .utf8) }.joined(separator: "\n")
  }

  private static func rows(_ file: String = "Inventory") throws -> [[String]] {
    let table = try String(contentsOf: root.appendingPathComponent("Documentation/\(file).md"), encoding: .utf8)
    let lines = table.split(separator: "\n").filter { $0.hasPrefix("|") }
    return lines.filter { !$0.hasPrefix("| id |") && !$0.hasPrefix("|---") }.map { line in
      line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }
  }

  /// The names after `class`, `func`, `case` and so on of public declarations with a line of documentation before them.
  private static func documentedNames() throws -> Set<String> {
    let declaration =
      /\s*(?:(?:@\w+(?:\([^)]*\))?|public|open|final|static|convenience|mutating|override|private\(set\)|indirect)\s+)*(?:class|struct|enum|protocol|func|var|let|case|typealias|actor)\s+(.*)/
    var names: Set<String> = []
    var isDocumented = false
    for line in try text(under: "Sources").split(separator: "\n", omittingEmptySubsequences: false) {
      let content = line.drop { $0 == " " }
      if content.hasPrefix("///") {
        isDocumented = true
        continue
      }
      // An attribute on a line of its own stands between the two.
      if content.hasPrefix("@"), !content.contains("public") { continue }
      let isCase = content.hasPrefix("case ")
      if isDocumented, isCase || content.contains("public ") || content.contains("open "),
        let match = line.wholeMatch(of: declaration)
      {
        let rest = match.1
        names.insert(String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }))
        // `case a, b` and arguments of a documented initializer or function.
        if isCase { names.formUnion(words(String(rest))) }
      }
      isDocumented = false
    }
    return names
  }

  /// The list of what must be there is answered, each item by a public symbol with documentation and a test.
  @Test func everyItemOfTheCatalogueIsAnswered() throws {
    let wanted = try Self.rows("Catalogue")
    #expect(wanted.count >= 290)
    #expect(Set(wanted.map { $0[0] }).count == wanted.count, "an id is wanted twice")
    let rows = Dictionary(try Self.rows().map { ($0[0], $0) }, uniquingKeysWith: { first, _ in first })
    let documented = try Self.documentedNames()
    for item in wanted {
      guard let row = rows[item[0]] else {
        Issue.record("\(item[0]), \(item[1]), has no row in Documentation/Inventory.md")
        continue
      }
      // Figures are the command's, not the library's.
      if item[0].hasPrefix("N") { continue }
      let symbol = row[2].trimmingCharacters(in: ["`"])
      let isDocumented = documented.contains(symbol)
      #expect(isDocumented, "\(item[0]): \(symbol) is not public, or has no documentation")
    }
  }

  private static func words(_ text: String) -> Set<String> {
    Set(text.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init))
  }

  @Test func everyRowIsWhole() throws {
    let rows = try Self.rows()
    #expect(rows.count > 20)
    #expect(Set(rows.map { $0[0] }).count == rows.count, "an id is listed twice")
    for row in rows {
      #expect(row.count == 4, "\(row)")
      #expect(row.dropFirst(2).allSatisfy { $0.hasPrefix("`") && $0.hasSuffix("`") }, "\(row)")
    }
  }

  @Test func everySymbolAndTestExists() throws {
    let symbols = Self.words(try Self.text(under: "Sources"))
    let tests = try Self.text(under: "Tests")
    for row in try Self.rows() {
      let symbol = row[2].trimmingCharacters(in: ["`"])
      let test = row[3].trimmingCharacters(in: ["`"])
      // Told by name alone: the whole sources would be printed otherwise.
      let (hasSymbol, hasTest) = (symbols.contains(symbol), tests.contains("func \(test)("))
      #expect(hasSymbol, "\(row[0]) names \(symbol)")
      #expect(hasTest, "\(row[0]) names the test \(test)")
    }
  }
}
